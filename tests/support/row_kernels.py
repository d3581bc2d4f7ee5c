"""Kernels without products: those of the library with other tiles, and more of what rows can be."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from twill.emitter.inputs import Emission
from twill.emitter.lowering import lower
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.warp_program import WarpProgram
from twill.reader.documents import read_document
from twill.tests.support.emissions import emission_of_document

KERNELS = Path(__file__).parents[2] / "kernels"

ROW_SUMS = """\
kernel: row_sums
summary: Sums over the columns of rows, scaled by a vector, of panels that are streamed.
sizes: {ROWS: 8, COLUMNS: 256}
arguments:
  x: {dtype: bf16, shape: [rows, columns]}
  weight: {dtype: f32, shape: [columns]}
  total: {dtype: f32, shape: [rows]}
  scaled: {dtype: f32, shape: [rows, COLUMNS]}
  offset: {dtype: f32, shape: [COLUMNS]}
grid:
  block: cdiv(rows, ROWS)
program: |
  o = load(offset, (0,), (COLUMNS,)) * 2.0
  sums = zeros((ROWS,), f32)
  last = zeros((ROWS, COLUMNS), f32)
  for t in range(cdiv(columns, COLUMNS)):
      w = load(weight, (t,), (COLUMNS,))
      x_tile = load(x, (block, t), (ROWS, COLUMNS))
      y = x_tile * w[None, :] + o[None, :]
      sums = sums + sum(y, axis=1)
      last = last * 0.5 + y
  store(total, (block,), sums)
  store(scaled, (block, 0), last)
tolerance: {absolute: 1.0e-3, relative: 1.0e-3}
"""

MASKED = """\
kernel: masked
summary: Rows between their least and largest element, scaled, masked, and added up.
sizes: {ROWS: 8, COLUMNS: 256}
arguments:
  x: {dtype: bf16, shape: [rows, COLUMNS]}
  scale: {dtype: f32, shape: [rows]}
  y: {dtype: f32, shape: [rows, COLUMNS]}
  valid: i32
  tiles_per_block: i32
grid:
  block: cdiv(cdiv(rows, ROWS), tiles_per_block)
program: |
  for t in range(tiles_per_block):
      x_tile = load(x, (block * tiles_per_block + t, 0), (ROWS, COLUMNS))
      s = load(scale, (block * tiles_per_block + t,), (ROWS,))
      low = min(x_tile, axis=1)
      spread = max(x_tile, axis=1) - low + 1.0
      z = (x_tile - low[:, None]) / spread[:, None] * s[:, None]
      kept = where(arange(COLUMNS)[None, :] < 9 * valid, z, -1.0)
      m = where(arange(ROWS)[:, None] < valid, kept, z * 0.5)
      reduce_add(y, (block * tiles_per_block + t, 0), m)
tolerance: {absolute: 1.0e-4, relative: 1.0e-3}
"""

COPIED = """\
kernel: copied
summary: Tiles that are copied out as they came, and added to what is there.
sizes: {ROWS: 8, COLUMNS: 256}
arguments:
  x: {dtype: f32, shape: [rows, columns]}
  y: {dtype: f32, shape: [rows, columns]}
  total: {dtype: f32, shape: [rows, COLUMNS]}
grid:
  block: cdiv(rows, ROWS)
program: |
  for t in range(cdiv(columns, COLUMNS)):
      x_tile = load(x, (block, t), (ROWS, COLUMNS))
      store(y, (block, t), x_tile)
      reduce_add(total, (block, 0), x_tile)
tolerance: {absolute: 1.0e-4, relative: 1.0e-3}
"""


def text_of(name: str, **replaced: str) -> str:
    """The document of a library kernel with some of its words replaced."""
    text = (KERNELS / f"{name}.yaml").read_text()
    return changed(text, **replaced)


def changed(text: str, **replaced: str) -> str:
    """The text in which `old: new` stands, for each `old=new`, and each `old` there was is gone."""
    for old, new in replaced.items():
        assert f"{old}:" in text, old
        before, after = text.split(f"{old}:", 1)
        end = min(place for place in (after.find(","), after.find("}")) if place >= 0)
        text = f"{before}{old}: {new}{after[end:]}"
    return text


@cache
def emission_of_text(text: str, gpu: str = "h100-sxm") -> Emission:
    """A document, solved."""
    document = read_document(text, "kernel.yaml", KernelDocument, InvalidKernel)
    return emission_of_document(document, gpu)


@cache
def program_of_text(text: str, gpu: str = "h100-sxm", *, persistent: bool = False) -> WarpProgram:
    """The warp program of a document."""
    return lower(emission_of_text(text, gpu), persistent=persistent)
