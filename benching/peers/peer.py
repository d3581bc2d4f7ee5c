"""What a peer is: another kernel that computes the same from the same arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...runtime.driver import DeviceArray, Driver
from ...runtime.dtypes import Array, to_values
from ...runtime.manifest import Manifest

ROOM = 4  # times the tolerance of the kernel: both round


@dataclass(frozen=True, slots=True)
class Peer:
    """A launch with everything bound, and a copy of its first output on the host, as stored."""

    name: str
    run: Callable[[], None]
    result: Callable[[], Array]


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that was not measured, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Call:
    """The call that is measured, its arrays on the GPU, its outputs already computed."""

    manifest: Manifest
    driver: Driver
    inputs: Sequence[DeviceArray]
    outputs: Sequence[DeviceArray]
    extents: Mapping[str, int]
    scalars: Mapping[str, int | float]

    def array(self, name: str) -> DeviceArray:
        """An input by its name; KeyError if there is none."""
        names = [argument.name for argument in self.manifest.inputs]
        return dict(zip(names, self.inputs, strict=True))[name]

    def differing(self, peer: Peer) -> int:
        """In how many elements the first output of a peer differs by more than both may be off."""
        argument, tolerance = self.manifest.outputs[0], self.manifest.tolerance
        ours = to_values(self.driver.download(self.outputs[0]), argument.dtype)
        theirs = to_values(peer.result(), argument.dtype).reshape(ours.shape)
        allowed = ROOM * (tolerance.absolute + tolerance.relative * np.abs(ours))
        return int(np.count_nonzero(~(np.abs(ours - theirs) <= allowed)))
