// flash_attention_forward for h100-sxm (sm_90a), printed by Twill.
// One iteration every 2,048 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
// Persistent: block b of B does the tiles number b, b + B, b + 2 B, ...
//   producer   warp 0       k_tile v_tile
//   compute-1  warps 4-7    p[0]@-1 acc[0]@-1 s[0] alpha[0] acc.multiply[0]
//   compute-2  warps 8-11   s[1] alpha[1] acc.multiply[1] p[1] acc[1]@-1

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

DEV void copies_wait_read() { asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }

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

// A zero of which nothing is known before the load is done.
DEV float load_zero(u32 address) {
  float zero;
  asm volatile("ld.volatile.shared.f32 %0, [%1];" : "=f"(zero) : "r"(address) : "memory");
  return zero;
}

DEV void store_zero(u32 address) { asm volatile("st.shared.f32 [%0], 0f00000000;" :: "r"(address) : "memory"); }

DEV void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

DEV void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int Pending> DEV void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(Pending) : "memory");
}

// A matrix descriptor: where the operand begins, in chunks of 16 bytes, and its layout in the other
// bits. Shared memory ends below 2^18 bytes: a start has 14 bits.
DEV u64 descriptor(u32 chunk, u64 layout) { return layout | chunk; }

DEV constexpr int row_of(int i) { return (i >> 1) & 1; }

// Over the four lanes that share a row.
template <class T> DEV T quad_max(T x) {
  x = max(x, __shfl_xor_sync(~0u, x, 1));
  return max(x, __shfl_xor_sync(~0u, x, 2));
}

template <class T> DEV T quad_sum(T x) {
  x += __shfl_xor_sync(~0u, x, 1);
  return x + __shfl_xor_sync(~0u, x, 2);
}

DEV float infinity() { return __int_as_float(0x7f800000); }

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

// Within 2 units in the last place; 0 where |y| > 2^126, infinite where |y| < 2^-126.
DEV float divide(float x, float y) { return x * reciprocal(y); }

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

// The same number, of which the compiler knows nothing.
template <class T> DEV T unknown(T x) {
  asm volatile("" : "+r"(x));
  return x;
}

// The registers have to be there: a branch that no thread takes leads to where they are made anew.
template <int N, class T> DEV void demand(T* d, int trips) {
  if (__builtin_expect(unknown(trips) >= 0, 1)) return;
  #pragma unroll
  for (int i = 0; i < N; ++i) asm volatile("mov.b32 %0, %%clock;" : "=r"(*(u32*)&d[i]));
}

DEV void pin_b32x32(u32 (&d)[32]) {
  asm volatile(""
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]), "+r"(d[4]), "+r"(d[5]), "+r"(d[6]),
        "+r"(d[7]), "+r"(d[8]), "+r"(d[9]), "+r"(d[10]), "+r"(d[11]), "+r"(d[12]), "+r"(d[13]),
        "+r"(d[14]), "+r"(d[15]), "+r"(d[16]), "+r"(d[17]), "+r"(d[18]), "+r"(d[19]), "+r"(d[20]),
        "+r"(d[21]), "+r"(d[22]), "+r"(d[23]), "+r"(d[24]), "+r"(d[25]), "+r"(d[26]), "+r"(d[27]),
        "+r"(d[28]), "+r"(d[29]), "+r"(d[30]), "+r"(d[31])
      :: "memory");
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

DEV void tma_load_3d(u32 target, const TMap* map, u32 full, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void tma_store_3d(const TMap* map, u32 source, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1), "r"(x2) : "memory");
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

DEV void wgmma_m64n128k16_bf16_r_mn(float (&d)[64], u32 a0, u32 a1, u32 a2, u32 a3, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %69, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37,"
      "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55,"
      "%56, %57, %58, %59, %60, %61, %62, %63"
      "}, {%64, %65, %66, %67}, %68, add, 1, 1, 1;\n}"
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
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(b), "r"(accumulate));
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 q_tile_at = 0;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 k_tile_at = 65536;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 131072;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 q_tile_staged_at = 196608;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 q_tile_full_at = 229376, q_tile_empty_at = 229392;  // 2 mbarriers each
constexpr u32 k_tile_full_at = 229408, k_tile_empty_at = 229424;  // 2 mbarriers each
constexpr u32 v_tile_full_at = 229440, v_tile_empty_at = 229456;  // 2 mbarriers each
constexpr u32 open_at = 229472;  // never armed: always over, for boundaries
constexpr u32 zero_at = 229480;  // holds 0.0f, for anchors

