// gemm for h100-sxm (sm_90a), printed by Twill.
// One iteration every 1,024 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       a_tile b_tile
//   compute-1  warps 4-7    acc[0]
//   compute-2  warps 8-11   acc[1]

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

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV void pin_f32x128(float (&d)[128]) {
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
        "+f"(d[63]), "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]),
        "+f"(d[70]), "+f"(d[71]), "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]),
        "+f"(d[77]), "+f"(d[78]), "+f"(d[79]), "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]),
        "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]), "+f"(d[88]), "+f"(d[89]), "+f"(d[90]),
        "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]), "+f"(d[96]), "+f"(d[97]),
        "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
        "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]),
        "+f"(d[110]), "+f"(d[111]), "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]),
        "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]), "+f"(d[120]), "+f"(d[121]),
        "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
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

DEV void wgmma_m64n256k16_bf16_k_k(float (&d)[128], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37,"
      "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55,"
      "%56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73,"
      "%74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91,"
      "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107,"
      "%108, %109, %110, %111, %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122,"
      "%123, %124, %125, %126, %127"
      "}, %128, %129, add, 1, 1, 0, 0;\n}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]), "+f"(d[32]), "+f"(d[33]), "+f"(d[34]),
        "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]), "+f"(d[40]), "+f"(d[41]),
        "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]), "+f"(d[48]),
        "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
        "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]),
        "+f"(d[63]), "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]),
        "+f"(d[70]), "+f"(d[71]), "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]),
        "+f"(d[77]), "+f"(d[78]), "+f"(d[79]), "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]),
        "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]), "+f"(d[88]), "+f"(d[89]), "+f"(d[90]),
        "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]), "+f"(d[96]), "+f"(d[97]),
        "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
        "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]),
        "+f"(d[110]), "+f"(d[111]), "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]),
        "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]), "+f"(d[120]), "+f"(d[121]),
        "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
      : "l"(a), "l"(b), "r"(accumulate));
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 a_tile_at = 0;  // 3 slots of 16,384 bytes: 128 x 64 bf16, swizzle 128
constexpr u32 b_tile_at = 49152;  // 3 slots of 32,768 bytes: 256 x 64 bf16, swizzle 128
constexpr u32 store_c_tile_at = 147456;  // 1 slot of 65,536 bytes: 128 x 256 bf16, swizzle 128
constexpr u32 a_tile_full_at = 212992, a_tile_empty_at = 213016;  // 3 mbarriers each

extern "C" __global__ void __launch_bounds__(384, 1)
gemm(
    const __grid_constant__ TMap a_map,
    const __grid_constant__ TMap b_map,
    const __grid_constant__ TMap c_map,
    int M,
    int K,
    int N) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 a_tile = shared + a_tile_at;
  const u32 b_tile = shared + b_tile_at;
  const u32 store_c_tile = shared + store_c_tile_at;
  const u32 a_tile_full = shared + a_tile_full_at;
  const u32 a_tile_empty = shared + a_tile_empty_at;
  const u32 a_tile_chunk = (shared + a_tile_at) / 16;
  const u32 b_tile_chunk = (shared + b_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m_tiles = (M + 127) / 128;
  const int n_tiles = (N + 255) / 256;
  const int tile_number = blockIdx.x;
  const int band_first = (tile_number / n_tiles) / 16 * 16;
  const int band_width = min(16, m_tiles - band_first);
  const int band_place = tile_number - band_first * n_tiles;
  const int m = band_first + band_place % band_width;
  const int n = band_place / band_width;
  const int trips = (K + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&a_map);
    prefetch_map(&b_map);
    prefetch_map(&c_map);
    mbar_init_all(a_tile_full, 3, 1);
    mbar_init_all(a_tile_empty, 3, 8);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      int a_tile_slot = 2;
      u32 a_tile_phase = 1;
      #pragma unroll 1
      for (int k = 0; k < trips; ++k) {
        // a_tile
        if (++a_tile_slot == 3) { a_tile_slot = 0; a_tile_phase ^= 1; }
        mbar_wait(a_tile_empty + a_tile_slot * 8, a_tile_phase ^ 1);
        mbar_expect(a_tile_full + a_tile_slot * 8, 49152);
        tma_load_2d(a_tile + a_tile_slot * 16384, &a_map, a_tile_full + a_tile_slot * 8, k * 64, m * 128);
        // b_tile
        tma_load_2d(b_tile + a_tile_slot * 32768, &b_map, a_tile_full + a_tile_slot * 8, k * 64, n * 256);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    int a_tile_slot = 2;
    u32 a_tile_phase = 1;
    float acc_0[128];
    // acc[0]
    #pragma unroll
    for (int i = 0; i < 128; ++i) acc_0[i] = 0.0f;
    pin_f32x128(acc_0);
    if (trips > 0) {
      // ---- period 0
      // acc[0], iteration 0
      if (++a_tile_slot == 3) { a_tile_slot = 0; a_tile_phase ^= 1; }
      mbar_wait(a_tile_full + a_tile_slot * 8, a_tile_phase);
      {
        const u64 left = descriptor(a_tile_chunk + a_tile_slot * 1024, 0x4000004000010000);
        const u64 right = descriptor(b_tile_chunk + a_tile_slot * 2048, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n256k16_bf16_k_k(acc_0, left, right, 1);
        wgmma_m64n256k16_bf16_k_k(acc_0, left + 2, right + 2, 1);
        wgmma_m64n256k16_bf16_k_k(acc_0, left + 4, right + 4, 1);
        wgmma_m64n256k16_bf16_k_k(acc_0, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<1, 256>();  // turn_1
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // acc[0]
        wgmma_wait<0>();
        pin_f32x128(acc_0);
        // acc[0], iteration k - 1
        if (lane == 0) mbar_arrive(a_tile_empty + a_tile_slot * 8);
        // acc[0]
        if (++a_tile_slot == 3) { a_tile_slot = 0; a_tile_phase ^= 1; }
        mbar_wait(a_tile_full + a_tile_slot * 8, a_tile_phase);
        bar_sync<2, 256>();  // turn_2
        {
          const u64 left = descriptor(a_tile_chunk + a_tile_slot * 1024, 0x4000004000010000);
          const u64 right = descriptor(b_tile_chunk + a_tile_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n256k16_bf16_k_k(acc_0, left, right, 1);
          wgmma_m64n256k16_bf16_k_k(acc_0, left + 2, right + 2, 1);
          wgmma_m64n256k16_bf16_k_k(acc_0, left + 4, right + 4, 1);
          wgmma_m64n256k16_bf16_k_k(acc_0, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
      }
      // ---- period trips
      wgmma_wait<0>();
      pin_f32x128(acc_0);
      // acc[0], iteration trips - 1
      bar_sync<2, 256>();  // turn_2
    }
    // store_c[0]
    {
      const u32 tile = store_c_tile;
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 128; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(acc_0[i], acc_0[i + 1]),
                 pack_bf16(acc_0[i + 2], acc_0[i + 3]),
                 pack_bf16(acc_0[i + 4], acc_0[i + 5]),
                 pack_bf16(acc_0[i + 6], acc_0[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<3, 128>();  // all_compute-1
    if (warp == 4 && elect()) {
      tma_store_2d(&c_map, store_c_tile, n * 256, m * 128);
      tma_store_2d(&c_map, store_c_tile + 16384, n * 256 + 64, m * 128);
      tma_store_2d(&c_map, store_c_tile + 32768, n * 256 + 128, m * 128);
      tma_store_2d(&c_map, store_c_tile + 49152, n * 256 + 192, m * 128);
      copies_commit();
    }
    if (warp == 4 && elect()) copies_wait();
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    int a_tile_slot = 2;
    u32 a_tile_phase = 1;
    float acc_1[128];
    // acc[1]
    #pragma unroll
    for (int i = 0; i < 128; ++i) acc_1[i] = 0.0f;
    pin_f32x128(acc_1);
    if (trips > 0) {
      // ---- period 0
      // acc[1], iteration 0
      if (++a_tile_slot == 3) { a_tile_slot = 0; a_tile_phase ^= 1; }
      mbar_wait(a_tile_full + a_tile_slot * 8, a_tile_phase);
      bar_sync<1, 256>();  // turn_1
      {
        const u64 left = descriptor(a_tile_chunk + a_tile_slot * 1024 + 512, 0x4000004000010000);
        const u64 right = descriptor(b_tile_chunk + a_tile_slot * 2048, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n256k16_bf16_k_k(acc_1, left, right, 1);
        wgmma_m64n256k16_bf16_k_k(acc_1, left + 2, right + 2, 1);
        wgmma_m64n256k16_bf16_k_k(acc_1, left + 4, right + 4, 1);
        wgmma_m64n256k16_bf16_k_k(acc_1, left + 6, right + 6, 1);
        wgmma_commit();
      }
      bar_arrive<2, 256>();  // turn_2
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // acc[1]
        wgmma_wait<0>();
        pin_f32x128(acc_1);
        // acc[1], iteration k - 1
        if (lane == 0) mbar_arrive(a_tile_empty + a_tile_slot * 8);
        // acc[1]
        if (++a_tile_slot == 3) { a_tile_slot = 0; a_tile_phase ^= 1; }
        mbar_wait(a_tile_full + a_tile_slot * 8, a_tile_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 left = descriptor(a_tile_chunk + a_tile_slot * 1024 + 512, 0x4000004000010000);
          const u64 right = descriptor(b_tile_chunk + a_tile_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n256k16_bf16_k_k(acc_1, left, right, 1);
          wgmma_m64n256k16_bf16_k_k(acc_1, left + 2, right + 2, 1);
          wgmma_m64n256k16_bf16_k_k(acc_1, left + 4, right + 4, 1);
          wgmma_m64n256k16_bf16_k_k(acc_1, left + 6, right + 6, 1);
          wgmma_commit();
        }
        bar_arrive<2, 256>();  // turn_2
      }
      // ---- period trips
      wgmma_wait<0>();
      pin_f32x128(acc_1);
    }
    // store_c[1]
    {
      const u32 tile = store_c_tile;
      const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 128; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(acc_1[i], acc_1[i + 1]),
                 pack_bf16(acc_1[i + 2], acc_1[i + 3]),
                 pack_bf16(acc_1[i + 4], acc_1[i + 5]),
                 pack_bf16(acc_1[i + 6], acc_1[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<4, 128>();  // all_compute-2
    if (warp == 8 && elect()) {
      tma_store_2d(&c_map, store_c_tile + 8192, n * 256, m * 128 + 64);
      tma_store_2d(&c_map, store_c_tile + 24576, n * 256 + 64, m * 128 + 64);
      tma_store_2d(&c_map, store_c_tile + 40960, n * 256 + 128, m * 128 + 64);
      tma_store_2d(&c_map, store_c_tile + 57344, n * 256 + 192, m * 128 + 64);
      copies_commit();
    }
    if (warp == 8 && elect()) copies_wait();
  }
}
