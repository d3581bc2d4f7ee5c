"""Small CUDA kernels, and one wgmma kernel whose second wait is in its place or hoisted."""

from __future__ import annotations

SCALE = """
extern "C" __global__ void __launch_bounds__(128) scale(float* x, int n) {
  for (int i = threadIdx.x; i < n; i += 128) x[i] = exp2f(x[i]) * FACTOR;
}
"""

SPILLING = """
extern "C" __global__ void __launch_bounds__(128) spilling(float* x, int n) {
  float v[300];
#pragma unroll
  for (int i = 0; i < 300; ++i) v[i] = x[i * 128 + threadIdx.x];
  for (int k = 0; k < n; ++k) {
#pragma unroll
    for (int i = 0; i < 300; ++i) v[i] = v[i] * v[(i + 7) % 300] + 1.0f;
  }
#pragma unroll
  for (int i = 0; i < 300; ++i) x[i * 128 + threadIdx.x] = v[i];
}
"""

NO_BOUNDS = """
extern "C" __global__ void unbounded(float* x) {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
  x[threadIdx.x] = 1.0f;
}
"""

FLOATS = 16  # accumulators of m64n32k16 in each thread
EXPONENTIALS = FLOATS


def overlapping(boundary: bool) -> str:
    """A loop: a product, exponentials of other registers, the wait for the product.

    Without a block boundary before the wait, ptxas moves it above the exponentials.
    """
    registers = ", ".join(f"%{i}" for i in range(FLOATS))
    tied = ", ".join(f'"+f"(d[{i}])' for i in range(FLOATS))
    block = "mbar_wait(bar, k & 1);" if boundary else ""
    return f"""
typedef unsigned int u32; typedef unsigned long long u64;
#define DEV __device__ __forceinline__
DEV void mbar_wait(u32 bar, u32 parity) {{
  asm volatile("{{ .reg .pred P;\\nW: mbarrier.try_wait.parity.shared::cta.b64 P, [%0], %1;\\n"
               "@P bra D;\\nbra W;\\nD: }}" :: "r"(bar), "r"(parity) : "memory");
}}
DEV void product(float (&d)[{FLOATS}], u64 a, u64 b) {{
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
  asm volatile("wgmma.mma_async.sync.aligned.m64n32k16.f32.bf16.bf16 {{{registers}}}, "
               "%{FLOATS}, %{FLOATS + 1}, 1, 1, 1, 0, 0;" : {tied} : "l"(a), "l"(b));
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}}
DEV void pin(float (&d)[{FLOATS}]) {{ asm volatile("" : {tied} :: "memory"); }}
extern "C" __global__ void __launch_bounds__(128)
overlapping(float* out, u64 a, u64 b, u32 bar, int n) {{
  float d[{FLOATS}], e[{FLOATS}];
  for (int i = 0; i < {FLOATS}; ++i) {{ d[i] = 0; e[i] = out[i * 128 + threadIdx.x]; }}
#pragma unroll 1
  for (int k = 0; k < n; ++k) {{
    product(d, a, b);
#pragma unroll
    for (int i = 0; i < {FLOATS}; ++i)
      asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(e[i]));
    {block}
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    pin(d);
  }}
  for (int i = 0; i < {FLOATS}; ++i) out[i * 128 + threadIdx.x] = d[i] + e[i];
}}
"""
