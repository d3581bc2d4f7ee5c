"""Inputs to time a kernel with: those of a reference case, or random ones of a given size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from ..models.errors import InvalidInput
from .binding import shape_of
from .cases import Case
from .dtypes import to_storage
from .manifest import Manifest

SEED = 0


def largest_case(cases: Sequence[Case]) -> Case:
    """The case with the most work, by the product of its extents."""
    return max(cases, key=lambda case: prod(case.extents.values()))


def random_case(manifest: Manifest, sizes: Mapping[str, int], cases: Sequence[Case]) -> Case:
    """A case without outputs: inputs as their ranges say, and the scalars of the first case.

    Without a range they are normally distributed.

    Random, because zeros draw less power and run faster. Extents that are not in `sizes` come from
    the largest case. Raises InvalidInput where an extent or scalar is not known, and for i32
    inputs, which are indices.
    """
    model = largest_case(cases) if cases else Case({}, {}, {}, {})
    for name in sizes:
        if name not in manifest.extents:
            raise InvalidInput(f"no extent {name}", cure=f"known: {', '.join(manifest.extents)}")
    extents = {**model.extents, **sizes}
    generator = np.random.default_rng(SEED)
    inputs = {}
    for argument in manifest.inputs:
        if argument.dtype == "i32":
            raise InvalidInput(f"{argument.name}: indices cannot be drawn", cure="leave --size out")
        shape = shape_of(argument, extents)
        if argument.range is None:
            values = generator.standard_normal(shape, np.float32)
        else:
            values = generator.uniform(*argument.range, shape).astype(np.float32)
        inputs[argument.name] = to_storage(values, argument.dtype)
    return Case(inputs, {}, extents, model.scalars)
