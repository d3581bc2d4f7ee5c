// Microbenchmarks: handoffs

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
struct alignas(64) TMap { u64 words[16]; };
#define DEV __device__ __forceinline__

DEV void mbar_init_all(u32 first, int count, u32 arrivals) {
  for (int i = 0; i < count; ++i)
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;"
                 :: "r"(first + 8 * i), "r"(arrivals) : "memory");
}

// Makes initialized mbarriers visible to the asynchronous proxy; all threads still have to meet.
DEV void fence_mbar_init() {
  asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;" ::: "memory");
}

DEV void mbar_arrive(u32 barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(barrier) : "memory");
}

// Waits for the end of the phase with this parity; a fresh barrier is past one of parity 1.
DEV void mbar_wait(u32 barrier, u32 parity) {
  asm volatile("{\n.reg .pred over;\n"
               "poll: mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
               "@!over bra poll;\n}"
               :: "r"(barrier), "r"(parity) : "memory");
}

template <int Barrier, int Threads> DEV void bar_sync() {
  asm volatile("bar.sync %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

template <int Barrier, int Threads> DEV void bar_arrive() {
  asm volatile("bar.arrive %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

DEV void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Where a byte of a row lies in a tile of panels, each Span bytes wide, with TMA's swizzle: the
// 16-byte chunks of a row change places, by row, every 128 bytes of the panel.
template <u32 Span, u32 Rows> DEV u32 swizzled(u32 row, u32 byte) {
  const u32 turn = (row / (128 / Span)) % (Span / 16);
  return byte / Span * (Rows * Span) + row * Span + ((byte % Span / 16 ^ turn) << 4) + byte % 16;
}

DEV void stmatrix(u32 address, u32 a, u32 b, u32 c, u32 d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared::cta.b16 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

// Two elements of 16 bits.
DEV void store_pair_16(u32 address, u32 pair) {
  asm volatile("st.shared.u32 [%0], %1;" :: "r"(address), "r"(pair) : "memory");
}

DEV int load_i32(u32 address) { return *(const int*)__cvta_shared_to_generic(address); }

// Cycles of this multiprocessor.
DEV u64 now() {
  u64 cycles;
  asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles) :: "memory");
  return cycles;
}

extern "C" __global__ void __launch_bounds__(256, 1)
mbarrier_round(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 ping = shared, pong = shared + 8, open = shared + 16;
  if (threadIdx.x == 0) {
    mbar_init_all(ping, 2, 4);
    mbar_init_all(open, 1, 1);
    fence_mbar_init();
  }
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      __syncwarp();
      if (lane == 0) mbar_arrive(ping);
      mbar_wait(pong, k & 1);
    } else {
      mbar_wait(ping, k & 1);
      __syncwarp();
      if (lane == 0) mbar_arrive(pong);
    }
  }
  const u64 end = now();
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(128, 1)
mbarrier_issue(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 ping = shared, pong = shared + 8, open = shared + 16;
  if (threadIdx.x == 0) {
    mbar_init_all(ping, 2, 4);
    mbar_init_all(open, 1, 1);
    fence_mbar_init();
  }
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
    if (lane == 0) mbar_arrive(ping);
    mbar_wait(open, 1);
  }
  const u64 end = now();
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 4 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(256, 1)
named_barrier_round(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      bar_arrive<1, 256>();
      bar_sync<2, 256>();
    } else {
      bar_sync<1, 256>();
      bar_arrive<2, 256>();
    }
  }
  const u64 end = now();
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(256, 1)
order_token(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  __syncthreads();
  u64 total = 0;
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      const u64 due = now() + 1000;
      while (now() < due) {}
      {
        const u64 t0 = now();
        bar_sync<1, 256>();
        bar_arrive<2, 256>();
        const u64 t1 = now();
        total += t1 - t0;
      }
    } else {
      bar_arrive<1, 256>();
      bar_sync<2, 256>();
    }
  }
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = 0;
    noted[1] = total;
  }
}

extern "C" __global__ void __launch_bounds__(128, 1)
empty_bracket(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  __syncthreads();
  u64 total = 0;
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    {
      const u64 t0 = now();
      const u64 t1 = now();
      total += t1 - t0;
    }
  }
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 4 + warp);
    noted[0] = 0;
    noted[1] = total;
  }
}

