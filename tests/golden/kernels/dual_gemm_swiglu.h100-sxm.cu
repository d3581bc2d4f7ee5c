// dual_gemm_swiglu for h100-sxm (sm_90a), printed by Twill.
// One iteration every 1,024 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       x_tile gate_tile up_tile
//   compute-1  warps 4-7    gate[0] up[0]@-1
//   compute-2  warps 8-11   up[1] gate[1]@-1

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

DEV void mbar_expect(u32 barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
               :: "r"(barrier), "r"(bytes) : "memory");
}

// Waits for the end of the phase with this parity; a fresh barrier is past one of parity 1.
DEV void mbar_wait(u32 barrier, u32 parity) {
  asm volatile("{\n.reg .pred over;\n"
               "poll: mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
               "@!over bra poll;\n}"
               :: "r"(barrier), "r"(parity) : "memory");
}

DEV void prefetch_map(const TMap* map) { asm volatile("prefetch.tensormap [%0];" :: "l"(map) : "memory"); }

// True in one lane of a converged warp, always the same one; keeps what it guards uniform.
DEV bool elect() {
  u32 chosen;
  asm volatile("{\n.reg .pred mine;\nelect.sync _|mine, 0xffffffff;\nselp.b32 %0, 1, 0, mine;\n}"
               : "=r"(chosen));
  return chosen != 0;
}

template <int N> DEV void fewer_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(N)); }

template <int N> DEV void more_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(N)); }

template <int Barrier, int Threads> DEV void bar_sync() {
  asm volatile("bar.sync %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

template <int Barrier, int Threads> DEV void bar_arrive() {
  asm volatile("bar.arrive %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

DEV void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

DEV void copies_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

DEV void copies_wait() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }

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

DEV void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

DEV void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int Pending> DEV void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(Pending) : "memory");
}

// A matrix descriptor: where the operand begins, in chunks of 16 bytes, and its layout in the other
// bits. Shared memory ends below 2^18 bytes: a start has 14 bits.
DEV u64 descriptor(u32 chunk, u64 layout) { return layout | chunk; }

DEV float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float sigmoid(float x) { return reciprocal(1.0f + exp2_approx(x * -1.44269504f)); }

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV void pin_f32x64(float (&d)[64]) {
  asm volatile(""
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]),
        "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]),
        "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]),
        "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]),
        "+f"(d[63])
      :: "memory");
}

DEV void tma_load_2d(u32 target, const TMap* map, u32 full, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1) : "memory");
}

DEV void tma_store_2d(const TMap* map, u32 source, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1) : "memory");
}

DEV void wgmma_m64n128k16_bf16_k_k(float (&d)[64], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37,"
      "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55,"
      "%56, %57, %58, %59, %60, %61, %62, %63"
      "}, %64, %65, add, 1, 1, 0, 0;\n}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]),
        "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]),
        "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]),
        "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]),
        "+f"(d[63])
      : "l"(a), "l"(b), "r"(accumulate));
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 x_tile_at = 0;  // 3 slots of 16,384 bytes: 128 x 64 bf16, swizzle 128
constexpr u32 gate_tile_at = 49152;  // 3 slots of 16,384 bytes: 128 x 64 bf16, swizzle 128
constexpr u32 up_tile_at = 98304;  // 2 slots of 16,384 bytes: 128 x 64 bf16, swizzle 128
constexpr u32 store_y_tile_at = 131072;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 x_tile_full_at = 163840, x_tile_empty_at = 163864;  // 3 mbarriers each
constexpr u32 gate_tile_full_at = 163888, gate_tile_empty_at = 163912;  // 3 mbarriers each
constexpr u32 up_tile_full_at = 163936, up_tile_empty_at = 163952;  // 2 mbarriers each