extern "C" __global__ void __launch_bounds__(384, 1)
flash_attention_forward(
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap o_map,
    int heads,
    int queries,
    int keys,
    float scale_log2) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 q_tile = shared + q_tile_at;
  const u32 k_tile = shared + k_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 q_tile_staged = shared + q_tile_staged_at;
  const u32 q_tile_full = shared + q_tile_full_at;
  const u32 q_tile_empty = shared + q_tile_empty_at;
  const u32 k_tile_full = shared + k_tile_full_at;
  const u32 k_tile_empty = shared + k_tile_empty_at;
  const u32 v_tile_full = shared + v_tile_full_at;
  const u32 v_tile_empty = shared + v_tile_empty_at;
  const u32 open = shared + open_at;
  const u32 zero = shared + zero_at;
  const u32 q_tile_chunk = (shared + q_tile_at) / 16;
  const u32 k_tile_chunk = (shared + k_tile_at) / 16;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m_tiles = queries / 128;
  const int h_tiles = heads;
  const int tile_count = m_tiles * h_tiles;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&q_map);
    prefetch_map(&k_map);
    prefetch_map(&v_map);
    prefetch_map(&o_map);
    mbar_init_all(q_tile_full, 2, 1);
    mbar_init_all(q_tile_empty, 2, 8);
    mbar_init_all(k_tile_full, 2, 1);
    mbar_init_all(k_tile_empty, 2, 8);
    mbar_init_all(v_tile_full, 2, 1);
    mbar_init_all(v_tile_empty, 2, 8);
    mbar_init_all(open, 1, 1);
    store_zero(zero);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      int q_tile_slot = 1;
      u32 q_tile_phase = 1;
      int k_tile_slot = 1;
      u32 k_tile_phase = 1;
      int v_tile_slot = 1;
      u32 v_tile_phase = 1;
      #pragma unroll 1
      for (int tile_number = blockIdx.x; tile_number < tile_count; tile_number += gridDim.x) {
        const int m = tile_number % m_tiles;
        const int h = tile_number / m_tiles;
        const int trips = keys / 128;
        if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
        mbar_wait(q_tile_empty + q_tile_slot * 8, q_tile_phase ^ 1);
        mbar_expect(q_tile_full + q_tile_slot * 8, 32768);
        tma_load_3d(q_tile + q_tile_slot * 32768, &q_map, q_tile_full + q_tile_slot * 8, 0, m * 128, h);
        tma_load_3d(q_tile + q_tile_slot * 32768 + 16384, &q_map, q_tile_full + q_tile_slot * 8, 64, m * 128, h);
        #pragma unroll 1
        for (int n = 0; n < trips; ++n) {
          // k_tile
          if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
          mbar_wait(k_tile_empty + k_tile_slot * 8, k_tile_phase ^ 1);
          mbar_expect(k_tile_full + k_tile_slot * 8, 32768);
          tma_load_3d(k_tile + k_tile_slot * 32768, &k_map, k_tile_full + k_tile_slot * 8, 0, n * 128, h);
          tma_load_3d(k_tile + k_tile_slot * 32768 + 16384, &k_map, k_tile_full + k_tile_slot * 8, 64, n * 128, h);
          // v_tile
          if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
          mbar_wait(v_tile_empty + v_tile_slot * 8, v_tile_phase ^ 1);
          mbar_expect(v_tile_full + v_tile_slot * 8, 32768);
          tma_load_3d(v_tile + v_tile_slot * 32768, &v_map, v_tile_full + v_tile_slot * 8, 0, n * 128, h);
          tma_load_3d(v_tile + v_tile_slot * 32768 + 16384, &v_map, v_tile_full + v_tile_slot * 8, 64, n * 128, h);
        }
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    int q_tile_slot = 1;
    u32 q_tile_phase = 1;
    int k_tile_slot = 1;
    u32 k_tile_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    #pragma unroll 1
    for (int tile_number = blockIdx.x; tile_number < tile_count; tile_number += gridDim.x) {
      const int m = tile_number % m_tiles;
      const int h = tile_number / m_tiles;
      const int trips = keys / 128;
      float acc_0[64];
      float s_0[64];
      float row_sum_0[2];
      u32 p_to_bf16_0[32];
      float new_max_0[2];
      float alpha_0[2];
      float new_max_max_0[2];
      float new_max_0_next[2];
      float p_0[64];
      float row_sum_sum_0[2];
      bar_sync<5, 256>();  // tile
      // alpha[0]
      #pragma unroll
      for (int r = 0; r < 2; ++r) new_max_0[r] = -infinity();
      // p[0]
      #pragma unroll
      for (int r = 0; r < 2; ++r) row_sum_0[r] = 0.0f;
      // acc[0]
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0[i] = 0.0f;
      pin_f32x64(acc_0);
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      if (trips > 0) {
        // ---- period 0
        // s[0], iteration 0
        if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
        mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
        {
          const u64 left = descriptor(q_tile_chunk + q_tile_slot * 2048, 0x4000004000010000);
          const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(s_0, left, right, 0);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 6, right + 6, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 1024, right + 1024, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 1026, right + 1026, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 1028, right + 1028, 1);
          wgmma_m64n128k16_bf16_k_k(s_0, left + 1030, right + 1030, 1);
          wgmma_commit();
        }
        // alpha[0], iteration 0
        wgmma_wait<0>();
        pin_f32x64(s_0);
        // s[0], iteration 0
        if (lane == 0) mbar_arrive(k_tile_empty + k_tile_slot * 8);
        // alpha[0], iteration 0
        pin_f32x64(s_0);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_max_0[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_max_0_next[r] = fmaxf(new_max_0[r], new_max_max_0[r] * scale_log2);
        #pragma unroll
        for (int r = 0; r < 2; ++r) alpha_0[r] = exp2_approx(new_max_0[r] - new_max_0_next[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_max_0[r] = new_max_0_next[r];
        // acc.multiply[0], iteration 0
        mbar_wait(open, 1);
        {
          const float nothing = load_zero(zero);
          #pragma unroll
          for (int r = 0; r < 2; ++r) alpha_0[r] += nothing;
        }
        pin_f32x64(acc_0);
        #pragma unroll
        for (int i = 0; i < 64; ++i) acc_0[i] = acc_0[i] * alpha_0[row_of(i)];
        pin_f32x64(acc_0);
        #pragma unroll 1
        for (int n = 1; n < trips; ++n) {
          // p[0], iteration n - 1
          pin_f32x64(s_0);
          #pragma unroll
          for (int i = 0; i < 64; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0[row_of(i)]);
          {
            float part[4];
            #pragma unroll
            for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
            #pragma unroll
            for (int r = 0; r < 2; ++r) row_sum_sum_0[r] = part[2 * r] + part[2 * r + 1];
          }
          #pragma unroll
          for (int r = 0; r < 2; ++r) row_sum_0[r] = row_sum_0[r] * alpha_0[r] + row_sum_sum_0[r];
          #pragma unroll
          for (int i = 0; i < 64; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
          pin_b32x32(p_to_bf16_0);
          demand<2>(row_sum_0, trips);
          // acc[0], iteration n - 1
          if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
          mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
          bar_sync<1, 256>();  // turn_1
          {
            const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000004004000000);
            wgmma_fence();
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[16], p_to_bf16_0[17], p_to_bf16_0[18], p_to_bf16_0[19], right + 512, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[20], p_to_bf16_0[21], p_to_bf16_0[22], p_to_bf16_0[23], right + 640, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[24], p_to_bf16_0[25], p_to_bf16_0[26], p_to_bf16_0[27], right + 768, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[28], p_to_bf16_0[29], p_to_bf16_0[30], p_to_bf16_0[31], right + 896, 1);
            wgmma_commit();
          }
          // s[0]
          if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
          mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
          {
            const u64 left = descriptor(q_tile_chunk + q_tile_slot * 2048, 0x4000004000010000);
            const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000004000010000);
            wgmma_fence();
            wgmma_m64n128k16_bf16_k_k(s_0, left, right, 0);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 2, right + 2, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 4, right + 4, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 6, right + 6, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 1024, right + 1024, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 1026, right + 1026, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 1028, right + 1028, 1);
            wgmma_m64n128k16_bf16_k_k(s_0, left + 1030, right + 1030, 1);
            wgmma_commit();
          }
          bar_arrive<2, 256>();  // turn_2
          // alpha[0]
          wgmma_wait<0>();
          pin_f32x64(acc_0);
          pin_b32x32(p_to_bf16_0);
          pin_f32x64(s_0);
          // acc[0], iteration n - 1
          if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
          // s[0]
          if (lane == 0) mbar_arrive(k_tile_empty + k_tile_slot * 8);
          // alpha[0]
          pin_f32x64(s_0);
          {
            float part[4];
            #pragma unroll
            for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
            #pragma unroll
            for (int r = 0; r < 2; ++r) new_max_max_0[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
          }
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_0_next[r] = fmaxf(new_max_0[r], new_max_max_0[r] * scale_log2);
          #pragma unroll
          for (int r = 0; r < 2; ++r) alpha_0[r] = exp2_approx(new_max_0[r] - new_max_0_next[r]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_0[r] = new_max_0_next[r];
          demand<2>(alpha_0, trips);
          demand<2>(new_max_0, trips);
          // acc.multiply[0]
          pin_f32x64(acc_0);
          #pragma unroll
          for (int i = 0; i < 64; ++i) acc_0[i] = acc_0[i] * alpha_0[row_of(i)];
          pin_f32x64(acc_0);
        }
        // ---- period trips
        // p[0], iteration trips - 1
        pin_f32x64(s_0);
        #pragma unroll
        for (int i = 0; i < 64; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0[row_of(i)]);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
          #pragma unroll
          for (int r = 0; r < 2; ++r) row_sum_sum_0[r] = part[2 * r] + part[2 * r + 1];
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) row_sum_0[r] = row_sum_0[r] * alpha_0[r] + row_sum_sum_0[r];
        #pragma unroll
        for (int i = 0; i < 64; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
        pin_b32x32(p_to_bf16_0);
        // acc[0], iteration trips - 1
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[16], p_to_bf16_0[17], p_to_bf16_0[18], p_to_bf16_0[19], right + 512, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[20], p_to_bf16_0[21], p_to_bf16_0[22], p_to_bf16_0[23], right + 640, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[24], p_to_bf16_0[25], p_to_bf16_0[26], p_to_bf16_0[27], right + 768, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_0, p_to_bf16_0[28], p_to_bf16_0[29], p_to_bf16_0[30], p_to_bf16_0[31], right + 896, 1);
          wgmma_commit();
        }
        wgmma_wait<0>();
        pin_f32x64(acc_0);
        pin_b32x32(p_to_bf16_0);
        // acc[0], iteration trips - 1
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
      }
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      #pragma unroll
      for (int r = 0; r < 2; ++r) row_sum_0[r] = quad_sum(row_sum_0[r]);
      // store_o[0]
      if (warp == 4 && elect()) copies_wait_read();
      bar_sync<3, 128>();  // all_compute-1
      {
        const u32 tile = q_tile_staged;
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(divide(acc_0[i], row_sum_0[row_of(i)]), divide(acc_0[i + 1], row_sum_0[row_of(i + 1)])),
                   pack_bf16(divide(acc_0[i + 2], row_sum_0[row_of(i + 2)]), divide(acc_0[i + 3], row_sum_0[row_of(i + 3)])),
                   pack_bf16(divide(acc_0[i + 4], row_sum_0[row_of(i + 4)]), divide(acc_0[i + 5], row_sum_0[row_of(i + 5)])),
                   pack_bf16(divide(acc_0[i + 6], row_sum_0[row_of(i + 6)]), divide(acc_0[i + 7], row_sum_0[row_of(i + 7)])));
        }
      }
      fence_proxy_async();
      bar_sync<3, 128>();  // all_compute-1
      if (warp == 4 && elect()) {
        tma_store_3d(&o_map, q_tile_staged, 0, m * 128, h);
        tma_store_3d(&o_map, q_tile_staged + 16384, 64, m * 128, h);
        copies_commit();
      }
    }
    if (warp == 4 && elect()) copies_wait();
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    int q_tile_slot = 1;
    u32 q_tile_phase = 1;
    int k_tile_slot = 1;
    u32 k_tile_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    #pragma unroll 1
    for (int tile_number = blockIdx.x; tile_number < tile_count; tile_number += gridDim.x) {
      const int m = tile_number % m_tiles;
      const int h = tile_number / m_tiles;
      const int trips = keys / 128;
      float s_1[64];
      float acc_1[64];
      float new_max_1[2];
      float alpha_1[2];
      float row_sum_1[2];
      u32 p_to_bf16_1[32];
      float new_max_max_1[2];
      float new_max_1_next[2];
      float p_1[64];
      float row_sum_sum_1[2];
      bar_sync<5, 256>();  // tile
      // alpha[1]
      #pragma unroll
      for (int r = 0; r < 2; ++r) new_max_1[r] = -infinity();
      // p[1]
      #pragma unroll
      for (int r = 0; r < 2; ++r) row_sum_1[r] = 0.0f;
      // acc[1]
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1[i] = 0.0f;
      pin_f32x64(acc_1);
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      if (trips > 0) {
        // ---- period 0
        // s[1], iteration 0
        if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
        mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
        {
          const u64 left = descriptor(q_tile_chunk + q_tile_slot * 2048 + 512, 0x4000004000010000);
          const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(s_1, left, right, 0);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 6, right + 6, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 1024, right + 1024, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 1026, right + 1026, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 1028, right + 1028, 1);
          wgmma_m64n128k16_bf16_k_k(s_1, left + 1030, right + 1030, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
        // alpha[1], iteration 0
        wgmma_wait<0>();
        pin_f32x64(s_1);
        // s[1], iteration 0
        if (lane == 0) mbar_arrive(k_tile_empty + k_tile_slot * 8);
        // alpha[1], iteration 0
        pin_f32x64(s_1);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s_1[i] : fmaxf(part[i & 3], s_1[i]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_max_1[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_max_1_next[r] = fmaxf(new_max_1[r], new_max_max_1[r] * scale_log2);
        #pragma unroll
        for (int r = 0; r < 2; ++r) alpha_1[r] = exp2_approx(new_max_1[r] - new_max_1_next[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_max_1[r] = new_max_1_next[r];
        // acc.multiply[1], iteration 0
        mbar_wait(open, 1);
        {
          const float nothing = load_zero(zero);
          #pragma unroll
          for (int r = 0; r < 2; ++r) alpha_1[r] += nothing;
        }
        pin_f32x64(acc_1);
        #pragma unroll
        for (int i = 0; i < 64; ++i) acc_1[i] = acc_1[i] * alpha_1[row_of(i)];
        pin_f32x64(acc_1);
        // p[1], iteration 0
        pin_f32x64(s_1);
        #pragma unroll
        for (int i = 0; i < 64; ++i) p_1[i] = exp2_approx(s_1[i] * scale_log2 - new_max_1[row_of(i)]);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? p_1[i] : part[i & 3] + p_1[i];
          #pragma unroll
          for (int r = 0; r < 2; ++r) row_sum_sum_1[r] = part[2 * r] + part[2 * r + 1];
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) row_sum_1[r] = row_sum_1[r] * alpha_1[r] + row_sum_sum_1[r];
        #pragma unroll
        for (int i = 0; i < 64; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(p_1[i], p_1[i + 1]);
        pin_b32x32(p_to_bf16_1);
        // acc[1], iteration 0
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        if (trips > 1) bar_sync<2, 256>();  // turn_2
        {
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[16], p_to_bf16_1[17], p_to_bf16_1[18], p_to_bf16_1[19], right + 512, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[20], p_to_bf16_1[21], p_to_bf16_1[22], p_to_bf16_1[23], right + 640, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[24], p_to_bf16_1[25], p_to_bf16_1[26], p_to_bf16_1[27], right + 768, 1);
          wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[28], p_to_bf16_1[29], p_to_bf16_1[30], p_to_bf16_1[31], right + 896, 1);
          wgmma_commit();
        }
        #pragma unroll 1
        for (int n = 1; n < trips; ++n) {
          // s[1]
          if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
          mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
          {
            const u64 left = descriptor(q_tile_chunk + q_tile_slot * 2048 + 512, 0x4000004000010000);
            const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000004000010000);
            wgmma_fence();
            wgmma_m64n128k16_bf16_k_k(s_1, left, right, 0);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 2, right + 2, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 4, right + 4, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 6, right + 6, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 1024, right + 1024, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 1026, right + 1026, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 1028, right + 1028, 1);
            wgmma_m64n128k16_bf16_k_k(s_1, left + 1030, right + 1030, 1);
            wgmma_commit();
          }
          bar_arrive<1, 256>();  // turn_1
          // alpha[1]
          wgmma_wait<0>();
          pin_f32x64(acc_1);
          pin_b32x32(p_to_bf16_1);
          pin_f32x64(s_1);
          // acc[1], iteration n - 1
          if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
          // s[1]
          if (lane == 0) mbar_arrive(k_tile_empty + k_tile_slot * 8);
          // alpha[1]
          pin_f32x64(s_1);
          {
            float part[4];
            #pragma unroll
            for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s_1[i] : fmaxf(part[i & 3], s_1[i]);
            #pragma unroll
            for (int r = 0; r < 2; ++r) new_max_max_1[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
          }
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_1_next[r] = fmaxf(new_max_1[r], new_max_max_1[r] * scale_log2);
          #pragma unroll
          for (int r = 0; r < 2; ++r) alpha_1[r] = exp2_approx(new_max_1[r] - new_max_1_next[r]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_max_1[r] = new_max_1_next[r];
          demand<2>(alpha_1, trips);
          demand<2>(new_max_1, trips);
          // acc.multiply[1]
          pin_f32x64(acc_1);
          #pragma unroll
          for (int i = 0; i < 64; ++i) acc_1[i] = acc_1[i] * alpha_1[row_of(i)];
          pin_f32x64(acc_1);
          // p[1]
          pin_f32x64(s_1);
          #pragma unroll
          for (int i = 0; i < 64; ++i) p_1[i] = exp2_approx(s_1[i] * scale_log2 - new_max_1[row_of(i)]);
          {
            float part[4];
            #pragma unroll
            for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? p_1[i] : part[i & 3] + p_1[i];
            #pragma unroll
            for (int r = 0; r < 2; ++r) row_sum_sum_1[r] = part[2 * r] + part[2 * r + 1];
          }
          #pragma unroll
          for (int r = 0; r < 2; ++r) row_sum_1[r] = row_sum_1[r] * alpha_1[r] + row_sum_sum_1[r];
          #pragma unroll
          for (int i = 0; i < 64; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(p_1[i], p_1[i + 1]);
          pin_b32x32(p_to_bf16_1);
          demand<2>(row_sum_1, trips);
          // acc[1]
          if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
          mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
          if (n < trips - 1) bar_sync<2, 256>();  // turn_2
          {
            const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000004004000000);
            wgmma_fence();
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[16], p_to_bf16_1[17], p_to_bf16_1[18], p_to_bf16_1[19], right + 512, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[20], p_to_bf16_1[21], p_to_bf16_1[22], p_to_bf16_1[23], right + 640, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[24], p_to_bf16_1[25], p_to_bf16_1[26], p_to_bf16_1[27], right + 768, 1);
            wgmma_m64n128k16_bf16_r_mn(acc_1, p_to_bf16_1[28], p_to_bf16_1[29], p_to_bf16_1[30], p_to_bf16_1[31], right + 896, 1);
            wgmma_commit();
          }
        }
        // ---- period trips
        wgmma_wait<0>();
        pin_f32x64(acc_1);
        pin_b32x32(p_to_bf16_1);
        // acc[1], iteration trips
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
      }
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      #pragma unroll
      for (int r = 0; r < 2; ++r) row_sum_1[r] = quad_sum(row_sum_1[r]);
      // store_o[1]
      if (warp == 8 && elect()) copies_wait_read();
      bar_sync<4, 128>();  // all_compute-2
      {
        const u32 tile = q_tile_staged;
        const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(divide(acc_1[i], row_sum_1[row_of(i)]), divide(acc_1[i + 1], row_sum_1[row_of(i + 1)])),
                   pack_bf16(divide(acc_1[i + 2], row_sum_1[row_of(i + 2)]), divide(acc_1[i + 3], row_sum_1[row_of(i + 3)])),
                   pack_bf16(divide(acc_1[i + 4], row_sum_1[row_of(i + 4)]), divide(acc_1[i + 5], row_sum_1[row_of(i + 5)])),
                   pack_bf16(divide(acc_1[i + 6], row_sum_1[row_of(i + 6)]), divide(acc_1[i + 7], row_sum_1[row_of(i + 7)])));
        }
      }
      fence_proxy_async();
      bar_sync<4, 128>();  // all_compute-2
      if (warp == 8 && elect()) {
        tma_store_3d(&o_map, q_tile_staged + 8192, 0, m * 128 + 64, h);
        tma_store_3d(&o_map, q_tile_staged + 24576, 64, m * 128 + 64, h);
        copies_commit();
      }
    }
    if (warp == 8 && elect()) copies_wait();
  }
}
