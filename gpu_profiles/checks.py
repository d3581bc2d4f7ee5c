"""What a GPU profile must say beyond its fields: every name and rate that pricing looks up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..models.errors import InvalidProfile, Path
from ..models.kernel import Target
from ..models.profile import INSTRUCTIONS, GpuProfile
from ..reader.located import Located
from .figure_units import unit_faults

UNITS = frozenset({"tensor_core", "issue", "tma", "dram", "shared_port", "shuffle"})
THREADS = 128  # of one warp group
LOWERINGS: Mapping[Target, str] = {"sm_90a": "wgmma", "sm_100a": "tcgen05", "sm_103a": "tcgen05"}
"""The matrix instructions of each target (PTX ISA, target notes of wgmma and tcgen05)."""

Fault = tuple[Path, str, str]
"""Where in the document, what is wrong, and what would be right."""


def checked(located: Located[GpuProfile]) -> Located[GpuProfile]:
    """The same profile; raises InvalidProfile with everything that it lacks."""
    profile = located.value
    faults = (
        *_unit_faults(profile),
        *_vector_faults(profile),
        *_shape_faults(profile),
        *_register_faults(profile),
        *unit_faults(profile),
    )
    problems = tuple(
        located.problem(message, located.key_position(*path), cure=cure)
        for path, message, cure in faults
    )
    if problems:
        raise InvalidProfile(problems[0].message, problems=problems)
    return located


def _unit_faults(profile: GpuProfile) -> Iterator[Fault]:
    lowering = LOWERINGS[profile.target]
    if profile.lowering != lowering:
        message = f"{profile.target} has no {profile.lowering}"
        yield ("lowering",), message, f"write lowering: {lowering}"
    needed = UNITS | ({"tensor_memory_port"} if profile.lowering == "tcgen05" else set())
    if missing := needed - set(profile.units):
        message = f"units: {', '.join(sorted(missing))} missing"
        yield ("units",), message, "define them with a capacity"
    if profile.lowering == "tcgen05" and profile.tensor_memory is None:
        cure = "lowering tcgen05 needs its columns and rates"
        yield ("lowering",), "tensor_memory missing", cure


def _vector_faults(profile: GpuProfile) -> Iterator[Fault]:
    vector = profile.vector
    path: Path = ("vector", "instructions")
    for name, cost in vector.instructions.items():
        for unit in (cost.unit, *cost.extra):
            yield from _unknown_unit(profile, (*path, name), unit)
    for unit in vector.exclusive:
        yield from _unknown_unit(profile, ("vector", "exclusive"), unit)
    if missing := [name for name in INSTRUCTIONS if name not in vector.instructions]:
        message = f"vector.instructions: {', '.join(missing)} missing"
        yield path, message, "say which unit executes them, and how often per element"


def _unknown_unit(profile: GpuProfile, path: Path, unit: str) -> Iterator[Fault]:
    if unit not in profile.units:
        known = ", ".join(sorted(profile.units))
        cure = f"define it under units, or use one of {known}"
        yield path, f"{'.'.join(map(str, path))}: unknown unit {unit!r}", cure


def _shape_faults(profile: GpuProfile) -> Iterator[Fault]:
    core = profile.tensor_core
    for dtype, shape in core.shapes.items():
        rates = core.multiply_adds.get(dtype, {})
        if missing := [f"M{rows}" for rows in shape.rows if f"M{rows}" not in rates]:
            message = f"tensor_core.multiply_adds.{dtype}: {', '.join(missing)} missing"
            yield ("tensor_core", "shapes", dtype), message, "give the rate of every legal M"


def _register_faults(profile: GpuProfile) -> Iterator[Fault]:
    registers = profile.registers
    step, least, most = registers.step.whole, registers.least.whole, registers.most.whole
    if least > most:
        yield ("registers", "least"), f"least is {least}, most is {most}", "write least <= most"
    for name, budget in (("least", least), ("most", most)):
        if budget % step:
            message = f"{name} is {budget}, not a multiple of {step}"
            yield ("registers", name), message, "round it to a multiple of step"
    if registers.base.whole + registers.margin.whole >= most:
        message = f"base and margin leave nothing of the {most} registers per thread"
        yield ("registers", "base"), message, "check the figures"
    if registers.per_multiprocessor.whole < THREADS * step:
        message = f"one warp group needs {THREADS} times {step} registers at least"
        yield ("registers", "per_multiprocessor"), message, "check the figure"
