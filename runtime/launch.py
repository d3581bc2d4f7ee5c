"""A bundle as a function: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..models.errors import InvalidInput
from .binding import Named, check_array, find_extents, grid_of, shape_of, sort_keywords
from .bundle import Bundle
from .cache import store_cubin
from .cupy_driver import CupyDriver
from .driver import DeviceArray, Driver
from .dtypes import DTYPES
from .manifest import (
    CAPABILITIES,
    MULTIPROCESSORS,
    ExtentParameter,
    Manifest,
    MarksParameter,
    Parameter,
    PointerParameter,
    ScalarParameter,
)
from .tensor_maps import tensor_map_fields

NAN_BYTE = 0xFF  # all bits set is a NaN in bf16, fp16, f32 and fp8e4m3, and -1 in i32


def load(folder: str | Path, driver: Driver | None = None) -> Kernel:
    """The kernel of a bundle, on the current GPU of CuPy.

    Raises InvalidInput for a bundle that is broken or for another GPU, DeviceFault without a GPU.
    """
    bundle = Bundle.load(folder)
    return Kernel(bundle, driver or CupyDriver())


@dataclass(frozen=True, slots=True)
class Launch:
    """A kernel with everything bound; may be run again and again."""

    outputs: tuple[DeviceArray, ...]
    grid: tuple[int, int, int]
    _driver: Driver
    _kernel: object
    _manifest: Manifest
    _arguments: tuple[object, ...]
    _inputs: tuple[DeviceArray, ...] = field(repr=False)  # their memory must live as long

    def run(self) -> None:
        """Start the kernel on the current stream. Outputs are not set back to `initial`."""
        self._driver.launch(
            self._kernel, self.grid, self._manifest.threads, self._manifest.shared_bytes,
            self._arguments,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MarkMemory:
    """Where a kernel with marks writes them; 0 is nowhere. `block` is the one that is sampled."""

    clocks: int = 0
    progress: int = 0
    block: int = 0


class Kernel:
    """A loaded kernel. Call it with the inputs in the order of launch.json.

    `mark_memory` is for those that were emitted with --clocks; it holds for what is bound next.
    """

    def __init__(self, bundle: Bundle, driver: Driver) -> None:
        self.bundle = bundle
        self.manifest = bundle.manifest
        self.driver = driver
        self.mark_memory = MarkMemory()
        self._check_gpu()
        self._kernel = driver.load(
            store_cubin(bundle.cubin), self.manifest.entry, self.manifest.shared_bytes
        )

    def __call__(self, *arrays: object, stream: object = None, **named: object) -> object:
        """Launch, and return the output, or the outputs as a tuple.

        Arrays are those of CuPy, of any library with DLPack, or of NumPy, which are copied. bf16
        is uint16 and fp8e4m3 uint8 where a library has no such type, as CuPy; so are the outputs
        that are returned. Keywords are scalars, extents that no input's shape gives, and outputs;
        an output that is not given is allocated. Returns before the kernel has ended.
        """
        with self.driver.on(stream):
            launch = self.prepare(*arrays, **named)
            launch.run()
        names = [argument.name for argument in self.manifest.outputs]
        made = [
            named.get(name, output.handle)
            for name, output in zip(names, launch.outputs, strict=True)
        ]
        return made[0] if len(made) == 1 else tuple(made)

    def prepare(self, *arrays: object, **named: object) -> Launch:
        """Bind the arguments, allocate what is missing and set outputs to `initial`.

        Outputs of the caller are set back only if the kernel adds to them (`zeros`).
        Raises InvalidInput for an argument that does not fit.
        """
        keywords = sort_keywords(self.manifest, named)
        inputs = self._adopt_inputs(arrays)
        given = self._adopt_outputs(keywords)
        extents = find_extents(self.manifest, {**inputs, **given}, keywords.extents)
        counts = {name: int(keywords.scalars[name]) for name in self.manifest.counts}
        values = {**extents, **counts, MULTIPROCESSORS: self.driver.multiprocessors()}
        grid = grid_of(self.manifest.grid, values)
        outputs = self._outputs(given, extents)
        bound = {**inputs, **outputs}
        return Launch(
            outputs=tuple(outputs.values()),
            grid=grid,
            _driver=self.driver,
            _kernel=self._kernel,
            _manifest=self.manifest,
            _arguments=tuple(
                self._argument(p, bound, extents, keywords) for p in self.manifest.parameters
            ),
            _inputs=tuple(inputs.values()),
        )

    def _check_gpu(self) -> None:
        needed, present = CAPABILITIES[self.manifest.target], self.driver.capability()
        if needed != present:
            raise InvalidInput(
                "the kernel is for {}, compute capability {}.{}; {} has {}.{}".format(
                    self.manifest.target, *needed, self.driver.device_name(), *present
                ),
                cure="emit it again for this GPU",
            )

    def _adopt_inputs(self, arrays: Sequence[object]) -> dict[str, DeviceArray]:
        arguments = self.manifest.inputs
        if len(arrays) != len(arguments):
            names = ", ".join(argument.name for argument in arguments)
            raise InvalidInput(f"{len(arrays)} arrays; the kernel takes {names}")
        adopted = {}
        for argument, array in zip(arguments, arrays, strict=True):
            adopted[argument.name] = self.driver.adopt(array)
            check_array(argument, adopted[argument.name])
        return adopted

    def _adopt_outputs(self, keywords: Named) -> dict[str, DeviceArray]:
        adopted = {}
        for name, array in keywords.outputs.items():
            adopted[name] = self.driver.adopt(array)
            check_array(self.manifest.tensor(name), adopted[name])
            if adopted[name].is_copy:
                raise InvalidInput(f"{name}: an output must be in the memory of the GPU")
        return adopted

    def _outputs(
        self, given: Mapping[str, DeviceArray], extents: Mapping[str, int]
    ) -> dict[str, DeviceArray]:
        outputs = {}
        for argument in self.manifest.outputs:
            array = given.get(argument.name)
            if array is None:
                storage = DTYPES[argument.dtype].storage
                array = self.driver.allocate(shape_of(argument, extents), storage)
            if argument.initial == "zeros":
                self.driver.fill(array, 0)
            elif argument.name not in given:
                self.driver.fill(array, NAN_BYTE)
            outputs[argument.name] = array
        return outputs

    def _argument(
        self, parameter: Parameter, arrays: Mapping[str, DeviceArray],
        extents: Mapping[str, int], keywords: Named,
    ) -> object:  # fmt: skip
        if isinstance(parameter, ExtentParameter):
            return np.int32(extents[parameter.name])
        if isinstance(parameter, ScalarParameter):
            return keywords.scalars[parameter.name]
        if isinstance(parameter, MarksParameter):
            value = getattr(self.mark_memory, parameter.name)
            return np.int32(value) if parameter.name == "block" else np.uint64(value)
        array = arrays[parameter.argument]
        if isinstance(parameter, PointerParameter):
            return np.uint64(array.pointer)
        dtype = DTYPES[self.manifest.tensor(parameter.argument).dtype]
        fields = tensor_map_fields(array.shape, dtype.itemsize, parameter.box, parameter.swizzle)
        return self.driver.tensor_map(array.pointer, dtype.name, fields)
