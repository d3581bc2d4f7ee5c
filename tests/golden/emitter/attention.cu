// attention for h100-sxm (sm_90a), printed by Twill.
// One iteration every 1,100 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       load_k load_v@-1
//   compute_0  warps 4-7    s o@-1 softmax
//   compute_1  warps 8-11   s o@-1 softmax
// * The boundary keeps the softmax of one tile under the product of the last one.

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

DEV float log2_approx(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
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
constexpr u32 q_tile_at = 0;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 k_tile_at = 32768;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 98304;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 o_tile_at = 163840;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 q_full_at = 196608;  // filled once
constexpr u32 k_full_at = 196624, k_empty_at = 196640;  // 2 mbarriers each
constexpr u32 v_full_at = 196656, v_empty_at = 196672;  // 2 mbarriers each
constexpr u32 open_at = 196608;  // filled once: always over, for boundaries

extern "C" __global__ void __launch_bounds__(384, 1)
attention(
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap o_map,
    float* __restrict__ lse,
    int heads,
    int length,
    float scale) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 q_tile = shared + q_tile_at;
  const u32 k_tile = shared + k_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 o_tile = shared + o_tile_at;
  const u32 q_full = shared + q_full_at;
  const u32 k_full = shared + k_full_at;
  const u32 k_empty = shared + k_empty_at;
  const u32 v_full = shared + v_full_at;
  const u32 v_empty = shared + v_empty_at;
  const u32 open = shared + open_at;
  const u32 q_tile_chunk = (shared + q_tile_at) / 16;
  const u32 k_tile_chunk = (shared + k_tile_at) / 16;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m = blockIdx.x;
  const int h = blockIdx.y;
  const int trips = (length + 127) / 128;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&q_map);
    prefetch_map(&k_map);
    prefetch_map(&v_map);
    prefetch_map(&o_map);
    mbar_init_all(q_full, 1, 1);
    mbar_init_all(k_full, 2, 1);
    mbar_init_all(k_empty, 2, 8);
    mbar_init_all(v_full, 2, 1);
    mbar_init_all(v_empty, 2, 8);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      u32 q_phase = 1;
      int k_slot = 1;
      u32 k_phase = 1;
      int v_slot = 1;
      u32 v_phase = 1;
      // load_q
      q_phase ^= 1;
      mbar_expect(q_full, 32768);
      tma_load_3d(q_tile, &q_map, q_full, 0, m * 128, h);
      tma_load_3d(q_tile + 16384, &q_map, q_full, 64, m * 128, h);
      if (trips > 0) {
        #pragma unroll 1
        for (int k = 0; k < trips + 1; ++k) {
          if (k < trips) {
            // load_k
            if (++k_slot == 2) { k_slot = 0; k_phase ^= 1; }
            mbar_wait(k_empty + k_slot * 8, k_phase ^ 1);
            mbar_expect(k_full + k_slot * 8, 32768);
            tma_load_3d(k_tile + k_slot * 32768, &k_map, k_full + k_slot * 8, 0, k * 128, h);
            tma_load_3d(k_tile + k_slot * 32768 + 16384, &k_map, k_full + k_slot * 8, 64, k * 128, h);
          }
          if (k >= 1) {
            // load_v, iteration k - 1
            if (++v_slot == 2) { v_slot = 0; v_phase ^= 1; }
            mbar_wait(v_empty + v_slot * 8, v_phase ^ 1);
            mbar_expect(v_full + v_slot * 8, 32768);
            tma_load_3d(v_tile + v_slot * 32768, &v_map, v_full + v_slot * 8, 0, k * 128 - 128, h);
            tma_load_3d(v_tile + v_slot * 32768 + 16384, &v_map, v_full + v_slot * 8, 64, k * 128 - 128, h);
          }
        }
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute_0
    more_registers<240>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    u32 q_phase = 1;
    int k_slot = 1;
    u32 k_phase = 1;
    int v_slot = 1;
    u32 v_phase = 1;
    float s[64];
    float o[64];
    u32 p[32];
    float m_2[2];
    float l[2];
    float alpha[2];
    float new_2[2];
    float sum[2];
    #pragma unroll
    for (int i = 0; i < 64; ++i) o[i] = 0.0f;
    #pragma unroll
    for (int r = 0; r < 2; ++r) l[r] = 0.0f;
    #pragma unroll
    for (int r = 0; r < 2; ++r) m_2[r] = -infinity();
    q_phase ^= 1;
    mbar_wait(q_full, q_phase);
    if (trips > 0) {
      // ---- period 0
      // s, iteration 0
      if (++k_slot == 2) { k_slot = 0; k_phase ^= 1; }
      mbar_wait(k_full + k_slot * 8, k_phase);
      {
        const u64 left = descriptor(q_tile_chunk, 0x4000004000010000);
        const u64 right = descriptor(k_tile_chunk + k_slot * 2048, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(s, left, right, 0);
        wgmma_m64n128k16_bf16_k_k(s, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 6, right + 6, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1024, right + 1024, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1026, right + 1026, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1028, right + 1028, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1030, right + 1030, 1);
        wgmma_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(s);
      if (lane == 0) mbar_arrive(k_empty + k_slot * 8);
      // softmax, iteration 0
      #pragma unroll
      for (int i = 0; i < 64; ++i) s[i] = s[i] * scale;
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : fmaxf(part[i & 3], s[i]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_2[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) new_2[r] = fmaxf(m_2[r], new_2[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) alpha[r] = exp2_approx(m_2[r] - new_2[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) m_2[r] = new_2[r];
      #pragma unroll
      for (int i = 0; i < 64; ++i) s[i] = exp2_approx(s[i] - m_2[row_of(i)]);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : part[i & 3] + s[i];
        #pragma unroll
        for (int r = 0; r < 2; ++r) sum[r] = quad_sum(part[2 * r] + part[2 * r + 1]);
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) l[r] = l[r] * alpha[r] + sum[r];
      #pragma unroll
      for (int i = 0; i < 64; i += 2) p[i >> 1] = pack_bf16(s[i], s[i + 1]);
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // s
        if (++k_slot == 2) { k_slot = 0; k_phase ^= 1; }
        mbar_wait(k_full + k_slot * 8, k_phase);
        {
          const u64 left = descriptor(q_tile_chunk, 0x4000004000010000);
          const u64 right = descriptor(k_tile_chunk + k_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(s, left, right, 0);
          wgmma_m64n128k16_bf16_k_k(s, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 6, right + 6, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1024, right + 1024, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1026, right + 1026, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1028, right + 1028, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1030, right + 1030, 1);
          wgmma_commit();
        }
        // o, iteration k - 1
        if (++v_slot == 2) { v_slot = 0; v_phase ^= 1; }
        mbar_wait(v_full + v_slot * 8, v_phase);
        {
          const u64 right = descriptor(v_tile_chunk + v_slot * 2048, 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(o, p[0], p[1], p[2], p[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[4], p[5], p[6], p[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[8], p[9], p[10], p[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[12], p[13], p[14], p[15], right + 384, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[16], p[17], p[18], p[19], right + 512, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[20], p[21], p[22], p[23], right + 640, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[24], p[25], p[26], p[27], right + 768, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[28], p[29], p[30], p[31], right + 896, 1);
          wgmma_commit();
        }
        // softmax
        wgmma_wait<1>();
        pin_f32x64(s);
        // s
        if (lane == 0) mbar_arrive(k_empty + k_slot * 8);
        // softmax
        #pragma unroll
        for (int i = 0; i < 64; ++i) s[i] = s[i] * scale;
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : fmaxf(part[i & 3], s[i]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_2[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_2[r] = fmaxf(m_2[r], new_2[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) alpha[r] = exp2_approx(m_2[r] - new_2[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) m_2[r] = new_2[r];
        #pragma unroll
        for (int i = 0; i < 64; ++i) s[i] = exp2_approx(s[i] - m_2[row_of(i)]);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : part[i & 3] + s[i];
          #pragma unroll
          for (int r = 0; r < 2; ++r) sum[r] = quad_sum(part[2 * r] + part[2 * r + 1]);
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) l[r] = l[r] * alpha[r] + sum[r];
        // o, iteration k - 1
        mbar_wait(open, 0);
        wgmma_wait<0>();
        pin_f32x64(o);
        pin_b32x32(p);
        if (lane == 0) mbar_arrive(v_empty + v_slot * 8);
        // softmax
        #pragma unroll
        for (int i = 0; i < 64; i += 2) p[i >> 1] = pack_bf16(s[i], s[i + 1]);
        #pragma unroll
        for (int i = 0; i < 64; ++i) o[i] = o[i] * alpha[row_of(i)];
      }
      // ---- period trips
      // o, iteration trips - 1
      if (++v_slot == 2) { v_slot = 0; v_phase ^= 1; }
      mbar_wait(v_full + v_slot * 8, v_phase);
      {
        const u64 right = descriptor(v_tile_chunk + v_slot * 2048, 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(o, p[0], p[1], p[2], p[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[4], p[5], p[6], p[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[8], p[9], p[10], p[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[12], p[13], p[14], p[15], right + 384, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[16], p[17], p[18], p[19], right + 512, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[20], p[21], p[22], p[23], right + 640, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[24], p[25], p[26], p[27], right + 768, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[28], p[29], p[30], p[31], right + 896, 1);
        wgmma_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(o);
      pin_b32x32(p);
      if (lane == 0) mbar_arrive(v_empty + v_slot * 8);
    }
    {
      const u32 tile = o_tile;
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(divide(o[i], l[row_of(i)]), divide(o[i + 1], l[row_of(i + 1)])),
                 pack_bf16(divide(o[i + 2], l[row_of(i + 2)]), divide(o[i + 3], l[row_of(i + 3)])),
                 pack_bf16(divide(o[i + 4], l[row_of(i + 4)]), divide(o[i + 5], l[row_of(i + 5)])),
                 pack_bf16(divide(o[i + 6], l[row_of(i + 6)]), divide(o[i + 7], l[row_of(i + 7)])));
      }
    }
    fence_proxy_async();
    bar_sync<1, 128>();  // staged_0
    if (warp == 4 && elect()) {
      tma_store_3d(&o_map, o_tile, 0, m * 128, h);
      tma_store_3d(&o_map, o_tile + 16384, 64, m * 128, h);
      copies_commit();
    }
    if ((lane & 3) == 0) {
      #pragma unroll
      for (int r = 0; r < 2; ++r) {
        const int at = m * 128 + lane_row + 8 * r;
        if (at < length) lse[(u64)h * length + at] = m_2[r] + log2_approx(l[r]);
      }
    }
    if (warp == 4 && elect()) copies_wait();
  } else if (warp / 4 == 2) {
    // ---- compute_1
    more_registers<240>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    u32 q_phase = 1;
    int k_slot = 1;
    u32 k_phase = 1;
    int v_slot = 1;
    u32 v_phase = 1;
    float s[64];
    float o[64];
    u32 p[32];
    float m_2[2];
    float l[2];
    float alpha[2];
    float new_2[2];
    float sum[2];
    #pragma unroll
    for (int i = 0; i < 64; ++i) o[i] = 0.0f;
    #pragma unroll
    for (int r = 0; r < 2; ++r) l[r] = 0.0f;
    #pragma unroll
    for (int r = 0; r < 2; ++r) m_2[r] = -infinity();
    q_phase ^= 1;
    mbar_wait(q_full, q_phase);
    if (trips > 0) {
      // ---- period 0
      // s, iteration 0
      if (++k_slot == 2) { k_slot = 0; k_phase ^= 1; }
      mbar_wait(k_full + k_slot * 8, k_phase);
      {
        const u64 left = descriptor(q_tile_chunk + 512, 0x4000004000010000);
        const u64 right = descriptor(k_tile_chunk + k_slot * 2048, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_k(s, left, right, 0);
        wgmma_m64n128k16_bf16_k_k(s, left + 2, right + 2, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 4, right + 4, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 6, right + 6, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1024, right + 1024, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1026, right + 1026, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1028, right + 1028, 1);
        wgmma_m64n128k16_bf16_k_k(s, left + 1030, right + 1030, 1);
        wgmma_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(s);
      if (lane == 0) mbar_arrive(k_empty + k_slot * 8);
      // softmax, iteration 0
      #pragma unroll
      for (int i = 0; i < 64; ++i) s[i] = s[i] * scale;
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : fmaxf(part[i & 3], s[i]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_2[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) new_2[r] = fmaxf(m_2[r], new_2[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) alpha[r] = exp2_approx(m_2[r] - new_2[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) m_2[r] = new_2[r];
      #pragma unroll
      for (int i = 0; i < 64; ++i) s[i] = exp2_approx(s[i] - m_2[row_of(i)]);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : part[i & 3] + s[i];
        #pragma unroll
        for (int r = 0; r < 2; ++r) sum[r] = quad_sum(part[2 * r] + part[2 * r + 1]);
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) l[r] = l[r] * alpha[r] + sum[r];
      #pragma unroll
      for (int i = 0; i < 64; i += 2) p[i >> 1] = pack_bf16(s[i], s[i + 1]);
      #pragma unroll 1
      for (int k = 1; k < trips; ++k) {
        // s
        if (++k_slot == 2) { k_slot = 0; k_phase ^= 1; }
        mbar_wait(k_full + k_slot * 8, k_phase);
        {
          const u64 left = descriptor(q_tile_chunk + 512, 0x4000004000010000);
          const u64 right = descriptor(k_tile_chunk + k_slot * 2048, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_k(s, left, right, 0);
          wgmma_m64n128k16_bf16_k_k(s, left + 2, right + 2, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 4, right + 4, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 6, right + 6, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1024, right + 1024, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1026, right + 1026, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1028, right + 1028, 1);
          wgmma_m64n128k16_bf16_k_k(s, left + 1030, right + 1030, 1);
          wgmma_commit();
        }
        // o, iteration k - 1
        if (++v_slot == 2) { v_slot = 0; v_phase ^= 1; }
        mbar_wait(v_full + v_slot * 8, v_phase);
        {
          const u64 right = descriptor(v_tile_chunk + v_slot * 2048, 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(o, p[0], p[1], p[2], p[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[4], p[5], p[6], p[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[8], p[9], p[10], p[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[12], p[13], p[14], p[15], right + 384, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[16], p[17], p[18], p[19], right + 512, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[20], p[21], p[22], p[23], right + 640, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[24], p[25], p[26], p[27], right + 768, 1);
          wgmma_m64n128k16_bf16_r_mn(o, p[28], p[29], p[30], p[31], right + 896, 1);
          wgmma_commit();
        }
        // softmax
        wgmma_wait<1>();
        pin_f32x64(s);
        // s
        if (lane == 0) mbar_arrive(k_empty + k_slot * 8);
        // softmax
        #pragma unroll
        for (int i = 0; i < 64; ++i) s[i] = s[i] * scale;
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : fmaxf(part[i & 3], s[i]);
          #pragma unroll
          for (int r = 0; r < 2; ++r) new_2[r] = quad_max(fmaxf(part[2 * r], part[2 * r + 1]));
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) new_2[r] = fmaxf(m_2[r], new_2[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) alpha[r] = exp2_approx(m_2[r] - new_2[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) m_2[r] = new_2[r];
        #pragma unroll
        for (int i = 0; i < 64; ++i) s[i] = exp2_approx(s[i] - m_2[row_of(i)]);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? s[i] : part[i & 3] + s[i];
          #pragma unroll
          for (int r = 0; r < 2; ++r) sum[r] = quad_sum(part[2 * r] + part[2 * r + 1]);
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) l[r] = l[r] * alpha[r] + sum[r];
        // o, iteration k - 1
        mbar_wait(open, 0);
        wgmma_wait<0>();
        pin_f32x64(o);
        pin_b32x32(p);
        if (lane == 0) mbar_arrive(v_empty + v_slot * 8);
        // softmax
        #pragma unroll
        for (int i = 0; i < 64; i += 2) p[i >> 1] = pack_bf16(s[i], s[i + 1]);
        #pragma unroll
        for (int i = 0; i < 64; ++i) o[i] = o[i] * alpha[row_of(i)];
      }
      // ---- period trips
      // o, iteration trips - 1
      if (++v_slot == 2) { v_slot = 0; v_phase ^= 1; }
      mbar_wait(v_full + v_slot * 8, v_phase);
      {
        const u64 right = descriptor(v_tile_chunk + v_slot * 2048, 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(o, p[0], p[1], p[2], p[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[4], p[5], p[6], p[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[8], p[9], p[10], p[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[12], p[13], p[14], p[15], right + 384, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[16], p[17], p[18], p[19], right + 512, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[20], p[21], p[22], p[23], right + 640, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[24], p[25], p[26], p[27], right + 768, 1);
        wgmma_m64n128k16_bf16_r_mn(o, p[28], p[29], p[30], p[31], right + 896, 1);
        wgmma_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(o);
      pin_b32x32(p);
      if (lane == 0) mbar_arrive(v_empty + v_slot * 8);
    }
    {
      const u32 tile = o_tile;
      const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(divide(o[i], l[row_of(i)]), divide(o[i + 1], l[row_of(i + 1)])),
                 pack_bf16(divide(o[i + 2], l[row_of(i + 2)]), divide(o[i + 3], l[row_of(i + 3)])),
                 pack_bf16(divide(o[i + 4], l[row_of(i + 4)]), divide(o[i + 5], l[row_of(i + 5)])),
                 pack_bf16(divide(o[i + 6], l[row_of(i + 6)]), divide(o[i + 7], l[row_of(i + 7)])));
      }
    }
    fence_proxy_async();
    bar_sync<2, 128>();  // staged_1
    if (warp == 8 && elect()) {
      tma_store_3d(&o_map, o_tile + 8192, 0, m * 128 + 64, h);
      tma_store_3d(&o_map, o_tile + 24576, 64, m * 128 + 64, h);
      copies_commit();
    }
    if ((lane & 3) == 0) {
      #pragma unroll
      for (int r = 0; r < 2; ++r) {
        const int at = m * 128 + lane_row + 8 * r + 64;
        if (at < length) lse[(u64)h * length + at] = m_2[r] + log2_approx(l[r]);
      }
    }
    if (warp == 8 && elect()) copies_wait();
  }
}
