"""Microbenchmarks as CUDA C++: one source for a family, with device functions of the printer."""

from __future__ import annotations

from collections.abc import Iterable

from ..emitter.printer.prelude import prelude_for
from ..emitter.printer.text import block, indented
from .microbenchmark import Microbenchmark

ALIGNMENT = 1024  # bytes; swizzled tiles begin at multiples of it

CLOCK = """\
// Cycles of this multiprocessor.
DEV u64 now() {
  u64 cycles;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles) :: "memory");
  return cycles;
}"""

LOAD_QUAD = """\
// 16 bytes from shared memory, whether or not anybody looks at them.
DEV u32 load_quad(u32 address) {
  u32 a, b, c, d;
  asm volatile("ld.volatile.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(a), "=r"(b), "=r"(c), "=r"(d) : "r"(address) : "memory");
  return a ^ b ^ c ^ d;
}"""

FILL = """\
// Small numbers of either sign in every 8-bit and 16-bit type; zeros would draw less power.
DEV void fill_shared(u32 first, u32 bytes) {
  for (u32 at = 4 * threadIdx.x; at < bytes; at += 4 * blockDim.x)
    store_pair_16(first + at, 0x3c3c3c3c ^ (at * 2654435761u & 0x80808080));
}"""

_OWN = {"now(": CLOCK, "load_quad(": LOAD_QUAD, "fill_shared(": FILL}


def source_of(family: str, members: Iterable[Microbenchmark]) -> str:
    """The source of a family's kernels, without headers.

    Parameters of each: where every warp writes the clock at its beginning and end, the iterations,
    and a tensor map where it copies.
    """
    kernels = [_kernel(member) for member in members]
    text = "\n\n".join(kernels)
    own = [function for call, function in _OWN.items() if call in text]
    prelude = prelude_for("\n\n".join([*own, text]))
    return "\n\n".join([f"// Microbenchmarks: {family}", prelude, *own, text]) + "\n"


def _kernel(one: Microbenchmark) -> str:
    parameters = "u64* __restrict__ times, int length"
    if one.copied is not None:
        parameters += ", const __grid_constant__ TMap map"
    head = (
        f'extern "C" __global__ void __launch_bounds__({one.threads}, 1)\n{one.name}({parameters})'
    )
    timed = _timed(one)
    if one.alone:
        timed = block("if (elect())", timed)
    body = [*_places(one), *_lines(one.setup), "__syncthreads();", *timed, *_lines(one.leave)]
    return "\n".join(block(head, body))


def _places(one: Microbenchmark) -> list[str]:
    lines = [
        "const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;",
    ]
    if one.shared_bytes:
        lines += [
            "extern __shared__ __align__(1024) u8 memory[];",
            "const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;",
        ]
    return lines


def _timed(one: Microbenchmark) -> list[str]:
    loop = block("for (int k = 0; k < length; ++k)", _lines(one.body))
    first, last = "begin", "end"
    before, after = ["const u64 begin = now();"], ["const u64 end = now();"]
    if one.timed == "bracket":
        first, last = "0", "total"
        before, after = ["u64 total = 0;"], []
    note = [
        f"u64* const noted = times + 2 * (blockIdx.x * {one.warps} + warp);",
        f"noted[0] = {first};",
        f"noted[1] = {last};",
    ]
    if not one.alone:
        note = block("if (lane == 0)", note)
    return [*before, "#pragma unroll 1", *loop, *after, *_lines(one.finish), *note]


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def bracketed(text: str) -> str:
    """A body of which only this text is timed."""
    lines = indented(["const u64 t0 = now();", *_lines(text), "const u64 t1 = now();"])
    return "\n".join(["{", *lines, "  total += t1 - t0;", "}"])
