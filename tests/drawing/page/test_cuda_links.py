"""Lines of printed kernels find the operations that they were printed for."""

from pathlib import Path

import pytest

from twill.drawing.page.cuda_links import cuda_links
from twill.kernels import library
from twill.reader.schedules import read_schedule

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "kernels").glob("*.*.cu"))
SCHEDULES = Path(library.__file__).parent / "schedules"

TEXT = """\
// k_tile of the header is none
DEV void f() {}
kernel() {
  // k_tile
  load(k);
  // s[0], iteration 0
  product();
  #pragma unroll
  more();
  #pragma unroll 1
  for (;;) {
    // ---- period 1
    // s[0], iteration n - 1
    product();

    more();
  }
  // store
  end();
}
"""


def test_a_stretch_ends_with_its_block_and_before_the_loop() -> None:
    links = cuda_links(TEXT, {"k_tile", "s[0]"})
    assert links == ((4, 5, "k_tile"), (6, 9, "s[0]"), (13, 16, "s[0]"))


def names(path: Path) -> tuple[str, str]:
    parts = path.name.split(".")
    return parts[0], parts[-2]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_every_operation_of_a_printed_kernel_has_lines(path: Path) -> None:
    kernel, gpu = names(path)
    answer = read_schedule(SCHEDULES / f"{kernel}@{gpu}.json")
    operations = {operation.name for operation in answer.operations}
    text = path.read_text(encoding="utf-8")
    links = cuda_links(text, operations)
    assert {name for _, _, name in links} == operations
    lines = text.split("\n")
    before = 0
    for first, last, name in links:
        assert before < first <= last
        before = last
        assert lines[first - 1].strip().startswith(f"// {name}")
        inside = "\n".join(lines[first - 1 : last])
        assert "#pragma unroll 1" not in inside
        assert "if (trips" not in inside
