"""Kernels of the library with lists in place of sizes and splits."""

import re

from twill.kernels.library import kernel_path
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document
from twill.reader.located import Located


def listed_text(kernel: str, split: str | None = None, **sizes: str) -> str:
    """The text of a kernel with YAML in place of what it says of some sizes and of `split`."""
    text = kernel_path(kernel).read_text()
    edits = [(rf"(?m)^  {name}: .*$", f"  {name}: {value}") for name, value in sizes.items()]
    if split is not None:
        edits.append((r"(?m)^split: .*$", f"split: {split}"))
    for old, new in edits:
        text, count = re.subn(old, new, text)
        assert count == 1, old
    return text


def listed(kernel: str, split: str | None = None, **sizes: str) -> Located[KernelDocument]:
    """The document of `listed_text`."""
    text = listed_text(kernel, split, **sizes)
    return read_document(text, f"{kernel}.yaml", KernelDocument, InvalidKernel)
