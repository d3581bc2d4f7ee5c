// retention for h100-sxm (sm_90a), printed by Twill.
// One iteration every 2,364 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       k_tile v_tile q_tile
//   compute-1  warps 4-7    carried@-1 o_tile@-1 o_tile.to_bf16@-1 store_o@-2 scores.dot
//                           carried.dot@-1 scores
//   compute-2  warps 8-11   state@-1 k_decayed state.to_bf16 state.multiply

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

DEV float unpack_bf16(u32 pair, int half = 0) {
  return __int_as_float(half ? pair & 0xffff0000u : pair << 16);
}

// The same number, of which the compiler knows nothing.
template <class T> DEV T unknown(T x) {
  asm volatile("" : "+r"(x));
  return x;
}

// One of two neighbours, which are loaded together.
DEV float half_bf16(u32 address, int half) {
  return unpack_bf16(*(const u32*)__cvta_shared_to_generic(address), half);
}

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

DEV void tma_load_3d(u32 target, const TMap* map, u32 full, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void tma_store_3d(const TMap* map, u32 source, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void wgmma_m64n128k16_bf16_k_mn(float (&d)[64], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37,"
      "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55,"
      "%56, %57, %58, %59, %60, %61, %62, %63"
      "}, %64, %65, add, 1, 1, 0, 1;\n}"
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

DEV void wgmma_m64n128k16_bf16_mn_mn(float (&d)[64], u64 a, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37,"
      "%38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55,"
      "%56, %57, %58, %59, %60, %61, %62, %63"
      "}, %64, %65, add, 1, 1, 1, 1;\n}"
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

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 k_tile_at = 0;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 16384;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 q_tile_at = 49152;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 state_to_bf16_shared_tile_at = 65536;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 o_tile_to_bf16_shared_tile_at = 98304;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 k_decayed_shared_tile_at = 114688;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 k_tile_full_at = 147456, k_tile_empty_at = 147464;  // 1 mbarriers each
constexpr u32 v_tile_full_at = 147472, v_tile_empty_at = 147488;  // 2 mbarriers each
constexpr u32 q_tile_full_at = 147504, q_tile_empty_at = 147512;  // 1 mbarriers each
constexpr u32 state_to_bf16_shared_full_at = 147520, state_to_bf16_shared_empty_at = 147528;  // 1 mbarriers each
constexpr u32 o_tile_to_bf16_shared_full_at = 147536, o_tile_to_bf16_shared_empty_at = 147544;  // 1 mbarriers each
constexpr u32 k_decayed_shared_full_at = 147552, k_decayed_shared_empty_at = 147568;  // 2 mbarriers each
constexpr u32 open_at = 147584;  // never armed: always over, for boundaries

extern "C" __global__ void __launch_bounds__(384, 1)
retention(
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap o_map,
    const float* __restrict__ decay_log2,
    int heads,
    int length,
    int values) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 k_tile = shared + k_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 q_tile = shared + q_tile_at;
  const u32 state_to_bf16_shared_tile = shared + state_to_bf16_shared_tile_at;
  const u32 o_tile_to_bf16_shared_tile = shared + o_tile_to_bf16_shared_tile_at;
  const u32 k_decayed_shared_tile = shared + k_decayed_shared_tile_at;
  const u32 k_tile_full = shared + k_tile_full_at;
  const u32 k_tile_empty = shared + k_tile_empty_at;
  const u32 v_tile_full = shared + v_tile_full_at;
  const u32 v_tile_empty = shared + v_tile_empty_at;
  const u32 q_tile_full = shared + q_tile_full_at;
  const u32 q_tile_empty = shared + q_tile_empty_at;
  const u32 state_to_bf16_shared_full = shared + state_to_bf16_shared_full_at;
  const u32 state_to_bf16_shared_empty = shared + state_to_bf16_shared_empty_at;
  const u32 o_tile_to_bf16_shared_full = shared + o_tile_to_bf16_shared_full_at;
  const u32 o_tile_to_bf16_shared_empty = shared + o_tile_to_bf16_shared_empty_at;
  const u32 k_decayed_shared_full = shared + k_decayed_shared_full_at;
  const u32 k_decayed_shared_empty = shared + k_decayed_shared_empty_at;
  const u32 open = shared + open_at;
  const u32 k_tile_chunk = (shared + k_tile_at) / 16;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const u32 q_tile_chunk = (shared + q_tile_at) / 16;
  const u32 state_to_bf16_shared_tile_chunk = (shared + state_to_bf16_shared_tile_at) / 16;
  const u32 k_decayed_shared_tile_chunk = (shared + k_decayed_shared_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int j_2 = blockIdx.x;
  const int h = blockIdx.y;
  const int trips = (length + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&k_map);
    prefetch_map(&v_map);
    prefetch_map(&q_map);
    prefetch_map(&o_map);
    mbar_init_all(k_tile_full, 1, 1);
    mbar_init_all(k_tile_empty, 1, 8);
    mbar_init_all(v_tile_full, 2, 1);
    mbar_init_all(v_tile_empty, 2, 8);
    mbar_init_all(q_tile_full, 1, 1);
    mbar_init_all(q_tile_empty, 1, 4);
    mbar_init_all(state_to_bf16_shared_full, 1, 4);
    mbar_init_all(state_to_bf16_shared_empty, 1, 4);
    mbar_init_all(o_tile_to_bf16_shared_full, 1, 4);
    mbar_init_all(o_tile_to_bf16_shared_empty, 1, 1);
    mbar_init_all(k_decayed_shared_full, 2, 4);
    mbar_init_all(k_decayed_shared_empty, 2, 4);
    mbar_init_all(open, 1, 1);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      u32 k_tile_phase = 1;
      int v_tile_slot = 1;
      u32 v_tile_phase = 1;
      u32 q_tile_phase = 1;
      #pragma unroll 1
      for (int t = 0; t < trips; ++t) {
        // k_tile
        k_tile_phase ^= 1;
        mbar_wait(k_tile_empty, k_tile_phase ^ 1);
        mbar_expect(k_tile_full, 16384);
        tma_load_3d(k_tile, &k_map, k_tile_full, 0, t * 64, h);
        tma_load_3d(k_tile + 8192, &k_map, k_tile_full, 64, t * 64, h);
        // v_tile
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_empty + v_tile_slot * 8, v_tile_phase ^ 1);
        mbar_expect(v_tile_full + v_tile_slot * 8, 16384);
        tma_load_3d(v_tile + v_tile_slot * 16384, &v_map, v_tile_full + v_tile_slot * 8, j_2 * 128, t * 64, h);
        tma_load_3d(v_tile + v_tile_slot * 16384 + 8192, &v_map, v_tile_full + v_tile_slot * 8, j_2 * 128 + 64, t * 64, h);
        // q_tile
        q_tile_phase ^= 1;
        mbar_wait(q_tile_empty, q_tile_phase ^ 1);
        mbar_expect(q_tile_full, 16384);
        tma_load_3d(q_tile, &q_map, q_tile_full, 0, t * 64, h);
        tma_load_3d(q_tile + 8192, &q_map, q_tile_full, 64, t * 64, h);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<232>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 k_tile_phase = 1;
    u32 q_tile_phase = 1;
    u32 state_to_bf16_shared_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    u32 o_tile_to_bf16_shared_filled_phase = 1;
    u32 o_tile_to_bf16_shared_phase = 1;
    float o_tile[64];
    float scores_dot[32];
    u32 scores_to_bf16[16];
    float decay;
    float within[32];
    float since_start[2];
    float distance[32];
    // decay
    {
      const int at = h;
      decay = at < heads ? decay_log2[at] : 0.0f;
    }
    #pragma unroll
    for (int i = 0; i < 32; ++i) distance[i] = (float)(lane_row + 8 * row_of(i)) - (float)(lane_column + column_at(i));
    #pragma unroll
    for (int i = 0; i < 32; ++i) within[i] = distance[i] >= 0.0f ? exp2_approx(distance[i] * decay) : 0.0f;
    #pragma unroll
    for (int r = 0; r < 2; ++r) since_start[r] = exp2_approx(((float)(lane_row + 8 * r) + 1.0f) * decay);
    pin_f32x32(within);
    if (trips > 0) {
      // ---- period 0
      // scores.dot, iteration 0
      k_tile_phase ^= 1;
      mbar_wait(k_tile_full, k_tile_phase);
      q_tile_phase ^= 1;
      mbar_wait(q_tile_full, q_tile_phase);
      {
        const u64 left = descriptor(unknown(q_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_k_k(scores_dot, left, right, 0);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 2, right + 2, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 4, right + 4, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 6, right + 6, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 512, right + 512, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 514, right + 514, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 516, right + 516, 1);
        wgmma_m64n64k16_bf16_k_k(scores_dot, left + 518, right + 518, 1);
        wgmma_commit();
      }
      // carried.dot, iteration 0
      state_to_bf16_shared_phase ^= 1;
      mbar_wait(state_to_bf16_shared_full, state_to_bf16_shared_phase);
      {
        const u64 left = descriptor(unknown(q_tile_chunk), 0x4000004000010000);
        const u64 right = descriptor(unknown(state_to_bf16_shared_tile_chunk), 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_mn(o_tile, left, right, 0);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 2, right + 128, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 4, right + 256, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 6, right + 384, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 512, right + 512, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 514, right + 640, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 516, right + 768, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile, left + 518, right + 896, 1);
        wgmma_commit();
      }
      bar_arrive<2, 256>();  // turn_2
      // scores, iteration 0
      wgmma_wait<1>();
      pin_f32x32(scores_dot);
      // scores.dot, iteration 0
      if (lane == 0) mbar_arrive(k_tile_empty);
      // scores, iteration 0
      pin_f32x32(scores_dot);
      #pragma unroll
      for (int i = 0; i < 32; i += 2) scores_to_bf16[i >> 1] = pack_bf16(scores_dot[i] * within[i], scores_dot[i + 1] * within[i + 1]);
      pin_b32x16(scores_to_bf16);
      #pragma unroll 1
      for (int t = 1; t < trips; ++t) {
        // carried, iteration t - 1
        mbar_wait(open, 1);
        wgmma_wait<0>();
        pin_f32x64(o_tile);
        // carried.dot, iteration t - 1
        if (lane == 0) mbar_arrive(q_tile_empty);
        if (lane == 0) mbar_arrive(state_to_bf16_shared_empty);
        // carried, iteration t - 1
        pin_f32x64(o_tile);
        #pragma unroll
        for (int i = 0; i < 64; ++i) o_tile[i] = o_tile[i] * since_start[row_of(i)];
        pin_f32x64(o_tile);
        // store_o, iteration t - 2
        if (t - 2 >= 0) {
          if (warp == 4 && elect()) copies_wait_read();
          if (warp == 4 && elect()) mbar_arrive(o_tile_to_bf16_shared_empty);
        }
        // o_tile, iteration t - 1
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 right = descriptor(unknown(v_tile_chunk + v_tile_slot * 1024), 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[0], scores_to_bf16[1], scores_to_bf16[2], scores_to_bf16[3], right, 1);
          wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[4], scores_to_bf16[5], scores_to_bf16[6], scores_to_bf16[7], right + 128, 1);
          wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[8], scores_to_bf16[9], scores_to_bf16[10], scores_to_bf16[11], right + 256, 1);
          wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[12], scores_to_bf16[13], scores_to_bf16[14], scores_to_bf16[15], right + 384, 1);
          wgmma_commit();
        }
        // o_tile.to_bf16, iteration t - 1
        wgmma_wait<0>();
        pin_f32x64(o_tile);
        pin_b32x16(scores_to_bf16);
        // o_tile, iteration t - 1
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
        // o_tile.to_bf16, iteration t - 1
        pin_f32x64(o_tile);
        o_tile_to_bf16_shared_filled_phase ^= 1;
        mbar_wait(o_tile_to_bf16_shared_empty, o_tile_to_bf16_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(o_tile_to_bf16_shared_tile);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(o_tile[i], o_tile[i + 1]),
                     pack_bf16(o_tile[i + 2], o_tile[i + 3]),
                     pack_bf16(o_tile[i + 4], o_tile[i + 5]),
                     pack_bf16(o_tile[i + 6], o_tile[i + 7]));
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(o_tile_to_bf16_shared_full);
        // store_o, iteration t - 1
        o_tile_to_bf16_shared_phase ^= 1;
        if (warp == 4 && elect()) {
          mbar_wait(o_tile_to_bf16_shared_full, o_tile_to_bf16_shared_phase);
        }
        if (warp == 4 && elect()) {
          tma_store_3d(&o_map, o_tile_to_bf16_shared_tile, j_2 * 128, t * 64 - 64, h);
          tma_store_3d(&o_map, o_tile_to_bf16_shared_tile + 8192, j_2 * 128 + 64, t * 64 - 64, h);
          copies_commit();
        }
        // scores.dot
        k_tile_phase ^= 1;
        mbar_wait(k_tile_full, k_tile_phase);
        q_tile_phase ^= 1;
        mbar_wait(q_tile_full, q_tile_phase);
        {
          const u64 left = descriptor(unknown(q_tile_chunk), 0x4000004000010000);
          const u64 right = descriptor(unknown(k_tile_chunk), 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_k_k(scores_dot, left, right, 0);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 2, right + 2, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 4, right + 4, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 6, right + 6, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 512, right + 512, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 514, right + 514, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 516, right + 516, 1);
          wgmma_m64n64k16_bf16_k_k(scores_dot, left + 518, right + 518, 1);
          wgmma_commit();
        }
        // carried.dot
        state_to_bf16_shared_phase ^= 1;
        mbar_wait(state_to_bf16_shared_full, state_to_bf16_shared_phase);
        {
          const u64 left = descriptor(unknown(q_tile_chunk), 0x4000004000010000);
          const u64 right = descriptor(unknown(state_to_bf16_shared_tile_chunk), 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_mn(o_tile, left, right, 0);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 2, right + 128, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 4, right + 256, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 6, right + 384, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 512, right + 512, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 514, right + 640, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 516, right + 768, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile, left + 518, right + 896, 1);
          wgmma_commit();
        }
        bar_arrive<2, 256>();  // turn_2
        // scores
        wgmma_wait<1>();
        pin_f32x32(scores_dot);
        // scores.dot
        if (lane == 0) mbar_arrive(k_tile_empty);
        // scores
        pin_f32x32(scores_dot);
        #pragma unroll
        for (int i = 0; i < 32; i += 2) scores_to_bf16[i >> 1] = pack_bf16(scores_dot[i] * within[i], scores_dot[i + 1] * within[i + 1]);
        pin_b32x16(scores_to_bf16);
      }
      // ---- period trips
      // carried, iteration trips - 1
      mbar_wait(open, 1);
      wgmma_wait<0>();
      pin_f32x64(o_tile);
      // carried.dot, iteration trips - 1
      if (lane == 0) mbar_arrive(q_tile_empty);
      if (lane == 0) mbar_arrive(state_to_bf16_shared_empty);
      // carried, iteration trips - 1
      pin_f32x64(o_tile);
      #pragma unroll
      for (int i = 0; i < 64; ++i) o_tile[i] = o_tile[i] * since_start[row_of(i)];
      pin_f32x64(o_tile);
      // store_o, iteration trips - 2
      if (trips - 2 >= 0) {
        if (warp == 4 && elect()) copies_wait_read();
        if (warp == 4 && elect()) mbar_arrive(o_tile_to_bf16_shared_empty);
      }
      // o_tile, iteration trips - 1
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      bar_sync<1, 256>();  // turn_1
      {
        const u64 right = descriptor(unknown(v_tile_chunk + v_tile_slot * 1024), 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[0], scores_to_bf16[1], scores_to_bf16[2], scores_to_bf16[3], right, 1);
        wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[4], scores_to_bf16[5], scores_to_bf16[6], scores_to_bf16[7], right + 128, 1);
        wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[8], scores_to_bf16[9], scores_to_bf16[10], scores_to_bf16[11], right + 256, 1);
        wgmma_m64n128k16_bf16_r_mn(o_tile, scores_to_bf16[12], scores_to_bf16[13], scores_to_bf16[14], scores_to_bf16[15], right + 384, 1);
        wgmma_commit();
      }
      // o_tile.to_bf16, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x64(o_tile);
      pin_b32x16(scores_to_bf16);
      // o_tile, iteration trips - 1
      if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
      // o_tile.to_bf16, iteration trips - 1
      pin_f32x64(o_tile);
      o_tile_to_bf16_shared_filled_phase ^= 1;
      mbar_wait(o_tile_to_bf16_shared_empty, o_tile_to_bf16_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(o_tile_to_bf16_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(o_tile[i], o_tile[i + 1]),
                   pack_bf16(o_tile[i + 2], o_tile[i + 3]),
                   pack_bf16(o_tile[i + 4], o_tile[i + 5]),
                   pack_bf16(o_tile[i + 6], o_tile[i + 7]));
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(o_tile_to_bf16_shared_full);
      // store_o, iteration trips - 1
      o_tile_to_bf16_shared_phase ^= 1;
      if (warp == 4 && elect()) {
        mbar_wait(o_tile_to_bf16_shared_full, o_tile_to_bf16_shared_phase);
      }
      if (warp == 4 && elect()) {
        tma_store_3d(&o_map, o_tile_to_bf16_shared_tile, j_2 * 128, trips * 64 - 64, h);
        tma_store_3d(&o_map, o_tile_to_bf16_shared_tile + 8192, j_2 * 128 + 64, trips * 64 - 64, h);
        copies_commit();
      }
      if (warp == 4 && elect()) copies_wait();
    }
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 k_tile_phase = 1;
    int k_decayed_shared_filled_slot = 1;
    u32 k_decayed_shared_filled_phase = 1;
    u32 state_to_bf16_shared_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    int k_decayed_shared_slot = 1;
    u32 k_decayed_shared_phase = 1;
    float state_0[64];
    float state_1[64];
    float decay;
    float until_end[2];
    float over_chunk;
    // decay
    {
      const int at = h;
      decay = at < heads ? decay_log2[at] : 0.0f;
    }
    #pragma unroll
    for (int r = 0; r < 2; ++r) until_end[r] = exp2_approx((63.0f - (float)(lane_row + 8 * r)) * decay);
    over_chunk = exp2_approx(decay * 64.0f);
    // state
    #pragma unroll
    for (int i = 0; i < 64; ++i) state_0[i] = 0.0f;
    #pragma unroll
    for (int i = 0; i < 64; ++i) state_1[i] = 0.0f;
    pin_f32x64(state_0);
    pin_f32x64(state_1);
    if (trips > 0) {
      // ---- period 0
      // k_decayed, iteration 0
      k_tile_phase ^= 1;
      mbar_wait(k_tile_full, k_tile_phase);
      if (++k_decayed_shared_filled_slot == 2) { k_decayed_shared_filled_slot = 0; k_decayed_shared_filled_phase ^= 1; }
      mbar_wait(k_decayed_shared_empty + k_decayed_shared_filled_slot * 8, k_decayed_shared_filled_phase ^ 1);
      {
        const u32 k_tile_read = unknown(k_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        {
          const u32 tile = unknown(k_decayed_shared_tile + k_decayed_shared_filled_slot * 16384);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1) * until_end[row_of(i)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1) * until_end[row_of(i + 1)]),
                     pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 2 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1) * until_end[row_of(i + 2)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 2 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1) * until_end[row_of(i + 3)]),
                     pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 4), 2 * (own_column + (column_at(i + 4) & ~1))), (i + 4) & 1) * until_end[row_of(i + 4)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 5), 2 * (own_column + (column_at(i + 5) & ~1))), (i + 5) & 1) * until_end[row_of(i + 5)]),
                     pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 6), 2 * (own_column + (column_at(i + 6) & ~1))), (i + 6) & 1) * until_end[row_of(i + 6)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 7), 2 * (own_column + (column_at(i + 7) & ~1))), (i + 7) & 1) * until_end[row_of(i + 7)]));
          }
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(k_decayed_shared_full + k_decayed_shared_filled_slot * 8);
      __syncwarp();
      if (lane == 0) mbar_arrive(k_tile_empty);
      // state.to_bf16, iteration 0
      mbar_wait(open, 1);
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      state_to_bf16_shared_phase ^= 1;
      mbar_wait(state_to_bf16_shared_empty, state_to_bf16_shared_phase ^ 1);
      {
        const u32 tile = unknown(state_to_bf16_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(state_0[i], state_0[i + 1]),
                   pack_bf16(state_0[i + 2], state_0[i + 3]),
                   pack_bf16(state_0[i + 4], state_0[i + 5]),
                   pack_bf16(state_0[i + 6], state_0[i + 7]));
        }
      }
      {
        const u32 tile = unknown(state_to_bf16_shared_tile);
        const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(state_1[i], state_1[i + 1]),
                   pack_bf16(state_1[i + 2], state_1[i + 3]),
                   pack_bf16(state_1[i + 4], state_1[i + 5]),
                   pack_bf16(state_1[i + 6], state_1[i + 7]));
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(state_to_bf16_shared_full);
      // state.multiply, iteration 0
      mbar_wait(open, 1);
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * over_chunk;
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * over_chunk;
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      #pragma unroll 1
      for (int t = 1; t < trips; ++t) {
        // state, iteration t - 1
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        if (++k_decayed_shared_slot == 2) { k_decayed_shared_slot = 0; k_decayed_shared_phase ^= 1; }
        mbar_wait(k_decayed_shared_full + k_decayed_shared_slot * 8, k_decayed_shared_phase);
        bar_sync<2, 256>();  // turn_2
        {
          const u64 left = descriptor(k_decayed_shared_tile_chunk + k_decayed_shared_slot * 1024, 0x4000004002000000);
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_mn_mn(state_0, left, right, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_0, left + 128, right + 128, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_0, left + 256, right + 256, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_0, left + 384, right + 384, 1);
          wgmma_commit();
        }
        {
          const u64 left = descriptor(k_decayed_shared_tile_chunk + k_decayed_shared_slot * 1024 + 512, 0x4000004002000000);
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_mn_mn(state_1, left, right, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_1, left + 128, right + 128, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_1, left + 256, right + 256, 1);
          wgmma_m64n128k16_bf16_mn_mn(state_1, left + 384, right + 384, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
        // k_decayed
        k_tile_phase ^= 1;
        mbar_wait(k_tile_full, k_tile_phase);
        if (++k_decayed_shared_filled_slot == 2) { k_decayed_shared_filled_slot = 0; k_decayed_shared_filled_phase ^= 1; }
        mbar_wait(k_decayed_shared_empty + k_decayed_shared_filled_slot * 8, k_decayed_shared_filled_phase ^ 1);
        {
          const u32 k_tile_read = unknown(k_tile);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          {
            const u32 tile = unknown(k_decayed_shared_tile + k_decayed_shared_filled_slot * 16384);
            const u32 row = 16 * (warp & 3) + (lane & 15);
            #pragma unroll
            for (int i = 0; i < 64; i += 8) {
              const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
              stmatrix(at,
                       pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1) * until_end[row_of(i)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1) * until_end[row_of(i + 1)]),
                       pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 2 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1) * until_end[row_of(i + 2)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 2 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1) * until_end[row_of(i + 3)]),
                       pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 4), 2 * (own_column + (column_at(i + 4) & ~1))), (i + 4) & 1) * until_end[row_of(i + 4)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 5), 2 * (own_column + (column_at(i + 5) & ~1))), (i + 5) & 1) * until_end[row_of(i + 5)]),
                       pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 6), 2 * (own_column + (column_at(i + 6) & ~1))), (i + 6) & 1) * until_end[row_of(i + 6)], half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 7), 2 * (own_column + (column_at(i + 7) & ~1))), (i + 7) & 1) * until_end[row_of(i + 7)]));
            }
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(k_decayed_shared_full + k_decayed_shared_filled_slot * 8);
        __syncwarp();
        if (lane == 0) mbar_arrive(k_tile_empty);
        // state.to_bf16
        mbar_wait(open, 1);
        wgmma_wait<0>();
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        // state, iteration t - 1
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
        if (lane == 0) mbar_arrive(k_decayed_shared_empty + k_decayed_shared_slot * 8);
        // state.to_bf16
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        state_to_bf16_shared_phase ^= 1;
        mbar_wait(state_to_bf16_shared_empty, state_to_bf16_shared_phase ^ 1);
        {
          const u32 tile = unknown(state_to_bf16_shared_tile);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(state_0[i], state_0[i + 1]),
                     pack_bf16(state_0[i + 2], state_0[i + 3]),
                     pack_bf16(state_0[i + 4], state_0[i + 5]),
                     pack_bf16(state_0[i + 6], state_0[i + 7]));
          }
        }
        {
          const u32 tile = unknown(state_to_bf16_shared_tile);
          const u32 row = 64 + 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 128>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(state_1[i], state_1[i + 1]),
                     pack_bf16(state_1[i + 2], state_1[i + 3]),
                     pack_bf16(state_1[i + 4], state_1[i + 5]),
                     pack_bf16(state_1[i + 6], state_1[i + 7]));
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(state_to_bf16_shared_full);
        // state.multiply
        mbar_wait(open, 1);
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        #pragma unroll
        for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * over_chunk;
        #pragma unroll
        for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * over_chunk;
        pin_f32x64(state_0);
        pin_f32x64(state_1);
      }
      // ---- period trips
      // state, iteration trips - 1
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      if (++k_decayed_shared_slot == 2) { k_decayed_shared_slot = 0; k_decayed_shared_phase ^= 1; }
      mbar_wait(k_decayed_shared_full + k_decayed_shared_slot * 8, k_decayed_shared_phase);
      bar_sync<2, 256>();  // turn_2
      {
        const u64 left = descriptor(k_decayed_shared_tile_chunk + k_decayed_shared_slot * 1024, 0x4000004002000000);
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_mn_mn(state_0, left, right, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_0, left + 128, right + 128, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_0, left + 256, right + 256, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_0, left + 384, right + 384, 1);
        wgmma_commit();
      }
      {
        const u64 left = descriptor(k_decayed_shared_tile_chunk + k_decayed_shared_slot * 1024 + 512, 0x4000004002000000);
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_mn_mn(state_1, left, right, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_1, left + 128, right + 128, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_1, left + 256, right + 256, 1);
        wgmma_m64n128k16_bf16_mn_mn(state_1, left + 384, right + 384, 1);
        wgmma_commit();
      }
      bar_arrive<1, 256>();  // turn_1
      wgmma_wait<0>();
      pin_f32x64(state_0);
      pin_f32x64(state_1);
    }
  }
}
