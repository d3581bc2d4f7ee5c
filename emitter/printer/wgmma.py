"""Device functions whose name says all: wgmma of one shape, pins and tensor copies of one size."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import wrap

from ...models.kernel import ELEMENT_BYTES, ElementType
from ...models.warp_program import Fragment
from .fragments import registers_of
from .scope import refuse

MOST_COLUMNS = 256
WIDTH = 92  # characters of an operand list
_PTX_TYPE: dict[ElementType, str] = {"bf16": "bf16", "fp16": "f16", "fp8e4m3": "e4m3"}
_WGMMA = re.compile(r"wgmma_m64n(\d+)k\d+_(bf16|fp16|fp8e4m3)_(r|k|mn)_(k|mn)")
_PIN = re.compile(r"pin_(f32|b32)x(\d+)")
_COPY = re.compile(r"tma_(load|store|add)_([1-5])d")


def wgmma_name(columns: int, dtype: ElementType, left: str, right: str) -> str:
    """The function of one instruction. `left` and `right`: major k or mn; left r: in registers."""
    if dtype not in _PTX_TYPE:
        raise refuse(f"wgmma has no {dtype} operands here")
    if columns % 8 or not 8 <= columns <= MOST_COLUMNS:
        raise refuse(f"wgmma has no {columns} columns")
    if ELEMENT_BYTES[dtype] == 1 and "mn" in (left, right):
        raise refuse("wgmma transposes 16-bit operands only")
    return f"wgmma_m64n{columns}k{32 // ELEMENT_BYTES[dtype]}_{dtype}_{left}_{right}"


def pin_name(fragment: Fragment) -> str:
    """The function that pins all registers of a fragment."""
    kind = "f32" if fragment.layout == "matrix" and fragment.dtype == "f32" else "b32"
    return f"pin_{kind}x{registers_of(fragment)}"


def generated(name: str) -> str | None:
    """The text of a device function of that name; None if it is none of these."""
    if found := _WGMMA.fullmatch(name):
        columns, dtype, left, right = found.groups()
        return _wgmma(name, int(columns), dtype, left, right)
    if found := _PIN.fullmatch(name):
        return _pin(name, found[1], int(found[2]))
    if found := _COPY.fullmatch(name):
        return _copy(name, found[1], int(found[2]))
    return None


def _wgmma(name: str, columns: int, dtype: str, left: str, right: str) -> str:
    count = columns // 2
    in_registers = left == "r"
    own = [f"u32 a{i}" for i in range(4)] if in_registers else ["u64 a"]
    sources = ['"r"(a0), "r"(a1), "r"(a2), "r"(a3)'] if in_registers else ['"l"(a)']
    b = count + len(own)
    registers = ", ".join(f"%{count + i}" for i in range(4))
    a_text = f"{{{registers}}}" if in_registers else f"%{count}"
    ptx = next(ptx for element, ptx in _PTX_TYPE.items() if element == dtype)
    depth = re.findall(r"k\d+", name)[0]
    flags = ["1", "1"]
    if dtype != "fp8e4m3":
        flags += [
            str(int(major == "mn")) for major in ((right,) if in_registers else (left, right))
        ]
    return "\n".join(
        [
            f"DEV void {name}(float (&d)[{count}], {', '.join(own)}, u64 b, u32 accumulate) {{",
            r'  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, ' + f"%{b + 1}, 0;" + r'\n"',
            f'      "wgmma.mma_async.sync.aligned.m64n{columns}{depth}.f32.{ptx}.{ptx} {{"',
            *_quoted(f"%{i}" for i in range(count)),
            f'      "}}, {a_text}, %{b}, add, {", ".join(flags)};' + r'\n}"',
            *_outputs("f", count),
            f'      : {", ".join(sources)}, "l"(b), "r"(accumulate));',
            "}",
        ]
    )


def _pin(name: str, kind: str, count: int) -> str:
    element, sign = ("float", "f") if kind == "f32" else ("u32", "r")
    parameter = f"{element} (&d)[{count}]"
    head = f"DEV void {name}({parameter}) {{"
    return "\n".join(
        [head, '  asm volatile(""', *_outputs(sign, count), '      :: "memory");', "}"]
    )


def _outputs(sign: str, count: int) -> list[str]:
    lines = _wrapped(f'"+{sign}"(d[{i}])' for i in range(count))
    return [f"      {':' if i == 0 else ' '} {line}" for i, line in enumerate(lines)]


def _quoted(parts: Iterable[str]) -> list[str]:
    return [f'      "{line}"' for line in _wrapped(parts)]


def _wrapped(parts: Iterable[str]) -> list[str]:
    return wrap(", ".join(parts), WIDTH, break_long_words=False)


def _copy(name: str, kind: str, rank: int) -> str:
    first = 3 if kind == "load" else 2
    where = ", ".join(f"%{first + i}" for i in range(rank))
    parameters = ", ".join(f"int x{i}" for i in range(rank))
    values = ", ".join(f'"r"(x{i})' for i in range(rank))
    if kind == "load":
        head = f"DEV void {name}(u32 target, const TMap* map, u32 full, {parameters}) {{"
        opcode = f"cp.async.bulk.tensor.{rank}d.shared::cluster.global.tile"
        text = f'"{opcode}.mbarrier::complete_tx::bytes [%0], [%1, {{{where}}}], [%2];"'
        operands = f':: "r"(target), "l"(map), "r"(full), {values} : "memory");'
    else:
        head = f"DEV void {name}(const TMap* map, u32 source, {parameters}) {{"
        verb = "cp.async" if kind == "store" else "cp.reduce.async"
        add = ".add" if kind == "add" else ""
        opcode = f"{verb}.bulk.tensor.{rank}d.global.shared::cta{add}.tile.bulk_group"
        text = f'"{opcode} [%0, {{{where}}}], [%1];"'
        operands = f':: "l"(map), "r"(source), {values} : "memory");'
    return "\n".join([head, f"  asm volatile({text}", f"               {operands}", "}"])
