"""Which lists change what a kernel computes."""

import pytest

from twill.extractor.computed import Computed, has_unlike_work, unlike_arguments, what_is_computed
from twill.extractor.language import parse_program
from twill.extractor.shapes import listed_shapes, with_shape
from twill.kernels.library import kernel_names, kernel_path, load_kernel
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document
from twill.reader.located import Located

from ..support.listed_shapes import listed

WINDOW = """kernel: window
summary: The sum of a window of rows.
sizes: {BLOCK: [64, 128], WINDOW: 4096}
arguments:
  x: {dtype: bf16, shape: [rows, columns]}
  y: {dtype: bf16, shape: [rows, columns]}
grid:
  m: cdiv(rows, BLOCK)
program: |
  total = zeros((BLOCK, 64))
  for n in range(WINDOW // 64):
      total = total + load(x, (m, n), (BLOCK, 64))
  store(y, (m, 0), total.to(bf16))
"""


def computed(document: Located[KernelDocument]) -> list[Computed]:
    return [
        what_is_computed(parse_program(with_shape(document, "sm_90a", shape), "sm_90a"))
        for shape in listed_shapes(document, "sm_90a")
    ]


def window(old: str, new: str) -> Located[KernelDocument]:
    assert old in WINDOW
    return read_document(WINDOW.replace(old, new), "window.yaml", KernelDocument)


@pytest.mark.parametrize(
    "document",
    [
        listed("gemm", BLOCK_M="[64, 128]", BLOCK_N="[64, 192]", BLOCK_K="[32, 48, 64]"),
        listed("flash_attention_forward", BLOCK_M="[64, 128]", BLOCK_N="[64, 96, 128]"),
        listed("flash_attention_causal", BLOCK_M="[64, 128]", BLOCK_N="[64, 128]"),
        window("[64, 128]", "[64, 96]"),
    ],
)
def test_tiles_do_not_change_what_is_computed(document: Located[KernelDocument]) -> None:
    found = computed(document)
    assert unlike_arguments(found) == ()
    assert not has_unlike_work(found)
    assert all(one.work_for_each_result is not None for one in found)


def test_a_head_dimension_is_in_the_shape_of_arguments() -> None:
    found = computed(listed("flash_attention_forward", HEAD_DIM="[64, 128]"))
    assert unlike_arguments(found) == ("q", "k", "v", "o")


def test_a_window_changes_the_work_for_each_result() -> None:
    found = computed(window("WINDOW: 4096", "WINDOW: [4096, 8192]"))
    assert unlike_arguments(found) == ()
    assert has_unlike_work(found)


def test_a_chunk_changes_the_work_for_each_result() -> None:
    text = kernel_path("retention").read_text()
    listed_chunk = text.replace("{sm_90a: 64, sm_100a: 128}", "[64, 128]")
    assert listed_chunk != text
    found = computed(read_document(listed_chunk, "retention.yaml", KernelDocument))
    assert unlike_arguments(found) == ()
    assert has_unlike_work(found)


@pytest.mark.parametrize("name", kernel_names())
def test_every_kernel_of_the_library_can_be_told(name: str) -> None:
    work = what_is_computed(parse_program(load_kernel(name), "sm_90a")).work_for_each_result
    assert work is not None
    assert work >= 1