extern "C" __global__ void __launch_bounds__(128, 1)
group_barrier(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
    store_pair_16(shared + 4 * threadIdx.x, k);
    fence_proxy_async();
    bar_sync<1, 128>();
  }
  const u64 end = now();
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 4 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(256, 1)
crossing_64(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 full = shared + 8192, empty = full + 8;
  if (threadIdx.x == 0) {
    mbar_init_all(full, 2, 4);
    fence_mbar_init();
  }
  u32 p[16], seen = 0;
  #pragma unroll
  for (int i = 0; i < 16; ++i) p[i] = threadIdx.x * (2 * i + 1);
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 16; i += 4) {
        const u32 at = shared + swizzled<128, 64>(row, 8 * i + (lane >> 4) * 16);
        stmatrix(at, p[i], p[i + 1], p[i + 2], p[i + 3]);
      }
      __syncwarp();
      if (lane == 0) mbar_arrive(full);
      mbar_wait(empty, k & 1);
    } else {
      mbar_wait(full, k & 1);
      const u32 row = 16 * (warp & 3) + (lane >> 2), byte = 4 * (lane & 3);
      #pragma unroll
      for (int i = 0; i < 16; ++i)
        seen ^= load_i32(shared + swizzled<128, 64>(row + 8 * (i & 1), byte + 16 * (i >> 1)));
      __syncwarp();
      if (lane == 0) mbar_arrive(empty);
    }
  }
  const u64 end = now();
  if (length < 0) times[threadIdx.x] = seen;
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(256, 1)
crossing_128(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 full = shared + 16384, empty = full + 8;
  if (threadIdx.x == 0) {
    mbar_init_all(full, 2, 4);
    fence_mbar_init();
  }
  u32 p[32], seen = 0;
  #pragma unroll
  for (int i = 0; i < 32; ++i) p[i] = threadIdx.x * (2 * i + 1);
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 32; i += 4) {
        const u32 at = shared + swizzled<128, 64>(row, 8 * i + (lane >> 4) * 16);
        stmatrix(at, p[i], p[i + 1], p[i + 2], p[i + 3]);
      }
      __syncwarp();
      if (lane == 0) mbar_arrive(full);
      mbar_wait(empty, k & 1);
    } else {
      mbar_wait(full, k & 1);
      const u32 row = 16 * (warp & 3) + (lane >> 2), byte = 4 * (lane & 3);
      #pragma unroll
      for (int i = 0; i < 32; ++i)
        seen ^= load_i32(shared + swizzled<128, 64>(row + 8 * (i & 1), byte + 16 * (i >> 1)));
      __syncwarp();
      if (lane == 0) mbar_arrive(empty);
    }
  }
  const u64 end = now();
  if (length < 0) times[threadIdx.x] = seen;
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}

extern "C" __global__ void __launch_bounds__(256, 1)
crossing_256(u64* __restrict__ times, int length) {
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0), lane = threadIdx.x % 32;
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 full = shared + 32768, empty = full + 8;
  if (threadIdx.x == 0) {
    mbar_init_all(full, 2, 4);
    fence_mbar_init();
  }
  u32 p[64], seen = 0;
  #pragma unroll
  for (int i = 0; i < 64; ++i) p[i] = threadIdx.x * (2 * i + 1);
  __syncthreads();
  const u64 begin = now();
  #pragma unroll 1
  for (int k = 0; k < length; ++k) {
    if (warp / 4 == 0) {
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 4) {
        const u32 at = shared + swizzled<128, 64>(row, 8 * i + (lane >> 4) * 16);
        stmatrix(at, p[i], p[i + 1], p[i + 2], p[i + 3]);
      }
      __syncwarp();
      if (lane == 0) mbar_arrive(full);
      mbar_wait(empty, k & 1);
    } else {
      mbar_wait(full, k & 1);
      const u32 row = 16 * (warp & 3) + (lane >> 2), byte = 4 * (lane & 3);
      #pragma unroll
      for (int i = 0; i < 64; ++i)
        seen ^= load_i32(shared + swizzled<128, 64>(row + 8 * (i & 1), byte + 16 * (i >> 1)));
      __syncwarp();
      if (lane == 0) mbar_arrive(empty);
    }
  }
  const u64 end = now();
  if (length < 0) times[threadIdx.x] = seen;
  if (lane == 0) {
    u64* const noted = times + 2 * (blockIdx.x * 8 + warp);
    noted[0] = begin;
    noted[1] = end;
  }
}
