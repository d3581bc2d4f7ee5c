"""The data of Tensor Memory: 128 lanes of 512 columns, and the products into it.

PTX ISA: Tensor Memory addressing; data path layout D of tcgen05.mma with M = 128, where row r lies
in lane r; packing of 16-bit elements of matrix A, two in a column; shared memory descriptor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...models.kernel import ELEMENT_BYTES
from ...models.product_operand import SharedOperand
from ...models.tensor_memory_checks import LANES, MOST_COLUMNS
from ...models.tensor_memory_step import LoadTensor, StoreTensor, TensorProduct
from ...models.warp_expression import FragmentElement
from ...models.warp_program import WarpProgram
from ..descriptors import descriptor_of, instruction_depth
from ..tensor_descriptors import encode_shared, operand_columns
from .arithmetic import numpy_dtype
from .hazards import Hazard
from .layouts import Array
from .products import addresses
from .registers import Registers
from .shared_memory import SharedMemory

_POISON = 0xFFFF_FFFF  # a NaN
_FIELD = 0x3FFF  # of 14 bits, which leave out the lowest four of an address
_SWIZZLES = {0: 0, 2: 128, 4: 64, 6: 32}


@dataclass(slots=True)
class TensorData:
    """Words of 32 bits, poisoned at first."""

    program: WarpProgram
    memory: SharedMemory
    words: Array = field(init=False)

    def __post_init__(self) -> None:
        self.words = np.full((LANES, MOST_COLUMNS), _POISON, np.uint32)

    def multiply(self, step: TensorProduct, slots: list[int]) -> None:
        """Read both operands now, and write the tensor."""
        right = self._shared(step.right, slots[-1], step, step.columns)
        if isinstance(step.left, SharedOperand):
            left = self._shared(step.left, slots[0], step, LANES)
        else:
            tensor = self.program.tensor(step.left.tensor)
            width = operand_columns(step.dtype, step.depth)
            words = self.words[:, tensor.first_column : tensor.first_column + width]
            left = np.ascontiguousarray(words).view(numpy_dtype(step.dtype)).astype(np.float32)
        result = left @ right.T
        place = self._place(step.tensor, 0, step.columns)
        if step.accumulate:
            result = self.words[place].view(np.float32) + result
        self.words[place] = np.ascontiguousarray(result, np.float32).view(np.uint32)

    def load(self, step: LoadTensor, registers: Registers) -> None:
        """Each thread its own lane."""
        columns = registers.fragments[step.target].columns
        place = self._place(step.tensor, step.first_column, columns)
        registers.write(step.target, np.ascontiguousarray(self.words[place]).view(np.float32))

    def store(self, step: StoreTensor, registers: Registers) -> Callable[[], None]:
        """The landing of what the registers hold now."""
        assert isinstance(step.value, FragmentElement), "a fragment is stored as it is"
        words = registers.words(step.value.name)
        place = self._place(step.tensor, 0, words.shape[1])

        def land() -> None:
            self.words[place] = words

        return land

    def _place(self, name: str, first: int, columns: int) -> tuple[slice, slice]:
        tensor = self.program.tensor(name)
        if first + columns > tensor.columns:
            raise Hazard(f"uses columns {first} to {first + columns} of {name}, {tensor.columns}")
        start = tensor.first_column + first
        return slice(None), slice(start, start + columns)

    def _shared(self, operand: SharedOperand, slot: int, step: TensorProduct, across: int) -> Array:
        """Gather across x depth elements as the descriptors of the instructions say, as f32."""
        buffer = self.program.buffer(operand.buffer)
        if buffer.dtype != step.dtype:
            raise Hazard(f"multiplies {step.dtype}, {buffer.name} holds {buffer.dtype}")
        size, each = ELEMENT_BYTES[buffer.dtype], instruction_depth(buffer.dtype)
        descriptor = descriptor_of(operand, buffer, step.depth)
        start = buffer.offset + slot * buffer.slot_bytes
        code = encode_shared(descriptor, start + descriptor.offset)
        parts = []
        for further in descriptor.steps:
            own = code + (further >> 4)
            fields = [(own >> bit & _FIELD) << 4 for bit in (0, 16, 32)]
            swizzle = _SWIZZLES[own >> 61 & 7]
            parts.append(addresses(*fields, swizzle, across, each, size, operand.major))
        places = np.concatenate(parts, axis=1)
        if places.min() < start or places.max() >= start + buffer.slot_bytes:
            raise Hazard(f"a product reads outside slot {slot} of {buffer.name}")
        elements = self.memory.view(numpy_dtype(buffer.dtype))[places // size]
        return np.asarray(elements, np.float32)