extern "C" __global__ void __launch_bounds__(384, 1)
dual_gemm_swiglu(
    const __grid_constant__ TMap x_map,
    const __grid_constant__ TMap w_gate_map,
    const __grid_constant__ TMap w_up_map,
    const __grid_constant__ TMap y_map,
    int M,
    int K,
    int N) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 x_tile = shared + x_tile_at;
  const u32 gate_tile = shared + gate_tile_at;
  const u32 up_tile = shared + up_tile_at;
  const u32 store_y_tile = shared + store_y_tile_at;
  const u32 x_tile_full = shared + x_tile_full_at;
  const u32 x_tile_empty = shared + x_tile_empty_at;
  const u32 gate_tile_full = shared + gate_tile_full_at;
  const u32 gate_tile_empty = shared + gate_tile_empty_at;
  const u32 up_tile_full = shared + up_tile_full_at;
  const u32 up_tile_empty = shared + up_tile_empty_at;
  const u32 x_tile_chunk = (shared + x_tile_at) / 16;
  const u32 gate_tile_chunk = (shared + gate_tile_at) / 16;
  const u32 up_tile_chunk = (shared + up_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m_tiles = (M + 127) / 128;
  const int n_tiles = (N + 127) / 128;
  const int tile_number = blockIdx.x;
  const int band_first = (tile_number / n_tiles) / 16 * 16;
  const int band_width = min(16, m_tiles - band_first);
  const int band_place = tile_number - band_first * n_tiles;
  const int m = band_first + band_place % band_width;
  const int n = band_place / band_width;
  const int trips = (K + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&x_map);
    prefetch_map(&w_gate_map);
    prefetch_map(&w_up_map);
    prefetch_map(&y_map);
    mbar_init_all(x_tile_full, 3, 1);
    mbar_init_all(x_tile_empty, 3, 8);
    mbar_init_all(gate_tile_full, 3, 1);
    mbar_init_all(gate_tile_empty, 3, 8);
    mbar_init_all(up_tile_full, 2, 1);
    mbar_init_all(up_tile_empty, 2, 8);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      int x_tile_slot = 2;
      u32 x_tile_phase = 1;
      int gate_tile_slot = 2;
      u32 gate_tile_phase = 1;
      int up_tile_slot = 1;
      u32 up_tile_phase = 1;
      #pragma unroll 1
      for (int k = 0; k < trips; ++k) {
        // x_tile
        if (++x_tile_slot == 3) { x_tile_slot = 0; x_tile_phase ^= 1; }
        mbar_wait(x_tile_empty + x_tile_slot * 8, x_tile_phase ^ 1);
        mbar_expect(x_tile_full + x_tile_slot * 8, 16384);
        tma_load_2d(x_tile + x_tile_slot * 16384, &x_map, x_tile_full + x_tile_slot * 8, k * 64, m * 128);
        // gate_tile
        if (++gate_tile_slot == 3) { gate_tile_slot = 0; gate_tile_phase ^= 1; }
        mbar_wait(gate_tile_empty + gate_tile_slot * 8, gate_tile_phase ^ 1);
        mbar_expect(gate_tile_full + gate_tile_slot * 8, 16384);
        tma_load_2d(gate_tile + gate_tile_slot * 16384, &w_gate_map, gate_tile_full + gate_tile_slot * 8, k * 64, n * 128);
        // up_tile
        if (++up_tile_slot == 2) { up_tile_slot = 0; up_tile_phase ^= 1; }
        mbar_wait(up_tile_empty + up_tile_slot * 8, up_tile_phase ^ 1);
        mbar_expect(up_tile_full + up_tile_slot * 8, 16384);
        tma_load_2d(up_tile + up_tile_slot * 16384, &w_up_map, up_tile_full + up_tile_slot * 8, k * 64, n * 128);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    int gate_tile_slot = 2;
    u32 gate_tile_phase = 1;
    int x_tile_slot = 2;
    u32 x_tile_phase = 1;
    int up_tile_slot = 1;
    u32 up_tile_phase = 1;
    float gate_0[64];
    float up_0[64];
    // gate[0]
    #pragma unroll
    for (int i = 0; i < 64; ++i) gate_0[i] = 0.0f;
    pin_f32x64(gate_0);
    // up[0]
    #pragma unroll
    for (int i = 0; i < 64; ++i) up_0[i] = 0.0f;
    pin_f32x64(up_0);
    if (trips > 0) {
      // ---- period 0
      // gate[0], iteration 0
      if (++gate_tile_slot == 3) { gate_tile_slot = 0; gate_tile_phase ^= 1; }
      mbar_wait(gate_tile_full + gate_tile_slot * 8, gate_tile_phase);
      if (++x_tile_slot == 3) { x_tile_slot = 0; x_tile_phase ^= 1; }
      mbar_wait(x_tile_full + x_tile_slot * 8, x_tile_phase);
      {
        const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024, 0x4000004000010000);
        const u64 right = descriptor(gate_tile_chunk + gate_tile_slot * 1024, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(gate_0, left, right, 1);
        wgmma_m64n128k16_bf16_k_k(gate_0, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(gate_0, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(gate_0, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<1, 256>();  // turn_1
      // up[0], iteration 0
      wgmma_wait<0>();
      pin_f32x64(gate_0);
      // gate[0], iteration 0
      if (lane == 0) mbar_arrive(gate_tile_empty + gate_tile_slot * 8);
      // up[0], iteration 0
      if (++up_tile_slot == 2) { up_tile_slot = 0; up_tile_phase ^= 1; }
      mbar_wait(up_tile_full + up_tile_slot * 8, up_tile_phase);
      bar_sync<2, 256>();  // turn_2
      {
        const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024, 0x4000004000010000);
        const u64 right = descriptor(up_tile_chunk + up_tile_slot * 1024, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(up_0, left, right, 1);
        wgmma_m64n128k16_bf16_k_k(up_0, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(up_0, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(up_0, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<3, 256>();  // turn_3
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // gate[0]
        wgmma_wait<0>();
        pin_f32x64(up_0);
        // up[0], iteration k - 1
        if (lane == 0) mbar_arrive(x_tile_empty + x_tile_slot * 8);
        if (lane == 0) mbar_arrive(up_tile_empty + up_tile_slot * 8);
        // gate[0]
        if (++gate_tile_slot == 3) { gate_tile_slot = 0; gate_tile_phase ^= 1; }
        mbar_wait(gate_tile_full + gate_tile_slot * 8, gate_tile_phase);
        if (++x_tile_slot == 3) { x_tile_slot = 0; x_tile_phase ^= 1; }
        mbar_wait(x_tile_full + x_tile_slot * 8, x_tile_phase);
        bar_sync<4, 256>();  // turn_4
        {
          const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024, 0x4000004000010000);
          const u64 right = descriptor(gate_tile_chunk + gate_tile_slot * 1024, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(gate_0, left, right, 1);
          wgmma_m64n128k16_bf16_k_k(gate_0, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(gate_0, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(gate_0, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
        // up[0]
        wgmma_wait<0>();
        pin_f32x64(gate_0);
        // gate[0]
        if (lane == 0) mbar_arrive(gate_tile_empty + gate_tile_slot * 8);
        // up[0]
        if (++up_tile_slot == 2) { up_tile_slot = 0; up_tile_phase ^= 1; }
        mbar_wait(up_tile_full + up_tile_slot * 8, up_tile_phase);
        bar_sync<2, 256>();  // turn_2
        {
          const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024, 0x4000004000010000);
          const u64 right = descriptor(up_tile_chunk + up_tile_slot * 1024, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(up_0, left, right, 1);
          wgmma_m64n128k16_bf16_k_k(up_0, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(up_0, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(up_0, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<3, 256>();  // turn_3
      }
      // ---- period trips
      wgmma_wait<0>();
      pin_f32x64(up_0);
      // gate[0], iteration trips - 1
      bar_sync<4, 256>();  // turn_4
    }
    // store_y[0]
    {
      const u32 tile = store_y_tile;
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(gate_0[i] * sigmoid(gate_0[i]) * up_0[i], gate_0[i + 1] * sigmoid(gate_0[i + 1]) * up_0[i + 1]),
                 pack_bf16(gate_0[i + 2] * sigmoid(gate_0[i + 2]) * up_0[i + 2], gate_0[i + 3] * sigmoid(gate_0[i + 3]) * up_0[i + 3]),
                 pack_bf16(gate_0[i + 4] * sigmoid(gate_0[i + 4]) * up_0[i + 4], gate_0[i + 5] * sigmoid(gate_0[i + 5]) * up_0[i + 5]),
                 pack_bf16(gate_0[i + 6] * sigmoid(gate_0[i + 6]) * up_0[i + 6], gate_0[i + 7] * sigmoid(gate_0[i + 7]) * up_0[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<5, 128>();  // all_compute-1
    if (warp == 4 && elect()) {
      tma_store_2d(&y_map, store_y_tile, n * 128, m * 128);
      tma_store_2d(&y_map, store_y_tile + 16384, n * 128 + 64, m * 128);
      copies_commit();
    }
    if (warp == 4 && elect()) copies_wait();
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    int up_tile_slot = 1;
    u32 up_tile_phase = 1;
    int x_tile_slot = 2;
    u32 x_tile_phase = 1;
    int gate_tile_slot = 2;
    u32 gate_tile_phase = 1;
    float up_1[64];
    float gate_1[64];
    // gate[1]
    #pragma unroll
    for (int i = 0; i < 64; ++i) gate_1[i] = 0.0f;
    pin_f32x64(gate_1);
    // up[1]
    #pragma unroll
    for (int i = 0; i < 64; ++i) up_1[i] = 0.0f;
    pin_f32x64(up_1);
    if (trips > 0) {
      // ---- period 0
      // up[1], iteration 0
      if (++up_tile_slot == 2) { up_tile_slot = 0; up_tile_phase ^= 1; }
      mbar_wait(up_tile_full + up_tile_slot * 8, up_tile_phase);
      if (++x_tile_slot == 3) { x_tile_slot = 0; x_tile_phase ^= 1; }
      mbar_wait(x_tile_full + x_tile_slot * 8, x_tile_phase);
      bar_sync<1, 256>();  // turn_1
      {
        const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024 + 512, 0x4000004000010000);
        const u64 right = descriptor(up_tile_chunk + up_tile_slot * 1024, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(up_1, left, right, 1);
        wgmma_m64n128k16_bf16_k_k(up_1, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(up_1, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(up_1, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<2, 256>();  // turn_2
      // gate[1], iteration 0
      wgmma_wait<0>();
      pin_f32x64(up_1);
      // up[1], iteration 0
      if (lane == 0) mbar_arrive(up_tile_empty + up_tile_slot * 8);
      // gate[1], iteration 0
      if (++gate_tile_slot == 3) { gate_tile_slot = 0; gate_tile_phase ^= 1; }
      mbar_wait(gate_tile_full + gate_tile_slot * 8, gate_tile_phase);
      bar_sync<3, 256>();  // turn_3
      {
        const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024 + 512, 0x4000004000010000);
        const u64 right = descriptor(gate_tile_chunk + gate_tile_slot * 1024, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(gate_1, left, right, 1);
        wgmma_m64n128k16_bf16_k_k(gate_1, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(gate_1, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(gate_1, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<4, 256>();  // turn_4
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // up[1]
        wgmma_wait<0>();
        pin_f32x64(gate_1);
        // gate[1], iteration k - 1
        if (lane == 0) mbar_arrive(x_tile_empty + x_tile_slot * 8);
        if (lane == 0) mbar_arrive(gate_tile_empty + gate_tile_slot * 8);
        // up[1]
        if (++up_tile_slot == 2) { up_tile_slot = 0; up_tile_phase ^= 1; }
        mbar_wait(up_tile_full + up_tile_slot * 8, up_tile_phase);
        if (++x_tile_slot == 3) { x_tile_slot = 0; x_tile_phase ^= 1; }
        mbar_wait(x_tile_full + x_tile_slot * 8, x_tile_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024 + 512, 0x4000004000010000);
          const u64 right = descriptor(up_tile_chunk + up_tile_slot * 1024, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(up_1, left, right, 1);
          wgmma_m64n128k16_bf16_k_k(up_1, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(up_1, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(up_1, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<2, 256>();  // turn_2
        // gate[1]
        wgmma_wait<0>();
        pin_f32x64(up_1);
        // up[1]
        if (lane == 0) mbar_arrive(up_tile_empty + up_tile_slot * 8);
        // gate[1]
        if (++gate_tile_slot == 3) { gate_tile_slot = 0; gate_tile_phase ^= 1; }
        mbar_wait(gate_tile_full + gate_tile_slot * 8, gate_tile_phase);
        bar_sync<3, 256>();  // turn_3
        {
          const u64 left = descriptor(x_tile_chunk + x_tile_slot * 1024 + 512, 0x4000004000010000);
          const u64 right = descriptor(gate_tile_chunk + gate_tile_slot * 1024, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(gate_1, left, right, 1);
          wgmma_m64n128k16_bf16_k_k(gate_1, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(gate_1, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(gate_1, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<4, 256>();  // turn_4
      }
      // ---- period trips
      wgmma_wait<0>();
      pin_f32x64(gate_1);
    }
    // store_y[1]
    {
      const u32 tile = store_y_tile;
      const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(gate_1[i] * sigmoid(gate_1[i]) * up_1[i], gate_1[i + 1] * sigmoid(gate_1[i + 1]) * up_1[i + 1]),
                 pack_bf16(gate_1[i + 2] * sigmoid(gate_1[i + 2]) * up_1[i + 2], gate_1[i + 3] * sigmoid(gate_1[i + 3]) * up_1[i + 3]),
                 pack_bf16(gate_1[i + 4] * sigmoid(gate_1[i + 4]) * up_1[i + 4], gate_1[i + 5] * sigmoid(gate_1[i + 5]) * up_1[i + 5]),
                 pack_bf16(gate_1[i + 6] * sigmoid(gate_1[i + 6]) * up_1[i + 6], gate_1[i + 7] * sigmoid(gate_1[i + 7]) * up_1[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<6, 128>();  // all_compute-2
    if (warp == 8 && elect()) {
      tma_store_2d(&y_map, store_y_tile + 8192, n * 128, m * 128 + 64);
      tma_store_2d(&y_map, store_y_tile + 24576, n * 128 + 64, m * 128 + 64);
      copies_commit();
    }
    if (warp == 8 && elect()) copies_wait();
  }
}
