"""Operands of matrix products, where they lie."""

from __future__ import annotations

from typing import Literal

from .document import Count, Document, Name


class SharedOperand(Document):
    """A matrix in the slot of a buffer that the role acquired `age` acquisitions ago.

    major `k`: rows of the stored tile run along M or N, its columns along K. major `mn`: its rows
    run along K, its columns along M or N. The operand begins at `first_row`, `first_column`.
    """

    kind: Literal["shared"] = "shared"
    ring: Name
    buffer: Name
    age: Count = 0
    major: Literal["k", "mn"]
    first_row: Count = 0
    first_column: Count = 0


class FragmentOperand(Document):
    """A left operand in registers: an operand fragment of the role."""

    kind: Literal["fragment"] = "fragment"
    name: Name


class TensorOperand(Document):
    """A left operand of 16-bit elements in Tensor Memory: row r in lane r, two in each column."""

    kind: Literal["tensor"] = "tensor"
    tensor: Name
