"""launcher.c of a bundle: the kernel loaded and launched from C, through the driver API alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Template
from textwrap import wrap
from typing import Any

from ..models.kernel import ELEMENT_BYTES
from ..models.warp_program import WarpProgram
from . import launcher_text
from .launch_description import MULTIPROCESSORS, launch_description
from .printer.names import Names, identifier
from .printer.scope import refuse
from .printer.text import INDENT, block

Description = Mapping[str, Any]

_MOST_BLOCKS = (2**31 - 1, 65_535, 65_535)  # of a grid, CUDA C++ Programming Guide
_SCALARS = {"f32": "float", "i32": "int"}
_MAP_TYPES = {
    "bf16": "BFLOAT16", "fp16": "FLOAT16", "f32": "FLOAT32", "i32": "INT32",
    "fp8e4m3": "UINT8",  # tensor maps have no fp8; bytes are moved
}  # fmt: skip
_RESERVED = """
    CUdeviceptr CUfunction CUstream CUtensorMap CUDA_SUCCESS NULL box cuLaunchKernel cuuint32_t
    cuuint64_t dims error function grid_x grid_y grid_z linux parameters restrict stream unix wrong
"""

_APART = "left % right != 0 && (left < 0) != (right < 0)"  # rounding to 0 rounds up
_TOGETHER = "left % right != 0 && (left < 0) == (right < 0)"
_OVER = "right > 0 ? left > LLONG_MAX - right : left < -LLONG_MAX - right"
_UNDER = "right < 0 ? left > LLONG_MAX + right : left < right - LLONG_MAX"
_OPERATORS = {
    "+": ("add", _OVER, "left + right"),
    "-": ("sub", _UNDER, "left - right"),
    "*": ("mul", "left != 0 && llabs(right) > LLONG_MAX / llabs(left)", "left * right"),
    "//": ("div", "right == 0", f"left / right - ({_APART})"),
    "%": ("mod", "right == 0", f"left % right + ({_APART} ? right : 0)"),
    "cdiv": ("cdiv", "right == 0", f"left / right + ({_TOGETHER})"),
    "min": ("min", "", "left < right ? left : right"),
    "max": ("max", "", "left > right ? left : right"),
}
"""Name in C, when it fails, and the result, for numbers of 64 bits, rounded as Python does."""


def launcher_source(program: WarpProgram) -> str:
    """The text of launcher.c, C11 and C++17: functions that load and launch the kernel.

    It says what launch.json says (docs/bundles.md), so it is made from the same description.
    Raises ProgramViolation for an argument that C has no type for.
    """
    launch = launch_description(program, compiler="", made_by="")
    names = _names(launch)
    fixed = _fixed(launch, names)
    maps, passed = _maps(launch, names)
    body = [*_checks(launch, names), *_grid(launch, names), *maps, *_call(launch, passed)]
    definition = f"int {fixed['prefix']}_launch(\n{fixed['parameters']})"
    texts = [
        launcher_text.HEAD,
        *_operators(launch),
        *([launcher_text.MAP] if maps else []),
        launcher_text.LOAD,
    ]
    parts = [Template(text).substitute(fixed) for text in texts]
    return "\n".join([*parts, "\n".join(block(definition, body)) + "\n"])


def _names(launch: Description) -> Names:
    """What arguments and extents are called in C: as in the kernel document, if C allows it."""
    names = Names(_RESERVED.split())
    if _asks_the_device(launch):
        for word in ("device", "result"):
            names.give("local", word)
        names.give("value", MULTIPROCESSORS)
    for name in [*(one["name"] for one in launch["arguments"]), *launch["extents"]]:
        names.give("value", name)
    return names


def _prefix(launch: Description) -> str:
    return f"twill_{identifier(launch['kernel'])}"


def _of_kind(launch: Description, kind: str) -> list[Description]:
    return [one for one in launch["arguments"] if one["kind"] == kind]


def _fixed(launch: Description, names: Names) -> dict[str, Any]:
    """What the fixed texts leave open."""
    tensors = [names.of("value", one["name"]) for one in _of_kind(launch, "tensor")]
    extents = [names.of("value", name) for name in launch["extents"]]
    scalars = [names.of("value", one["name"]) for one in _of_kind(launch, "scalar")]
    types = [_scalar_type(one) for one in _of_kind(launch, "scalar")]
    rows = [
        ["CUfunction function", "CUstream stream"],
        [f"CUdeviceptr {name}" for name in tensors],
        [f"int {name}" for name in extents],
        [f"{kind} {name}" for kind, name in zip(types, scalars, strict=True)],
    ]
    multiples = [
        f"{names.of('value', m['extent'])} of {m['multiple_of']}" for m in launch["requires"]
    ]
    return {
        **launch,
        "prefix": _prefix(launch),
        "entry": identifier(launch["entry"]),
        "parameters": ",\n".join(f"{INDENT * 2}{', '.join(row)}" for row in rows if row),
        "values": ", ".join([*tensors, *extents, *scalars]),
        "arrays": "\n".join(_array(one, names) for one in _of_kind(launch, "tensor")),
        "multiples": ", ".join(multiples) or "none here",
    }


def _scalar_type(argument: Description) -> str:
    if argument["dtype"] not in _SCALARS:
        raise refuse(f"the scalar {argument['name']} is {argument['dtype']}, not f32 or i32")
    return _SCALARS[argument["dtype"]]


def _array(argument: Description, names: Names) -> str:
    sizes = ", ".join(_size(size, names) for size in argument["shape"])
    use = "read" if argument["role"] == "input" else "written"
    if argument.get("initial") == "zeros":
        use = "added to: set it to zeros before each launch"
    return f" *   {names.of('value', argument['name'])}: {argument['dtype']} [{sizes}], {use}"


def _size(size: int | str, names: Names) -> str:
    return names.of("value", size) if isinstance(size, str) else str(size)


def _checks(launch: Description, names: Names) -> Iterable[str]:
    """Extents, multiples and addresses, as the runtime checks them."""
    for name in (names.of("value", extent) for extent in launch["extents"]):
        yield f"if ({name} < 1 || {name} > TWILL_LARGEST_EXTENT) return TWILL_BAD_EXTENT;"
    for one in launch["requires"]:
        name = names.of("value", one["extent"])
        yield f"if ({name} % {one['multiple_of']} != 0) return TWILL_NOT_A_MULTIPLE;"
    for name in (names.of("value", one["name"]) for one in _of_kind(launch, "tensor")):
        yield f"if ({name} == 0 || {name} % 16 != 0) return TWILL_BAD_ADDRESS;"


def _grid(launch: Description, names: Names) -> Iterable[str]:
    if _asks_the_device(launch):
        yield from launcher_text.MULTIPROCESSORS.format(
            names.of("value", MULTIPROCESSORS)
        ).splitlines()
    yield from ("", "int wrong = 0;")
    for axis, count in zip("xyz", launch["grid"], strict=True):
        yield f"const long long grid_{axis} = {_expression(count, names, _prefix(launch))};"
    yield "if (wrong) return TWILL_BAD_GRID;"
    for axis, most in zip("xyz", _MOST_BLOCKS, strict=True):
        yield f"if (grid_{axis} < 1 || grid_{axis} > {most}) return TWILL_BAD_GRID;"


def _asks_the_device(launch: Description) -> bool:
    return MULTIPROCESSORS in _words_in(launch["grid"])


def _expression(expression: Any, names: Names, prefix: str) -> str:
    if not isinstance(expression, list):
        return _size(expression, names)
    operator, *operands = expression
    name, fault, _ = _OPERATORS[operator]
    values = [_expression(operand, names, prefix) for operand in operands]
    return f"{prefix}_{name}({', '.join([*values, *(['&wrong'] if fault else [])])})"


def _operators(launch: Description) -> Iterable[str]:
    """The operators that the grid needs, and no more: compilers warn of unused functions."""
    used = _words_in(launch["grid"])
    for operator, (name, fault, result) in _OPERATORS.items():
        if operator in used:
            flag = ", int *wrong" if fault else ""
            check = [f"if ({fault}) return *wrong = 1;"] if fault else []
            head = f"static long long ${{prefix}}_{name}(long long left, long long right{flag})"
            yield "\n".join(block(head, [*check, f"return {result};"])) + "\n"


def _words_in(expression: Any) -> set[str]:
    """Operators and names of one expression or a list of them."""
    if not isinstance(expression, list):
        return {expression} if isinstance(expression, str) else set()
    return set().union(*(_words_in(part) for part in expression))


def _maps(launch: Description, names: Names) -> tuple[list[str], list[str]]:
    """Lines that make the tensor maps, and the variables that the kernel takes, in its order."""
    arguments = {one["name"]: one for one in launch["arguments"]}
    lines: list[str] = []
    passed: list[str] = []
    for one in launch["parameters"]:
        name = one.get("argument") or one["name"]
        if one["kind"] == "tensor_map":
            passed.append(names.give(f"map {len(passed)}", name, "_map"))
            lines += _map(_prefix(launch), one, arguments[name], passed[-1], names)
        else:
            passed.append(names.of("value", name))
    return lines, passed


def _map(
    prefix: str, parameter: Description, argument: Description, variable: str, names: Names
) -> list[str]:
    sizes = [f"(cuuint64_t){_size(size, names)}" for size in reversed(argument["shape"])]
    box = ", ".join(str(extent) for extent in reversed(parameter["box"]))
    swizzle = f"{parameter['swizzle']}B" if parameter["swizzle"] else "NONE"
    dtype, array = argument["dtype"], names.of("value", argument["name"])
    lines = [
        f"const cuuint64_t dims[] = {{{', '.join(sizes)}}};",
        f"const cuuint32_t box[] = {{{box}}};",
        f"const int error = {prefix}_map(",
        f"    &{variable}, {array}, CU_TENSOR_MAP_DATA_TYPE_{_MAP_TYPES[dtype]},",
        f"    {ELEMENT_BYTES[dtype]}, {len(sizes)}, dims, box, CU_TENSOR_MAP_SWIZZLE_{swizzle});",
        "if (error != 0) return error;",
    ]
    # Its type has the alignment that the driver wants: 64 bytes in CUDA 12, 128 in CUDA 13.
    return ["", f"CUtensorMap {variable};", *block("", lines)]


def _call(launch: Description, passed: list[str]) -> Iterable[str]:
    addresses = ", ".join(f"&{name}" for name in passed)
    yield from ("", "void *parameters[] = {")
    yield from wrap(addresses, 94, initial_indent=INDENT * 2, subsequent_indent=INDENT * 2)
    yield "};"
    yield "return (int)cuLaunchKernel("
    blocks = "(unsigned)grid_x, (unsigned)grid_y, (unsigned)grid_z"
    yield f"    function, {blocks}, {launch['threads']}, 1, 1,"
    yield f"    {launch['shared_bytes']}, stream, parameters, NULL);"
