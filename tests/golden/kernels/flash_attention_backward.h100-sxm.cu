// flash_attention_backward for h100-sxm (sm_90a), printed by Twill.
// One iteration every 2,560 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       q_tile lse_tile do_tile delta_tile
//   issuer-1   warp 1       reduce_add_dq[1]@-1
//   compute-1  warps 4-7    ds[0]@-1 dq_tile[1]@-2 dk_acc[0]@-1 s[0] dq_tile[1].copy@-2 p[0]
//                           dv_acc[0] dp[0]@-1
//   compute-2  warps 8-11   dv_acc[1]@-2 reduce_add_dq[0]@-2 dp[1]@-1 p[1]@-1 ds[1]@-1
//                           dk_acc[1]@-1 dq_tile[0]@-1 s[1] dq_tile[0].copy@-1

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

// The slot of a ring that was current `age` advances ago, 0 < age < depth.
DEV int slot_before(int slot, int age, int depth) { return slot < age ? slot + depth - age : slot - age; }

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

DEV void store_pair_f32(u32 address, float a, float b) {
  asm volatile("st.shared.v2.f32 [%0], {%1, %2};" :: "r"(address), "f"(a), "f"(b) : "memory");
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

DEV constexpr int column_at(int i) { return 8 * (i >> 2) + (i & 1); }

DEV float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

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

// Loads that the compiler may order among themselves, but not before a wait.
DEV float load_f32(u32 address) { return *(const float*)__cvta_shared_to_generic(address); }

DEV void pin_b32x16(u32 (&d)[16]) {
  asm volatile(""
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]), "+r"(d[4]), "+r"(d[5]), "+r"(d[6]),
        "+r"(d[7]), "+r"(d[8]), "+r"(d[9]), "+r"(d[10]), "+r"(d[11]), "+r"(d[12]), "+r"(d[13]),
        "+r"(d[14]), "+r"(d[15])
      :: "memory");
}

