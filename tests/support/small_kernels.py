"""Small kernel documents that use what few library kernels do, quick to solve."""

from functools import cache

from twill.emitter.inputs import Emission
from twill.emitter.lower.lower import lower_schedule
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.warp_program import WarpProgram
from twill.reader.documents import read_document
from twill.tests.support.emissions import emission_of_document

ACROSS_ROWS = """
kernel: across_rows
summary: Running and whole sums over the rows of a tile, and a product of what they make.
sizes: {ROWS: 64, COLUMNS: 64, WIDTH: 64}
arguments:
  x: {dtype: f32, shape: [length, COLUMNS], range: [-1, 1]}
  w: {dtype: bf16, shape: [length, WIDTH]}
  y: {dtype: bf16, shape: [ROWS, WIDTH]}
grid: {j: 1}
program: |
  acc = zeros((ROWS, WIDTH))
  for t in range(cdiv(length, ROWS)):
      x_tile = load(x, (t, 0), (ROWS, COLUMNS))
      w_tile = load(w, (t, j), (COLUMNS, WIDTH))
      running = cumsum(x_tile, axis=0)
      total = sum(x_tile, axis=0)
      share = (running * 0.125 - total[None, :] * 0.0625).to(bf16)
      acc = dot(share, w_tile, acc)
  store(y, (0, j), acc.to(bf16))
tolerance: {absolute: 5.0e-2, relative: 2.0e-2}
"""

ACROSS_LANES = """
kernel: across_lanes
summary: Running sums of a vector, read along rows and along columns, and its whole sum.
sizes: {ROWS: 64, WIDTH: 64}
arguments:
  x: {dtype: f32, shape: [length], range: [0, 0.1]}
  one: {dtype: f32, shape: [blocks]}
  w: {dtype: bf16, shape: [length, WIDTH]}
  y: {dtype: bf16, shape: [ROWS, WIDTH]}
grid: {j: 1}
program: |
  position = arange(ROWS)
  acc = zeros((ROWS, WIDTH))
  for t in range(cdiv(length, ROWS)):
      x_tile = load(x, (t,), (ROWS,))
      factor = load(one, (t,), (1,))
      w_tile = load(w, (t, j), (ROWS, WIDTH))
      e = cumsum(x_tile, axis=0)
      total = sum(x_tile, axis=0)
      between = where(position[:, None] >= position[None, :], e[:, None] - e[None, :], total)
      acc = dot((between * factor).to(bf16), w_tile, acc)
  store(y, (0, j), acc.to(bf16))
tolerance: {absolute: 5.0e-2, relative: 2.0e-2}
"""

SMALL = {"across_rows": ACROSS_ROWS, "across_lanes": ACROSS_LANES}


@cache
def small_emission(name: str) -> Emission:
    """A small kernel with a schedule of least initiation interval."""
    document = read_document(SMALL[name], f"{name}.yaml", KernelDocument, InvalidKernel)
    return emission_of_document(document)


@cache
def small_program(name: str) -> WarpProgram:
    """The warp program of a small kernel."""
    return lower_schedule(small_emission(name))
