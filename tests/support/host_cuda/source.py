"""The printed source as a program of the host: PTX replaced, the kernel byte for byte."""

import re
from collections.abc import Sequence

from twill.tests.support.host_cuda.assembly import translated

_TYPES = "typedef unsigned char u8;"
_CONSTANTS = "// Shared memory, in bytes from a base that is aligned to 1,024."
_NAME = re.compile(r"^(?:template <[^>]*> )?DEV .*?\b(\w+)\(", re.MULTILINE)
_WGMMA = re.compile(r"wgmma_m64n(\d+)k\d+_(bf16|fp16|fp8e4m3)_(r|k|mn)_(k|mn)")
_COPY = re.compile(r"tma_(load|store|add)_([1-5])d")
_LINKED = re.compile(r'extern "C" |extern __shared__ .*')
_QUALIFIERS = """\
#define __device__
#define __forceinline__ static inline
#define __global__
#define __launch_bounds__(...)
#define __grid_constant__
#define __shared__
#define __align__(bytes) __attribute__((aligned(bytes)))"""


def host_source(text: str, entry: str) -> str:
    """C++ for g++: types, the twins of host_prelude.h, the printer's plain functions, the rest."""
    main = f"int main() {{ return host::launch({entry}); }}\n"
    return "\n\n".join([*_before(text), *_kernel(text), '#include "host_main.h"', main])


def host_source_of_all(texts: Sequence[tuple[str, str]]) -> str:
    """The same for many texts with their entries; the program is told the number of one.

    Most of the time of g++ goes into the twins, which are the same for all.
    """
    pieces = _before("".join(text for text, _ in texts))
    cases = []
    for number, (text, entry) in enumerate(texts):
        # Of one name with C linkage there is one function, and memory is the block's.
        kernel = [re.sub(_LINKED, "", piece) for piece in _kernel(text)]
        pieces += [f"namespace text_{number} {{", *kernel, "}"]
        cases.append(f"case {number}: return host::launch(text_{number}::{entry});")
    switch = f"switch (atoi(values[1])) {{ {' '.join(cases)} }}"
    main = f"int main(int, char** values) {{ {switch} }}\n"
    return "\n\n".join([*pieces, '#include "host_main.h"', main])


def _before(text: str) -> list[str]:
    prelude = "tensor_prelude.h" if "tcgen05." in text else "host_prelude.h"
    types = text[text.index(_TYPES) :].split("\n\n", 1)[0]
    return [_QUALIFIERS, types, f'#include "{prelude}"']


def _kernel(text: str) -> list[str]:
    start, end = text.index(_TYPES), text.index(_CONSTANTS)
    functions = text[start:end].strip().split("\n\n")[1:]
    kept = [_on_host(function) for function in functions]
    return [*(piece for piece in kept if piece), text[end:]]


def _on_host(function: str) -> str:
    named = _NAME.search(function)
    assert named is not None, function
    if not re.search(r"\basm\b", function):
        return function
    if "tcgen05." in function:
        return translated(function)
    return _generated(named[1])


def _generated(name: str) -> str:
    """The twin of a function whose name says all; none for those that host_prelude.h has."""
    if found := _WGMMA.fullmatch(name):
        columns, dtype, left, right = found.groups()
        kind = f"{columns}, host::{dtype}, host::{left}, host::{right}"
        given = "u32& a0, u32& a1, u32& a2, u32& a3" if left == "r" else "u64 a"
        passed = "a0, a1, a2, a3" if left == "r" else "a"
        return (
            f"DEV void {name}(float (&d)[{int(columns) // 2}], {given}, u64 b, u32 add) "
            f"{{ host::wgmma<{kind}>(d, {passed}, b, add); }}"
        )
    if found := _COPY.fullmatch(name):
        verb, rank = found[1], int(found[2])
        places = [f"x{i}" for i in range(rank)]
        given, passed = ", ".join(f"int {x}" for x in places), ", ".join(places)
        if verb == "load":
            return (
                f"DEV void {name}(u32 to, const TMap* map, u32 full, {given}) "
                f"{{ host::load(to, map, full, {rank}, {{{passed}}}); }}"
            )
        add = "true" if verb == "add" else "false"
        return (
            f"DEV void {name}(const TMap* map, u32 from, {given}) "
            f"{{ host::store(map, from, {add}, {rank}, {{{passed}}}); }}"
        )
    if name.startswith("pin_"):
        return f"template <class T, int N> void {name}(T (&)[N]) {{}}"
    return ""