DEV void pin_f32x32(float (&d)[32]) {
  asm volatile(""
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
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

DEV void tma_add_3d(const TMap* map, u32 source, int x0, int x1, int x2) {
  asm volatile("cp.reduce.async.bulk.tensor.3d.global.shared::cta.add.tile.bulk_group [%0, {%2, %3, %4}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void tma_load_2d(u32 target, const TMap* map, u32 full, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1) : "memory");
}

DEV void tma_load_3d(u32 target, const TMap* map, u32 full, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void tma_store_3d(const TMap* map, u32 source, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1), "r"(x2) : "memory");
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

DEV void wgmma_m64n64k16_bf16_k_k(float (&d)[32], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
      "}, %32, %33, add, 1, 1, 0, 0;\n}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
      : "l"(a), "l"(b), "r"(accumulate));
}

DEV void wgmma_m64n64k16_bf16_mn_mn(float (&d)[32], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %34, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
      "}, %32, %33, add, 1, 1, 1, 1;\n}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
      : "l"(a), "l"(b), "r"(accumulate));
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 k_tile_at = 0;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 32768;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 q_tile_at = 65536;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 lse_tile_at = 221184;  // 2 slots of 256 bytes: 1 x 64 f32
constexpr u32 do_tile_at = 98304;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 delta_tile_at = 221696;  // 1 slot of 256 bytes: 1 x 64 f32
constexpr u32 ds_0_shared_tile_at = 131072;  // 2 slots of 8,192 bytes: 64 x 64 bf16, swizzle 128
constexpr u32 ds_1_shared_tile_at = 147456;  // 1 slot of 8,192 bytes: 64 x 64 bf16, swizzle 128
constexpr u32 dq_tile_0_shared_tile_at = 155648;  // 1 slot of 16,384 bytes: 64 x 64 f32, swizzle 128
constexpr u32 dq_tile_1_shared_tile_at = 172032;  // 1 slot of 16,384 bytes: 64 x 64 f32, swizzle 128
constexpr u32 store_dv_tile_at = 188416;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 k_tile_full_at = 221952;  // filled once
constexpr u32 v_tile_full_at = 221968;  // filled once
constexpr u32 q_tile_full_at = 221984, q_tile_empty_at = 222000;  // 2 mbarriers each
constexpr u32 lse_tile_full_at = 222016, lse_tile_empty_at = 222032;  // 2 mbarriers each
constexpr u32 do_tile_full_at = 222048, do_tile_empty_at = 222064;  // 2 mbarriers each
constexpr u32 delta_tile_full_at = 222080, delta_tile_empty_at = 222088;  // 1 mbarriers each
constexpr u32 ds_0_shared_full_at = 222096, ds_0_shared_empty_at = 222112;  // 2 mbarriers each
constexpr u32 ds_1_shared_full_at = 222128, ds_1_shared_empty_at = 222136;  // 1 mbarriers each
constexpr u32 dq_tile_0_shared_full_at = 222144, dq_tile_0_shared_empty_at = 222152;  // 1 mbarriers each
constexpr u32 dq_tile_1_shared_full_at = 222160, dq_tile_1_shared_empty_at = 222168;  // 1 mbarriers each
constexpr u32 open_at = 221952;  // filled once: always over, for boundaries

extern "C" __global__ void __launch_bounds__(384, 1)
flash_attention_backward(
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap lse_log2_map,
    const __grid_constant__ TMap do_map,
    const __grid_constant__ TMap delta_map,
    const __grid_constant__ TMap dq_map,
    const __grid_constant__ TMap dk_map,
    const __grid_constant__ TMap dv_map,
    int heads,
    int queries,
    int keys,
    float scale,
    float scale_log2) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 k_tile = shared + k_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 q_tile = shared + q_tile_at;
  const u32 lse_tile = shared + lse_tile_at;
  const u32 do_tile = shared + do_tile_at;
  const u32 delta_tile = shared + delta_tile_at;
  const u32 ds_0_shared_tile = shared + ds_0_shared_tile_at;
  const u32 ds_1_shared_tile = shared + ds_1_shared_tile_at;
  const u32 dq_tile_0_shared_tile = shared + dq_tile_0_shared_tile_at;
  const u32 dq_tile_1_shared_tile = shared + dq_tile_1_shared_tile_at;
  const u32 store_dv_tile = shared + store_dv_tile_at;
  const u32 k_tile_full = shared + k_tile_full_at;
  const u32 v_tile_full = shared + v_tile_full_at;
  const u32 q_tile_full = shared + q_tile_full_at;
  const u32 q_tile_empty = shared + q_tile_empty_at;
  const u32 lse_tile_full = shared + lse_tile_full_at;
  const u32 lse_tile_empty = shared + lse_tile_empty_at;
  const u32 do_tile_full = shared + do_tile_full_at;
  const u32 do_tile_empty = shared + do_tile_empty_at;
  const u32 delta_tile_full = shared + delta_tile_full_at;
  const u32 delta_tile_empty = shared + delta_tile_empty_at;
  const u32 ds_0_shared_full = shared + ds_0_shared_full_at;
  const u32 ds_0_shared_empty = shared + ds_0_shared_empty_at;
  const u32 ds_1_shared_full = shared + ds_1_shared_full_at;
  const u32 ds_1_shared_empty = shared + ds_1_shared_empty_at;
  const u32 dq_tile_0_shared_full = shared + dq_tile_0_shared_full_at;
  const u32 dq_tile_0_shared_empty = shared + dq_tile_0_shared_empty_at;
  const u32 dq_tile_1_shared_full = shared + dq_tile_1_shared_full_at;
  const u32 dq_tile_1_shared_empty = shared + dq_tile_1_shared_empty_at;
  const u32 open = shared + open_at;
  const u32 k_tile_chunk = (shared + k_tile_at) / 16;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const u32 q_tile_chunk = (shared + q_tile_at) / 16;
  const u32 do_tile_chunk = (shared + do_tile_at) / 16;
  const u32 ds_0_shared_tile_chunk = (shared + ds_0_shared_tile_at) / 16;
  const u32 ds_1_shared_tile_chunk = (shared + ds_1_shared_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int n = blockIdx.x;
  const int h = blockIdx.y;
  const int trips = (queries + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&k_map);
    prefetch_map(&v_map);
    prefetch_map(&q_map);
    prefetch_map(&lse_log2_map);
    prefetch_map(&do_map);
    prefetch_map(&delta_map);
    prefetch_map(&dq_map);
    prefetch_map(&dk_map);
    prefetch_map(&dv_map);
    mbar_init_all(k_tile_full, 1, 1);
    mbar_init_all(v_tile_full, 1, 1);
    mbar_init_all(q_tile_full, 2, 1);
    mbar_init_all(q_tile_empty, 2, 8);
    mbar_init_all(lse_tile_full, 2, 1);
    mbar_init_all(lse_tile_empty, 2, 8);
    mbar_init_all(do_tile_full, 2, 1);
    mbar_init_all(do_tile_empty, 2, 8);
    mbar_init_all(delta_tile_full, 1, 1);
    mbar_init_all(delta_tile_empty, 1, 8);
    mbar_init_all(ds_0_shared_full, 2, 4);
    mbar_init_all(ds_0_shared_empty, 2, 8);
    mbar_init_all(ds_1_shared_full, 1, 4);
    mbar_init_all(ds_1_shared_empty, 1, 8);
    mbar_init_all(dq_tile_0_shared_full, 1, 4);
    mbar_init_all(dq_tile_0_shared_empty, 1, 1);
    mbar_init_all(dq_tile_1_shared_full, 1, 4);
    mbar_init_all(dq_tile_1_shared_empty, 1, 1);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer, issuer-1
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      u32 k_tile_phase = 1;
      u32 v_tile_phase = 1;
      int q_tile_slot = 1;
      u32 q_tile_phase = 1;
      int lse_tile_slot = 1;
      u32 lse_tile_phase = 1;
      int do_tile_slot = 1;
      u32 do_tile_phase = 1;
      u32 delta_tile_phase = 1;
      k_tile_phase ^= 1;
      mbar_expect(k_tile_full, 32768);
      tma_load_3d(k_tile, &k_map, k_tile_full, 0, n * 128, h);
      tma_load_3d(k_tile + 16384, &k_map, k_tile_full, 64, n * 128, h);
      v_tile_phase ^= 1;
      mbar_expect(v_tile_full, 32768);
      tma_load_3d(v_tile, &v_map, v_tile_full, 0, n * 128, h);
      tma_load_3d(v_tile + 16384, &v_map, v_tile_full, 64, n * 128, h);
      #pragma unroll 1
      for (int m = 0; m < trips; ++m) {
        // q_tile
        if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
        mbar_wait(q_tile_empty + q_tile_slot * 8, q_tile_phase ^ 1);
        mbar_expect(q_tile_full + q_tile_slot * 8, 16384);
        tma_load_3d(q_tile + q_tile_slot * 16384, &q_map, q_tile_full + q_tile_slot * 8, 0, m * 64, h);
        tma_load_3d(q_tile + q_tile_slot * 16384 + 8192, &q_map, q_tile_full + q_tile_slot * 8, 64, m * 64, h);
        // lse_tile
        if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
        mbar_wait(lse_tile_empty + lse_tile_slot * 8, lse_tile_phase ^ 1);
        mbar_expect(lse_tile_full + lse_tile_slot * 8, 256);
        tma_load_2d(lse_tile + lse_tile_slot * 256, &lse_log2_map, lse_tile_full + lse_tile_slot * 8, m * 64, h);
        // do_tile
        if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
        mbar_wait(do_tile_empty + do_tile_slot * 8, do_tile_phase ^ 1);
        mbar_expect(do_tile_full + do_tile_slot * 8, 16384);
        tma_load_3d(do_tile + do_tile_slot * 16384, &do_map, do_tile_full + do_tile_slot * 8, 0, m * 64, h);
        tma_load_3d(do_tile + do_tile_slot * 16384 + 8192, &do_map, do_tile_full + do_tile_slot * 8, 64, m * 64, h);
        // delta_tile
        delta_tile_phase ^= 1;
        mbar_wait(delta_tile_empty, delta_tile_phase ^ 1);
        mbar_expect(delta_tile_full, 256);
        tma_load_2d(delta_tile, &delta_map, delta_tile_full, m * 64, h);
      }
    }
    if (warp == 1 && elect()) {
      u32 dq_tile_1_shared_phase = 1;
      if (trips > 0) {
        // ---- period 0
        // reduce_add_dq[1], iteration 0
        dq_tile_1_shared_phase ^= 1;
        mbar_wait(dq_tile_1_shared_full, dq_tile_1_shared_phase);
        tma_add_3d(&dq_map, dq_tile_1_shared_tile, 64, 0, h);
        tma_add_3d(&dq_map, dq_tile_1_shared_tile + 8192, 96, 0, h);
        copies_commit();
        #pragma unroll 1
        for (int m = 1; m < trips; ++m) {
          // reduce_add_dq[1], iteration m - 1
          copies_wait_read();
          mbar_arrive(dq_tile_1_shared_empty);
          // reduce_add_dq[1]
          dq_tile_1_shared_phase ^= 1;
          mbar_wait(dq_tile_1_shared_full, dq_tile_1_shared_phase);
          tma_add_3d(&dq_map, dq_tile_1_shared_tile, 64, m * 64, h);
          tma_add_3d(&dq_map, dq_tile_1_shared_tile + 8192, 96, m * 64, h);
          copies_commit();
        }
        // ---- period trips
        copies_wait();
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 k_tile_phase = 1;
    u32 v_tile_phase = 1;
    int q_tile_slot = 1;
    u32 q_tile_phase = 1;
    int lse_tile_slot = 1;
    u32 lse_tile_phase = 1;
    int do_tile_slot = 1;
    u32 do_tile_phase = 1;
    u32 delta_tile_phase = 1;
    int ds_0_shared_filled_slot = 1;
    u32 ds_0_shared_filled_phase = 1;
    int ds_0_shared_slot = 1;
    u32 ds_0_shared_phase = 1;
    u32 ds_1_shared_phase = 1;
    u32 dq_tile_1_shared_phase = 1;
    float dq_tile_1[32];
    float dk_acc_0[64];
    float s_0[32];
    float dv_acc_0[64];
    float dp_0[32];
    u32 ds_0[16];
    u32 p_to_bf16_0[16];
    // dv_acc[0]
    #pragma unroll
    for (int i = 0; i < 64; ++i) dv_acc_0[i] = 0.0f;
    pin_f32x64(dv_acc_0);
    // dk_acc[0]
    #pragma unroll
    for (int i = 0; i < 64; ++i) dk_acc_0[i] = 0.0f;
    pin_f32x64(dk_acc_0);
    k_tile_phase ^= 1;
    mbar_wait(k_tile_full, k_tile_phase);
    v_tile_phase ^= 1;
    mbar_wait(v_tile_full, v_tile_phase);
    if (trips == 1) {
      // ---- period 0
      // s[0], iteration 0
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // p[0], iteration 0
      wgmma_wait<0>();
      pin_f32x32(s_0);
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_0);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_0[i] = exp2_approx(s_0[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(s_0[i], s_0[i + 1]);
      pin_f32x32(s_0);
      pin_b32x16(p_to_bf16_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // dv_acc[0], iteration 0
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      bar_sync<3, 256>();  // turn_3
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
        wgmma_commit();
      }
      // dp[0], iteration 0
      {
        const u64 left = descriptor(unknown(v_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // ---- period 1
      // ds[0], iteration 0
      wgmma_wait<0>();
      pin_f32x64(dv_acc_0);
      pin_b32x16(p_to_bf16_0);
      pin_f32x32(dp_0);
      // dp[0], iteration 0
      if (lane == 0) mbar_arrive(do_tile_empty + do_tile_slot * 8);
      // ds[0], iteration 0
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_0);
      pin_f32x32(s_0);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_0[i >> 1] = pack_bf16(s_0[i] * (dp_0[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_0[i + 1] * (dp_0[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      if (++ds_0_shared_filled_slot == 2) { ds_0_shared_filled_slot = 0; ds_0_shared_filled_phase ^= 1; }
      mbar_wait(ds_0_shared_empty + ds_0_shared_filled_slot * 8, ds_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_0_shared_tile + ds_0_shared_filled_slot * 8192);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_0[(i) >> 1],
                   ds_0[(i + 2) >> 1],
                   ds_0[(i + 4) >> 1],
                   ds_0[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_0_shared_full + ds_0_shared_filled_slot * 8);
      pin_b32x16(ds_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // dk_acc[0], iteration 0
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[0], ds_0[1], ds_0[2], ds_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[4], ds_0[5], ds_0[6], ds_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[8], ds_0[9], ds_0[10], ds_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[12], ds_0[13], ds_0[14], ds_0[15], right + 384, 1);
        wgmma_commit();
      }
      // ---- period 2
      // dq_tile[1], iteration 0
      wgmma_wait<0>();
      pin_f32x64(dk_acc_0);
      pin_b32x16(ds_0);
      // dk_acc[0], iteration 0
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      // dq_tile[1], iteration 0
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1024), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1536), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[1].copy, iteration 0
      wgmma_wait<0>();
      pin_f32x32(dq_tile_1);
      // dq_tile[1], iteration 0
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dq_tile[1].copy, iteration 0
      dq_tile_1_shared_phase ^= 1;
      mbar_wait(dq_tile_1_shared_empty, dq_tile_1_shared_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_1_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_1[i], dq_tile_1[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_1_shared_full);
    } else if (trips > 1) {
      // ---- period 0
      // s[0], iteration 0
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // p[0], iteration 0
      wgmma_wait<0>();
      pin_f32x32(s_0);
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_0);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_0[i] = exp2_approx(s_0[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(s_0[i], s_0[i + 1]);
      pin_f32x32(s_0);
      pin_b32x16(p_to_bf16_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // dv_acc[0], iteration 0
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      bar_sync<3, 256>();  // turn_3
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
        wgmma_commit();
      }
      // dp[0], iteration 0
      {
        const u64 left = descriptor(unknown(v_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // ---- period 1
      // ds[0], iteration 0
      wgmma_wait<0>();
      pin_f32x64(dv_acc_0);
      pin_b32x16(p_to_bf16_0);
      pin_f32x32(dp_0);
      // dp[0], iteration 0
      if (lane == 0) mbar_arrive(do_tile_empty + do_tile_slot * 8);
      // ds[0], iteration 0
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_0);
      pin_f32x32(s_0);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_0[i >> 1] = pack_bf16(s_0[i] * (dp_0[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_0[i + 1] * (dp_0[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      if (++ds_0_shared_filled_slot == 2) { ds_0_shared_filled_slot = 0; ds_0_shared_filled_phase ^= 1; }
      mbar_wait(ds_0_shared_empty + ds_0_shared_filled_slot * 8, ds_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_0_shared_tile + ds_0_shared_filled_slot * 8192);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_0[(i) >> 1],
                   ds_0[(i + 2) >> 1],
                   ds_0[(i + 4) >> 1],
                   ds_0[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_0_shared_full + ds_0_shared_filled_slot * 8);
      pin_b32x16(ds_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // dk_acc[0], iteration 0
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[0], ds_0[1], ds_0[2], ds_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[4], ds_0[5], ds_0[6], ds_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[8], ds_0[9], ds_0[10], ds_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[12], ds_0[13], ds_0[14], ds_0[15], right + 384, 1);
        wgmma_commit();
      }
      // s[0], iteration 1
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<2, 256>();  // turn_2
      // p[0], iteration 1
      wgmma_wait<0>();
      pin_f32x64(dk_acc_0);
      pin_b32x16(ds_0);
      pin_f32x32(s_0);
      // dk_acc[0], iteration 0
      if (lane == 0) mbar_arrive(q_tile_empty + slot_before(q_tile_slot, 1, 2) * 8);
      // p[0], iteration 1
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_0);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_0[i] = exp2_approx(s_0[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(s_0[i], s_0[i + 1]);
      pin_f32x32(s_0);
      pin_b32x16(p_to_bf16_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // dv_acc[0], iteration 1
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      bar_sync<3, 256>();  // turn_3
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
        wgmma_commit();
      }
      // dp[0], iteration 1
      {
        const u64 left = descriptor(unknown(v_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_0, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_0, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<4, 256>();  // turn_4
      #pragma unroll 1
      for (int m = 2; m < trips; ++m) {
        // ds[0], iteration m - 1
        wgmma_wait<0>();
        pin_f32x64(dv_acc_0);
        pin_b32x16(p_to_bf16_0);
        pin_f32x32(dp_0);
        // dp[0], iteration m - 1
        if (lane == 0) mbar_arrive(do_tile_empty + do_tile_slot * 8);
        // ds[0], iteration m - 1
        delta_tile_phase ^= 1;
        mbar_wait(delta_tile_full, delta_tile_phase);
        pin_f32x32(dp_0);
        pin_f32x32(s_0);
        {
          const u32 delta_tile_read = unknown(delta_tile);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 32; i += 2) ds_0[i >> 1] = pack_bf16(s_0[i] * (dp_0[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_0[i + 1] * (dp_0[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
        }
        if (++ds_0_shared_filled_slot == 2) { ds_0_shared_filled_slot = 0; ds_0_shared_filled_phase ^= 1; }
        mbar_wait(ds_0_shared_empty + ds_0_shared_filled_slot * 8, ds_0_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(ds_0_shared_tile + ds_0_shared_filled_slot * 8192);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 32; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     ds_0[(i) >> 1],
                     ds_0[(i + 2) >> 1],
                     ds_0[(i + 4) >> 1],
                     ds_0[(i + 6) >> 1]);
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(ds_0_shared_full + ds_0_shared_filled_slot * 8);
        pin_b32x16(ds_0);
        __syncwarp();
        if (lane == 0) mbar_arrive(delta_tile_empty);
        // dq_tile[1], iteration m - 2
        if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
        mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
        ds_1_shared_phase ^= 1;
        mbar_wait(ds_1_shared_full, ds_1_shared_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
          const u64 right = descriptor(unknown(k_tile_chunk + 1024), 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 0);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
          wgmma_commit();
        }
        {
          const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
          const u64 right = descriptor(unknown(k_tile_chunk + 1536), 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
          wgmma_commit();
        }
        // dk_acc[0], iteration m - 1
        {
          const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[0], ds_0[1], ds_0[2], ds_0[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[4], ds_0[5], ds_0[6], ds_0[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[8], ds_0[9], ds_0[10], ds_0[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[12], ds_0[13], ds_0[14], ds_0[15], right + 384, 1);
          wgmma_commit();
        }
        // s[0]
        wgmma_wait<1>();
        pin_f32x32(dq_tile_1);
        // dq_tile[1], iteration m - 2
        if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
        if (lane == 0) mbar_arrive(ds_1_shared_empty);
        // s[0]
        if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
        mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
        {
          const u64 left = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
          const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_k_k(s_0, left, right, 0);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 2, right + 2, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 4, right + 4, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 6, right + 6, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 1024, right + 512, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 1026, right + 514, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 1028, right + 516, 1);
          wgmma_m64n64k16_bf16_k_k(s_0, left + 1030, right + 518, 1);
          wgmma_commit();
        }
        bar_arrive<2, 256>();  // turn_2
        // dq_tile[1].copy, iteration m - 2
        wgmma_wait<1>();
        pin_f32x64(dk_acc_0);
        pin_b32x16(ds_0);
        // dk_acc[0], iteration m - 1
        if (lane == 0) mbar_arrive(q_tile_empty + slot_before(q_tile_slot, 1, 2) * 8);
        // dq_tile[1].copy, iteration m - 2
        mbar_wait(open, 0);
        dq_tile_1_shared_phase ^= 1;
        mbar_wait(dq_tile_1_shared_empty, dq_tile_1_shared_phase ^ 1);
        {
          const u32 tile = unknown(dq_tile_1_shared_tile);
          #pragma unroll
          for (int i = 0; i < 32; i += 2) {
            const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
            store_pair_f32(at, dq_tile_1[i], dq_tile_1[i + 1]);
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(dq_tile_1_shared_full);
        // p[0]
        mbar_wait(open, 0);
        wgmma_wait<0>();
        pin_f32x32(s_0);
        if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
        mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
        pin_f32x32(s_0);
        {
          const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 32; ++i) s_0[i] = exp2_approx(s_0[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
        }
        #pragma unroll
        for (int i = 0; i < 32; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(s_0[i], s_0[i + 1]);
        pin_f32x32(s_0);
        pin_b32x16(p_to_bf16_0);
        __syncwarp();
        if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
        // dv_acc[0]
        if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
        mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
        bar_sync<3, 256>();  // turn_3
        {
          const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[0], p_to_bf16_0[1], p_to_bf16_0[2], p_to_bf16_0[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[4], p_to_bf16_0[5], p_to_bf16_0[6], p_to_bf16_0[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[8], p_to_bf16_0[9], p_to_bf16_0[10], p_to_bf16_0[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_0, p_to_bf16_0[12], p_to_bf16_0[13], p_to_bf16_0[14], p_to_bf16_0[15], right + 384, 1);
          wgmma_commit();
        }
        // dp[0]
        {
          const u64 left = descriptor(unknown(v_tile_chunk), 0x4000004000010000);
          const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_k_k(dp_0, left, right, 0);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 2, right + 2, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 4, right + 4, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 6, right + 6, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 1024, right + 512, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 1026, right + 514, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 1028, right + 516, 1);
          wgmma_m64n64k16_bf16_k_k(dp_0, left + 1030, right + 518, 1);
          wgmma_commit();
        }
        bar_arrive<4, 256>();  // turn_4
      }
      // ---- period trips
      // ds[0], iteration trips - 1
      wgmma_wait<0>();
      pin_f32x64(dv_acc_0);
      pin_b32x16(p_to_bf16_0);
      pin_f32x32(dp_0);
      // dp[0], iteration trips - 1
      if (lane == 0) mbar_arrive(do_tile_empty + do_tile_slot * 8);
      // ds[0], iteration trips - 1
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_0);
      pin_f32x32(s_0);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_0[i >> 1] = pack_bf16(s_0[i] * (dp_0[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_0[i + 1] * (dp_0[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      if (++ds_0_shared_filled_slot == 2) { ds_0_shared_filled_slot = 0; ds_0_shared_filled_phase ^= 1; }
      mbar_wait(ds_0_shared_empty + ds_0_shared_filled_slot * 8, ds_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_0_shared_tile + ds_0_shared_filled_slot * 8192);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_0[(i) >> 1],
                   ds_0[(i + 2) >> 1],
                   ds_0[(i + 4) >> 1],
                   ds_0[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_0_shared_full + ds_0_shared_filled_slot * 8);
      pin_b32x16(ds_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // dq_tile[1], iteration trips - 2
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      bar_sync<1, 256>();  // turn_1
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1024), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1536), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // dk_acc[0], iteration trips - 1
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[0], ds_0[1], ds_0[2], ds_0[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[4], ds_0[5], ds_0[6], ds_0[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[8], ds_0[9], ds_0[10], ds_0[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_0, ds_0[12], ds_0[13], ds_0[14], ds_0[15], right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[1].copy, iteration trips - 2
      wgmma_wait<0>();
      pin_f32x32(dq_tile_1);
      pin_f32x64(dk_acc_0);
      pin_b32x16(ds_0);
      // dq_tile[1], iteration trips - 2
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dk_acc[0], iteration trips - 1
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      // dq_tile[1].copy, iteration trips - 2
      dq_tile_1_shared_phase ^= 1;
      mbar_wait(dq_tile_1_shared_empty, dq_tile_1_shared_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_1_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_1[i], dq_tile_1[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_1_shared_full);
      // ---- period trips + 1
      // dq_tile[1], iteration trips - 1
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1024), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 1536), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[1].copy, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x32(dq_tile_1);
      // dq_tile[1], iteration trips - 1
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dq_tile[1].copy, iteration trips - 1
      dq_tile_1_shared_phase ^= 1;
      mbar_wait(dq_tile_1_shared_empty, dq_tile_1_shared_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_1_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_1[i], dq_tile_1[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_1_shared_full);
    }
    // store_dk[0]
    bar_sync<5, 128>();  // all_compute-1
    {
      const u32 tile = v_tile;
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(dk_acc_0[i] * scale, dk_acc_0[i + 1] * scale),
                 pack_bf16(dk_acc_0[i + 2] * scale, dk_acc_0[i + 3] * scale),
                 pack_bf16(dk_acc_0[i + 4] * scale, dk_acc_0[i + 5] * scale),
                 pack_bf16(dk_acc_0[i + 6] * scale, dk_acc_0[i + 7] * scale));
      }
    }
    fence_proxy_async();
    bar_sync<5, 128>();  // all_compute-1
    if (warp == 4 && elect()) {
      tma_store_3d(&dk_map, v_tile, 0, n * 128, h);
      tma_store_3d(&dk_map, v_tile + 16384, 64, n * 128, h);
      copies_commit();
    }
    // store_dv[0]
    {
      const u32 tile = store_dv_tile;
      const u32 row = 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(dv_acc_0[i], dv_acc_0[i + 1]),
                 pack_bf16(dv_acc_0[i + 2], dv_acc_0[i + 3]),
                 pack_bf16(dv_acc_0[i + 4], dv_acc_0[i + 5]),
                 pack_bf16(dv_acc_0[i + 6], dv_acc_0[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<5, 128>();  // all_compute-1
    if (warp == 4 && elect()) {
      tma_store_3d(&dv_map, store_dv_tile, 0, n * 128, h);
      tma_store_3d(&dv_map, store_dv_tile + 16384, 64, n * 128, h);
      copies_commit();
    }
    if (warp == 4 && elect()) copies_wait();
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 k_tile_phase = 1;
    u32 v_tile_phase = 1;
    int q_tile_slot = 1;
    u32 q_tile_phase = 1;
    int do_tile_slot = 1;
    u32 do_tile_phase = 1;
    int lse_tile_slot = 1;
    u32 lse_tile_phase = 1;
    u32 delta_tile_phase = 1;
    u32 ds_1_shared_filled_phase = 1;
    int ds_0_shared_slot = 1;
    u32 ds_0_shared_phase = 1;
    u32 ds_1_shared_phase = 1;
    u32 dq_tile_0_shared_filled_phase = 1;
    u32 dq_tile_0_shared_phase = 1;
    float dv_acc_1[64];
    float dp_1[32];
    float dk_acc_1[64];
    float dq_tile_0[32];
    float s_1[32];
    u32 p_to_bf16_1[16];
    u32 ds_1[16];
    // dv_acc[1]
    #pragma unroll
    for (int i = 0; i < 64; ++i) dv_acc_1[i] = 0.0f;
    pin_f32x64(dv_acc_1);
    // dk_acc[1]
    #pragma unroll
    for (int i = 0; i < 64; ++i) dk_acc_1[i] = 0.0f;
    pin_f32x64(dk_acc_1);
    k_tile_phase ^= 1;
    mbar_wait(k_tile_full, k_tile_phase);
    v_tile_phase ^= 1;
    mbar_wait(v_tile_full, v_tile_phase);
    if (trips == 1) {
      // ---- period 0
      // s[1], iteration 0
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<3, 256>();  // turn_3
      // ---- period 1
      // dp[1], iteration 0
      wgmma_wait<0>();
      pin_f32x32(s_1);
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      {
        const u64 left = descriptor(unknown(v_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // p[1], iteration 0
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_1);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_1[i] = exp2_approx(s_1[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(s_1[i], s_1[i + 1]);
      pin_f32x32(s_1);
      pin_b32x16(p_to_bf16_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // ds[1], iteration 0
      mbar_wait(open, 0);
      wgmma_wait<0>();
      pin_f32x32(dp_1);
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_1);
      pin_f32x32(s_1);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_1[i >> 1] = pack_bf16(s_1[i] * (dp_1[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_1[i + 1] * (dp_1[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      ds_1_shared_filled_phase ^= 1;
      mbar_wait(ds_1_shared_empty, ds_1_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_1_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_1[(i) >> 1],
                   ds_1[(i + 2) >> 1],
                   ds_1[(i + 4) >> 1],
                   ds_1[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_1_shared_full);
      pin_b32x16(ds_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // dk_acc[1], iteration 0
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[0], ds_1[1], ds_1[2], ds_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[4], ds_1[5], ds_1[6], ds_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[8], ds_1[9], ds_1[10], ds_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[12], ds_1[13], ds_1[14], ds_1[15], right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[0], iteration 0
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 512), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[0].copy, iteration 0
      wgmma_wait<0>();
      pin_f32x64(dk_acc_1);
      pin_b32x16(ds_1);
      pin_f32x32(dq_tile_0);
      // dk_acc[1], iteration 0
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      // dq_tile[0], iteration 0
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dq_tile[0].copy, iteration 0
      dq_tile_0_shared_filled_phase ^= 1;
      mbar_wait(dq_tile_0_shared_empty, dq_tile_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_0_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_0[i], dq_tile_0[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_0_shared_full);
      // ---- period 2
      // dv_acc[1], iteration 0
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
        wgmma_commit();
      }
      // reduce_add_dq[0], iteration 0
      dq_tile_0_shared_phase ^= 1;
      if (warp == 8 && elect()) mbar_wait(dq_tile_0_shared_full, dq_tile_0_shared_phase);
      if (warp == 8 && elect()) {
        tma_add_3d(&dq_map, dq_tile_0_shared_tile, 0, 0, h);
        tma_add_3d(&dq_map, dq_tile_0_shared_tile + 8192, 32, 0, h);
        copies_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(dv_acc_1);
      pin_b32x16(p_to_bf16_1);
      if (warp == 8 && elect()) copies_wait();
    } else if (trips > 1) {
      // ---- period 0
      // s[1], iteration 0
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<3, 256>();  // turn_3
      // ---- period 1
      // dp[1], iteration 0
      wgmma_wait<0>();
      pin_f32x32(s_1);
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      {
        const u64 left = descriptor(unknown(v_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      // p[1], iteration 0
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_1);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_1[i] = exp2_approx(s_1[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(s_1[i], s_1[i + 1]);
      pin_f32x32(s_1);
      pin_b32x16(p_to_bf16_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // ds[1], iteration 0
      mbar_wait(open, 0);
      wgmma_wait<0>();
      pin_f32x32(dp_1);
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_1);
      pin_f32x32(s_1);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_1[i >> 1] = pack_bf16(s_1[i] * (dp_1[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_1[i + 1] * (dp_1[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      ds_1_shared_filled_phase ^= 1;
      mbar_wait(ds_1_shared_empty, ds_1_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_1_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_1[(i) >> 1],
                   ds_1[(i + 2) >> 1],
                   ds_1[(i + 4) >> 1],
                   ds_1[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_1_shared_full);
      pin_b32x16(ds_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // dk_acc[1], iteration 0
      bar_sync<2, 256>();  // turn_2
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[0], ds_1[1], ds_1[2], ds_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[4], ds_1[5], ds_1[6], ds_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[8], ds_1[9], ds_1[10], ds_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[12], ds_1[13], ds_1[14], ds_1[15], right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[0], iteration 0
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 512), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // s[1], iteration 1
      wgmma_wait<2>();
      pin_f32x64(dk_acc_1);
      pin_b32x16(ds_1);
      // dk_acc[1], iteration 0
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      // s[1], iteration 1
      if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
      mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
      {
        const u64 left = descriptor(unknown(k_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(s_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(s_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<3, 256>();  // turn_3
      // dq_tile[0].copy, iteration 0
      wgmma_wait<1>();
      pin_f32x32(dq_tile_0);
      // dq_tile[0], iteration 0
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dq_tile[0].copy, iteration 0
      dq_tile_0_shared_filled_phase ^= 1;
      mbar_wait(dq_tile_0_shared_empty, dq_tile_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_0_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_0[i], dq_tile_0[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_0_shared_full);
      #pragma unroll 1
      for (int m = 2; m < trips; ++m) {
        // dv_acc[1], iteration m - 2
        mbar_wait(open, 0);
        wgmma_wait<0>();
        pin_f32x32(s_1);
        bar_sync<4, 256>();  // turn_4
        {
          const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
          wgmma_commit();
        }
        // reduce_add_dq[0], iteration m - 2
        dq_tile_0_shared_phase ^= 1;
        if (warp == 8 && elect()) mbar_wait(dq_tile_0_shared_full, dq_tile_0_shared_phase);
        if (warp == 8 && elect()) {
          tma_add_3d(&dq_map, dq_tile_0_shared_tile, 0, m * 64 - 128, h);
          tma_add_3d(&dq_map, dq_tile_0_shared_tile + 8192, 32, m * 64 - 128, h);
          copies_commit();
        }
        // dp[1], iteration m - 1
        if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
        mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
        {
          const u64 left = descriptor(unknown(v_tile_chunk + 512), 0x4000004000010000);
          const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_k_k(dp_1, left, right, 0);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 2, right + 2, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 4, right + 4, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 6, right + 6, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 1024, right + 512, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 1026, right + 514, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 1028, right + 516, 1);
          wgmma_m64n64k16_bf16_k_k(dp_1, left + 1030, right + 518, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
        // p[1], iteration m - 1
        wgmma_wait<1>();
        pin_f32x64(dv_acc_1);
        pin_b32x16(p_to_bf16_1);
        // dv_acc[1], iteration m - 2
        if (lane == 0) mbar_arrive(do_tile_empty + slot_before(do_tile_slot, 1, 2) * 8);
        // p[1], iteration m - 1
        if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
        mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
        pin_f32x32(s_1);
        {
          const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 32; ++i) s_1[i] = exp2_approx(s_1[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
        }
        #pragma unroll
        for (int i = 0; i < 32; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(s_1[i], s_1[i + 1]);
        pin_f32x32(s_1);
        pin_b32x16(p_to_bf16_1);
        __syncwarp();
        if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
        // ds[1], iteration m - 1
        mbar_wait(open, 0);
        wgmma_wait<0>();
        pin_f32x32(dp_1);
        delta_tile_phase ^= 1;
        mbar_wait(delta_tile_full, delta_tile_phase);
        pin_f32x32(dp_1);
        pin_f32x32(s_1);
        {
          const u32 delta_tile_read = unknown(delta_tile);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 32; i += 2) ds_1[i >> 1] = pack_bf16(s_1[i] * (dp_1[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_1[i + 1] * (dp_1[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
        }
        ds_1_shared_filled_phase ^= 1;
        mbar_wait(ds_1_shared_empty, ds_1_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(ds_1_shared_tile);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 32; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     ds_1[(i) >> 1],
                     ds_1[(i + 2) >> 1],
                     ds_1[(i + 4) >> 1],
                     ds_1[(i + 6) >> 1]);
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(ds_1_shared_full);
        pin_b32x16(ds_1);
        __syncwarp();
        if (lane == 0) mbar_arrive(delta_tile_empty);
        // reduce_add_dq[0], iteration m - 2
        if (warp == 8 && elect()) copies_wait_read();
        if (warp == 8 && elect()) mbar_arrive(dq_tile_0_shared_empty);
        // dk_acc[1], iteration m - 1
        bar_sync<2, 256>();  // turn_2
        {
          const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[0], ds_1[1], ds_1[2], ds_1[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[4], ds_1[5], ds_1[6], ds_1[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[8], ds_1[9], ds_1[10], ds_1[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[12], ds_1[13], ds_1[14], ds_1[15], right + 384, 1);
          wgmma_commit();
        }
        // dq_tile[0], iteration m - 1
        if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
        mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
        ds_1_shared_phase ^= 1;
        mbar_wait(ds_1_shared_full, ds_1_shared_phase);
        {
          const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
          const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 0);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
          wgmma_commit();
        }
        {
          const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
          const u64 right = descriptor(unknown(k_tile_chunk + 512), 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
          wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
          wgmma_commit();
        }
        // s[1]
        wgmma_wait<2>();
        pin_f32x64(dk_acc_1);
        pin_b32x16(ds_1);
        // dk_acc[1], iteration m - 1
        if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
        // s[1]
        if (++q_tile_slot == 2) { q_tile_slot = 0; q_tile_phase ^= 1; }
        mbar_wait(q_tile_full + q_tile_slot * 8, q_tile_phase);
        {
          const u64 left = descriptor(unknown(k_tile_chunk + 512), 0x4000004000010000);
          const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_k_k(s_1, left, right, 0);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 2, right + 2, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 4, right + 4, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 6, right + 6, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 1024, right + 512, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 1026, right + 514, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 1028, right + 516, 1);
          wgmma_m64n64k16_bf16_k_k(s_1, left + 1030, right + 518, 1);
          wgmma_commit();
        }
        bar_arrive<3, 256>();  // turn_3
        // dq_tile[0].copy, iteration m - 1
        wgmma_wait<1>();
        pin_f32x32(dq_tile_0);
        // dq_tile[0], iteration m - 1
        if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
        if (lane == 0) mbar_arrive(ds_1_shared_empty);
        // dq_tile[0].copy, iteration m - 1
        dq_tile_0_shared_filled_phase ^= 1;
        mbar_wait(dq_tile_0_shared_empty, dq_tile_0_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(dq_tile_0_shared_tile);
          #pragma unroll
          for (int i = 0; i < 32; i += 2) {
            const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
            store_pair_f32(at, dq_tile_0[i], dq_tile_0[i + 1]);
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(dq_tile_0_shared_full);
      }
      // ---- period trips
      // dv_acc[1], iteration trips - 2
      mbar_wait(open, 0);
      wgmma_wait<0>();
      pin_f32x32(s_1);
      bar_sync<4, 256>();  // turn_4
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
        wgmma_commit();
      }
      // reduce_add_dq[0], iteration trips - 2
      dq_tile_0_shared_phase ^= 1;
      if (warp == 8 && elect()) mbar_wait(dq_tile_0_shared_full, dq_tile_0_shared_phase);
      if (warp == 8 && elect()) {
        tma_add_3d(&dq_map, dq_tile_0_shared_tile, 0, trips * 64 - 128, h);
        tma_add_3d(&dq_map, dq_tile_0_shared_tile + 8192, 32, trips * 64 - 128, h);
        copies_commit();
      }
      // dp[1], iteration trips - 1
      if (++do_tile_slot == 2) { do_tile_slot = 0; do_tile_phase ^= 1; }
      mbar_wait(do_tile_full + do_tile_slot * 8, do_tile_phase);
      {
        const u64 left = descriptor(unknown(v_tile_chunk + 512), 0x4000004000010000);
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(dp_1, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1024, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1026, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1028, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(dp_1, left + 1030, right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<1, 256>();  // turn_1
      // p[1], iteration trips - 1
      wgmma_wait<1>();
      pin_f32x64(dv_acc_1);
      pin_b32x16(p_to_bf16_1);
      // dv_acc[1], iteration trips - 2
      if (lane == 0) mbar_arrive(do_tile_empty + slot_before(do_tile_slot, 1, 2) * 8);
      // p[1], iteration trips - 1
      if (++lse_tile_slot == 2) { lse_tile_slot = 0; lse_tile_phase ^= 1; }
      mbar_wait(lse_tile_full + lse_tile_slot * 8, lse_tile_phase);
      pin_f32x32(s_1);
      {
        const u32 lse_tile_read = unknown(lse_tile + lse_tile_slot * 256);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; ++i) s_1[i] = exp2_approx(s_1[i] * scale_log2 - load_f32(lse_tile_read + 4 * (own_column + column_at(i))));
      }
      #pragma unroll
      for (int i = 0; i < 32; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(s_1[i], s_1[i + 1]);
      pin_f32x32(s_1);
      pin_b32x16(p_to_bf16_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(lse_tile_empty + lse_tile_slot * 8);
      // ds[1], iteration trips - 1
      mbar_wait(open, 0);
      wgmma_wait<0>();
      pin_f32x32(dp_1);
      delta_tile_phase ^= 1;
      mbar_wait(delta_tile_full, delta_tile_phase);
      pin_f32x32(dp_1);
      pin_f32x32(s_1);
      {
        const u32 delta_tile_read = unknown(delta_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) ds_1[i >> 1] = pack_bf16(s_1[i] * (dp_1[i] - load_f32(delta_tile_read + 4 * (own_column + column_at(i)))), s_1[i + 1] * (dp_1[i + 1] - load_f32(delta_tile_read + 4 * (own_column + column_at(i + 1)))));
      }
      ds_1_shared_filled_phase ^= 1;
      mbar_wait(ds_1_shared_empty, ds_1_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(ds_1_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   ds_1[(i) >> 1],
                   ds_1[(i + 2) >> 1],
                   ds_1[(i + 4) >> 1],
                   ds_1[(i + 6) >> 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(ds_1_shared_full);
      pin_b32x16(ds_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(delta_tile_empty);
      // reduce_add_dq[0], iteration trips - 2
      if (warp == 8 && elect()) copies_wait_read();
      if (warp == 8 && elect()) mbar_arrive(dq_tile_0_shared_empty);
      // dk_acc[1], iteration trips - 1
      {
        const u64 right = descriptor(unknown(q_tile_chunk + q_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[0], ds_1[1], ds_1[2], ds_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[4], ds_1[5], ds_1[6], ds_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[8], ds_1[9], ds_1[10], ds_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dk_acc_1, ds_1[12], ds_1[13], ds_1[14], ds_1[15], right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[0], iteration trips - 1
      if (++ds_0_shared_slot == 2) { ds_0_shared_slot = 0; ds_0_shared_phase ^= 1; }
      mbar_wait(ds_0_shared_full + ds_0_shared_slot * 8, ds_0_shared_phase);
      ds_1_shared_phase ^= 1;
      mbar_wait(ds_1_shared_full, ds_1_shared_phase);
      {
        const u64 left = descriptor(unknown(ds_0_shared_tile_chunk + ds_0_shared_slot * 512), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 0);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(unknown(ds_1_shared_tile_chunk), 0x4000004002000000);
        const u64 right = descriptor(unknown(k_tile_chunk + 512), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left, right, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 128, right + 128, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 256, right + 256, 1);
        wgmma_m64n64k16_bf16_mn_mn(dq_tile_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      // dq_tile[0].copy, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x64(dk_acc_1);
      pin_b32x16(ds_1);
      pin_f32x32(dq_tile_0);
      // dk_acc[1], iteration trips - 1
      if (lane == 0) mbar_arrive(q_tile_empty + q_tile_slot * 8);
      // dq_tile[0], iteration trips - 1
      if (lane == 0) mbar_arrive(ds_0_shared_empty + ds_0_shared_slot * 8);
      if (lane == 0) mbar_arrive(ds_1_shared_empty);
      // dq_tile[0].copy, iteration trips - 1
      dq_tile_0_shared_filled_phase ^= 1;
      mbar_wait(dq_tile_0_shared_empty, dq_tile_0_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(dq_tile_0_shared_tile);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) {
          const u32 at = tile + swizzled<128, 64>(lane_row + 8 * row_of(i), 4 * (lane_column + column_at(i)));
          store_pair_f32(at, dq_tile_0[i], dq_tile_0[i + 1]);
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(dq_tile_0_shared_full);
      // ---- period trips + 1
      // dv_acc[1], iteration trips - 1
      {
        const u64 right = descriptor(unknown(do_tile_chunk + do_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[0], p_to_bf16_1[1], p_to_bf16_1[2], p_to_bf16_1[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[4], p_to_bf16_1[5], p_to_bf16_1[6], p_to_bf16_1[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[8], p_to_bf16_1[9], p_to_bf16_1[10], p_to_bf16_1[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(dv_acc_1, p_to_bf16_1[12], p_to_bf16_1[13], p_to_bf16_1[14], p_to_bf16_1[15], right + 384, 1);
        wgmma_commit();
      }
      // reduce_add_dq[0], iteration trips - 1
      dq_tile_0_shared_phase ^= 1;
      if (warp == 8 && elect()) mbar_wait(dq_tile_0_shared_full, dq_tile_0_shared_phase);
      if (warp == 8 && elect()) {
        tma_add_3d(&dq_map, dq_tile_0_shared_tile, 0, trips * 64 - 64, h);
        tma_add_3d(&dq_map, dq_tile_0_shared_tile + 8192, 32, trips * 64 - 64, h);
        copies_commit();
      }
      wgmma_wait<0>();
      pin_f32x64(dv_acc_1);
      pin_b32x16(p_to_bf16_1);
      if (warp == 8 && elect()) copies_wait();
    }
    // store_dk[1]
    bar_sync<6, 128>();  // all_compute-2
    {
      const u32 tile = v_tile;
      const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(dk_acc_1[i] * scale, dk_acc_1[i + 1] * scale),
                 pack_bf16(dk_acc_1[i + 2] * scale, dk_acc_1[i + 3] * scale),
                 pack_bf16(dk_acc_1[i + 4] * scale, dk_acc_1[i + 5] * scale),
                 pack_bf16(dk_acc_1[i + 6] * scale, dk_acc_1[i + 7] * scale));
      }
    }
    fence_proxy_async();
    bar_sync<6, 128>();  // all_compute-2
    if (warp == 8 && elect()) {
      tma_store_3d(&dk_map, v_tile + 8192, 0, n * 128 + 64, h);
      tma_store_3d(&dk_map, v_tile + 24576, 64, n * 128 + 64, h);
      copies_commit();
    }
    // store_dv[1]
    {
      const u32 tile = store_dv_tile;
      const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
        stmatrix(at,
                 pack_bf16(dv_acc_1[i], dv_acc_1[i + 1]),
                 pack_bf16(dv_acc_1[i + 2], dv_acc_1[i + 3]),
                 pack_bf16(dv_acc_1[i + 4], dv_acc_1[i + 5]),
                 pack_bf16(dv_acc_1[i + 6], dv_acc_1[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<6, 128>();  // all_compute-2
    if (warp == 8 && elect()) {
      tma_store_3d(&dv_map, store_dv_tile + 8192, 0, n * 128 + 64, h);
      tma_store_3d(&dv_map, store_dv_tile + 24576, 64, n * 128 + 64, h);
      copies_commit();
    }
    if (warp == 8 && elect()) copies_wait();
  }
}
