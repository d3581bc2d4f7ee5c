// gated_linear_attention for h100-sxm (sm_90a), printed by Twill.
// One iteration every 3,204 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       gate k_tile q_tile v_tile
//   compute-1  warps 4-7    k_decayed@-1 scores@-1 causal@-1 k_grown
//   compute-2  warps 8-11   state.to_bf16@-1 state.multiply@-1 b_total state@-2
//   compute-3  warps 12-15  o_tile_2.to_bf16@-1 store_o@-2 o_tile o_tile_2@-1

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

template <u32 RowBytes> DEV u32 row_major(u32 row, u32 byte) { return row * RowBytes + byte; }

DEV void stmatrix(u32 address, u32 a, u32 b, u32 c, u32 d) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared::cta.b16 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

DEV void store_pair_f32(u32 address, float a, float b) {
  asm volatile("st.shared.v2.f32 [%0], {%1, %2};" :: "r"(address), "f"(a), "f"(b) : "memory");
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

// The registers have to be there: a branch that no thread takes leads to where they are made anew.
template <int N, class T> DEV void demand(T* d, int trips) {
  if (__builtin_expect(unknown(trips) >= 0, 1)) return;
  #pragma unroll
  for (int i = 0; i < N; ++i) asm volatile("mov.b32 %0, %%clock;" : "=r"(*(u32*)&d[i]));
}

DEV void store_f32(u32 address, float x) {
  asm volatile("st.shared.f32 [%0], %1;" :: "r"(address), "f"(x) : "memory");
}

// Loads that the compiler may order among themselves, but not before a wait.
DEV float load_f32(u32 address) { return *(const float*)__cvta_shared_to_generic(address); }

// One of two neighbours, which are loaded together.
DEV float half_bf16(u32 address, int half) {
  return unpack_bf16(*(const u32*)__cvta_shared_to_generic(address), half);
}

DEV float half_f32(u32 address, int half) {
  const float2 two = *(const float2*)__cvta_shared_to_generic(address);
  return half ? two.y : two.x;
}

// What the earlier warps have left in their rows, in this column.
template <u32 Columns> DEV float sum_above(u32 rows, int warp, int column) {
  float total = 0.0f;
  for (int above = 0; above < 3; ++above)
    if (warp > above) total += load_f32(rows + 4 * (Columns * above + column));
  return total;
}

// Over the 16 rows of a warp: two in each thread, and the 8 lanes that share a column.
DEV float column_sum(float upper, float lower) {
  float x = upper + lower;
  for (int distance = 4; distance < 32; distance *= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

// The running sum over the 8 lanes that share a column.
DEV float column_running(float x) {
  for (int distance = 4; distance < 32; distance *= 2) {
    const float before = __shfl_up_sync(~0u, x, distance);
    if (threadIdx.x % 32 >= distance) x += before;
  }
  return x;
}

// What the last of these lanes holds.
DEV float column_last(float x) { return __shfl_sync(~0u, x, 28 + (threadIdx.x & 3)); }

// An element of a vector that lies over the lanes of every warp.
template <int Each, class T> DEV T of_lane(const T* held, int element) {
  T found = T(0);
  #pragma unroll
  for (int k = 0; k < Each; ++k) {
    const T other = __shfl_sync(~0u, held[k], element / Each);
    if (element % Each == k) found = other;
  }
  return found;
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

DEV void wgmma_m64n64k16_bf16_r_k(float (&d)[32], u32 a0, u32 a1, u32 a2, u32 a3, u64 b, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %37, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
      "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
      "}, {%32, %33, %34, %35}, %36, add, 1, 1, 0;\n}"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]),
        "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]),
        "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]),
        "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]),
        "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(b), "r"(accumulate));
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 gate_tile_at = 0;  // 1 slot of 32,768 bytes: 64 x 128 f32, swizzle 128
constexpr u32 k_tile_at = 32768;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 q_tile_at = 49152;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 65536;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 q_decayed_staged_at = 98304;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 k_grown_shared_tile_at = 114688;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 state_to_bf16_shared_tile_at = 131072;  // 1 slot of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 causal_to_bf16_staged_at = 163840;  // 1 slot of 8,192 bytes: 64 x 64 bf16, swizzle 128
constexpr u32 o_tile_2_to_bf16_shared_tile_at = 172032;  // 1 slot of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 b_total_staged_at = 221184;  // 1 slot of 512 bytes: 1 x 128 f32
constexpr u32 k_decayed_shared_tile_at = 188416;  // 2 slots of 16,384 bytes: 64 x 128 bf16, swizzle 128
constexpr u32 compute_1_scratch_tile_at = 221696;  // 1 slot of 2,048 bytes: 4 x 128 f32
constexpr u32 compute_2_scratch_tile_at = 223744;  // 1 slot of 2,048 bytes: 4 x 128 f32
constexpr u32 gate_full_at = 225792, gate_empty_at = 225800;  // 1 mbarriers each
constexpr u32 k_tile_full_at = 225808, k_tile_empty_at = 225816;  // 1 mbarriers each
constexpr u32 v_tile_full_at = 225824, v_tile_empty_at = 225840;  // 2 mbarriers each
constexpr u32 q_decayed_staged_full_at = 225856, q_decayed_staged_empty_at = 225864;  // 1 mbarriers each
constexpr u32 k_grown_shared_full_at = 225872, k_grown_shared_empty_at = 225880;  // 1 mbarriers each
constexpr u32 state_to_bf16_shared_full_at = 225888, state_to_bf16_shared_empty_at = 225896;  // 1 mbarriers each
constexpr u32 causal_to_bf16_staged_full_at = 225904, causal_to_bf16_staged_empty_at = 225912;  // 1 mbarriers each
constexpr u32 o_tile_2_to_bf16_shared_full_at = 225920, o_tile_2_to_bf16_shared_empty_at = 225928;  // 1 mbarriers each
constexpr u32 b_total_staged_full_at = 225936, b_total_staged_empty_at = 225944;  // 1 mbarriers each
constexpr u32 k_decayed_shared_full_at = 225952, k_decayed_shared_empty_at = 225968;  // 2 mbarriers each
constexpr u32 open_at = 225984;  // never armed: always over, for boundaries
constexpr u32 zero_at = 225992;  // holds 0.0f, for anchors

extern "C" __global__ void __launch_bounds__(512, 1)
gated_linear_attention(
    const __grid_constant__ TMap gate_log2_map,
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap o_map,
    int heads,
    int length,
    int values) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 gate_tile = shared + gate_tile_at;
  const u32 k_tile = shared + k_tile_at;
  const u32 q_tile = shared + q_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 q_decayed_staged = shared + q_decayed_staged_at;
  const u32 k_grown_shared_tile = shared + k_grown_shared_tile_at;
  const u32 state_to_bf16_shared_tile = shared + state_to_bf16_shared_tile_at;
  const u32 causal_to_bf16_staged = shared + causal_to_bf16_staged_at;
  const u32 o_tile_2_to_bf16_shared_tile = shared + o_tile_2_to_bf16_shared_tile_at;
  const u32 b_total_staged = shared + b_total_staged_at;
  const u32 k_decayed_shared_tile = shared + k_decayed_shared_tile_at;
  const u32 compute_1_scratch_tile = shared + compute_1_scratch_tile_at;
  const u32 compute_2_scratch_tile = shared + compute_2_scratch_tile_at;
  const u32 gate_full = shared + gate_full_at;
  const u32 gate_empty = shared + gate_empty_at;
  const u32 k_tile_full = shared + k_tile_full_at;
  const u32 k_tile_empty = shared + k_tile_empty_at;
  const u32 v_tile_full = shared + v_tile_full_at;
  const u32 v_tile_empty = shared + v_tile_empty_at;
  const u32 q_decayed_staged_full = shared + q_decayed_staged_full_at;
  const u32 q_decayed_staged_empty = shared + q_decayed_staged_empty_at;
  const u32 k_grown_shared_full = shared + k_grown_shared_full_at;
  const u32 k_grown_shared_empty = shared + k_grown_shared_empty_at;
  const u32 state_to_bf16_shared_full = shared + state_to_bf16_shared_full_at;
  const u32 state_to_bf16_shared_empty = shared + state_to_bf16_shared_empty_at;
  const u32 causal_to_bf16_staged_full = shared + causal_to_bf16_staged_full_at;
  const u32 causal_to_bf16_staged_empty = shared + causal_to_bf16_staged_empty_at;
  const u32 o_tile_2_to_bf16_shared_full = shared + o_tile_2_to_bf16_shared_full_at;
  const u32 o_tile_2_to_bf16_shared_empty = shared + o_tile_2_to_bf16_shared_empty_at;
  const u32 b_total_staged_full = shared + b_total_staged_full_at;
  const u32 b_total_staged_empty = shared + b_total_staged_empty_at;
  const u32 k_decayed_shared_full = shared + k_decayed_shared_full_at;
  const u32 k_decayed_shared_empty = shared + k_decayed_shared_empty_at;
  const u32 open = shared + open_at;
  const u32 zero = shared + zero_at;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const u32 q_decayed_staged_chunk = (shared + q_decayed_staged_at) / 16;
  const u32 k_grown_shared_tile_chunk = (shared + k_grown_shared_tile_at) / 16;
  const u32 state_to_bf16_shared_tile_chunk = (shared + state_to_bf16_shared_tile_at) / 16;
  const u32 causal_to_bf16_staged_chunk = (shared + causal_to_bf16_staged_at) / 16;
  const u32 k_decayed_shared_tile_chunk = (shared + k_decayed_shared_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int j_2 = blockIdx.x;
  const int h = blockIdx.y;
  const int trips = (length + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&gate_log2_map);
    prefetch_map(&k_map);
    prefetch_map(&q_map);
    prefetch_map(&v_map);
    prefetch_map(&o_map);
    mbar_init_all(gate_full, 1, 1);
    mbar_init_all(gate_empty, 1, 8);
    mbar_init_all(k_tile_full, 1, 1);
    mbar_init_all(k_tile_empty, 1, 4);
    mbar_init_all(v_tile_full, 2, 1);
    mbar_init_all(v_tile_empty, 2, 8);
    mbar_init_all(q_decayed_staged_full, 1, 4);
    mbar_init_all(q_decayed_staged_empty, 1, 4);
    mbar_init_all(k_grown_shared_full, 1, 4);
    mbar_init_all(k_grown_shared_empty, 1, 4);
    mbar_init_all(state_to_bf16_shared_full, 1, 4);
    mbar_init_all(state_to_bf16_shared_empty, 1, 4);
    mbar_init_all(causal_to_bf16_staged_full, 1, 4);
    mbar_init_all(causal_to_bf16_staged_empty, 1, 4);
    mbar_init_all(o_tile_2_to_bf16_shared_full, 1, 4);
    mbar_init_all(o_tile_2_to_bf16_shared_empty, 1, 1);
    mbar_init_all(b_total_staged_full, 1, 4);
    mbar_init_all(b_total_staged_empty, 1, 4);
    mbar_init_all(k_decayed_shared_full, 2, 4);
    mbar_init_all(k_decayed_shared_empty, 2, 4);
    mbar_init_all(open, 1, 1);
    store_zero(zero);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      u32 gate_phase = 1;
      u32 k_tile_phase = 1;
      int v_tile_slot = 1;
      u32 v_tile_phase = 1;
      #pragma unroll 1
      for (int t = 0; t < trips; ++t) {
        // gate
        gate_phase ^= 1;
        mbar_wait(gate_empty, gate_phase ^ 1);
        mbar_expect(gate_full, 32768);
        tma_load_3d(gate_tile, &gate_log2_map, gate_full, 0, t * 64, h);
        tma_load_3d(gate_tile + 8192, &gate_log2_map, gate_full, 32, t * 64, h);
        tma_load_3d(gate_tile + 16384, &gate_log2_map, gate_full, 64, t * 64, h);
        tma_load_3d(gate_tile + 24576, &gate_log2_map, gate_full, 96, t * 64, h);
        // k_tile
        k_tile_phase ^= 1;
        mbar_wait(k_tile_empty, k_tile_phase ^ 1);
        mbar_expect(k_tile_full, 32768);
        tma_load_3d(k_tile, &k_map, k_tile_full, 0, t * 64, h);
        tma_load_3d(k_tile + 8192, &k_map, k_tile_full, 64, t * 64, h);
        // q_tile
        tma_load_3d(q_tile, &q_map, k_tile_full, 0, t * 64, h);
        tma_load_3d(q_tile + 8192, &q_map, k_tile_full, 64, t * 64, h);
        // v_tile
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_empty + v_tile_slot * 8, v_tile_phase ^ 1);
        mbar_expect(v_tile_full + v_tile_slot * 8, 16384);
        tma_load_3d(v_tile + v_tile_slot * 16384, &v_map, v_tile_full + v_tile_slot * 8, j_2 * 128, t * 64, h);
        tma_load_3d(v_tile + v_tile_slot * 16384 + 8192, &v_map, v_tile_full + v_tile_slot * 8, j_2 * 128 + 64, t * 64, h);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<216>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 gate_phase = 1;
    u32 k_tile_phase = 1;
    u32 q_decayed_staged_phase = 1;
    u32 k_grown_shared_filled_phase = 1;
    u32 b_total_staged_phase = 1;
    int k_decayed_shared_slot = 1;
    u32 k_decayed_shared_phase = 1;
    u32 k_grown_shared_phase = 1;
    u32 causal_to_bf16_staged_phase = 1;
    float scores[32];
    float b[64];
    u32 q_decayed[32];
    u32 k_tile_to_f32[32];
    if (trips > 0) {
      // ---- period 0
      // k_grown, iteration 0
      gate_phase ^= 1;
      mbar_wait(gate_full, gate_phase);
      k_tile_phase ^= 1;
      mbar_wait(k_tile_full, k_tile_phase);
      bar_sync<4, 128>();  // all_compute-1
      {
        const u32 gate_read = unknown(gate_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int j = 0; j < 32; ++j) {
          const int i = 4 * (j >> 1) + (j & 1);
          b[i] = column_running(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1));
          b[i + 2] = column_running(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)) + column_last(b[i]);
        }
      }
      if (lane >= 28) {
        const u32 own = unknown(compute_1_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
        #pragma unroll
        for (int j = 0; j < 32; j += 2) {
          const int i = 2 * j;
          store_pair_f32(own + 16 * j, b[i + 2], b[i + 3]);
        }
      }
      bar_sync<4, 128>();  // all_compute-1
      {
        const u32 compute_1_scratch_read = unknown(compute_1_scratch_tile);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 64; ++i) b[i] = b[i] + sum_above<128>(compute_1_scratch_read, warp & 3, own_column + column_at(i));
      }
      {
        const u32 q_tile_read = unknown(q_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 64; i += 2) q_decayed[i >> 1] = pack_bf16(half_bf16(q_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1) * exp2_approx(b[i]), half_bf16(q_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1) * exp2_approx(b[i + 1]));
      }
      q_decayed_staged_phase ^= 1;
      mbar_wait(q_decayed_staged_empty, q_decayed_staged_phase ^ 1);
      {
        const u32 tile = unknown(q_decayed_staged);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   q_decayed[(i) >> 1],
                   q_decayed[(i + 2) >> 1],
                   q_decayed[(i + 4) >> 1],
                   q_decayed[(i + 6) >> 1]);
        }
      }
      {
        const u32 k_tile_read = unknown(k_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        #pragma unroll
        for (int i = 0; i < 64; i += 2) k_tile_to_f32[i >> 1] = pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1), half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1));
      }
      k_grown_shared_filled_phase ^= 1;
      mbar_wait(k_grown_shared_empty, k_grown_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(k_grown_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(unpack_bf16(k_tile_to_f32[(i) >> 1], (i) & 1) * exp2_approx(-b[i]), unpack_bf16(k_tile_to_f32[(i + 1) >> 1], (i + 1) & 1) * exp2_approx(-b[i + 1])),
                   pack_bf16(unpack_bf16(k_tile_to_f32[(i + 2) >> 1], (i + 2) & 1) * exp2_approx(-b[i + 2]), unpack_bf16(k_tile_to_f32[(i + 3) >> 1], (i + 3) & 1) * exp2_approx(-b[i + 3])),
                   pack_bf16(unpack_bf16(k_tile_to_f32[(i + 4) >> 1], (i + 4) & 1) * exp2_approx(-b[i + 4]), unpack_bf16(k_tile_to_f32[(i + 5) >> 1], (i + 5) & 1) * exp2_approx(-b[i + 5])),
                   pack_bf16(unpack_bf16(k_tile_to_f32[(i + 6) >> 1], (i + 6) & 1) * exp2_approx(-b[i + 6]), unpack_bf16(k_tile_to_f32[(i + 7) >> 1], (i + 7) & 1) * exp2_approx(-b[i + 7])));
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(q_decayed_staged_full);
      __syncwarp();
      if (lane == 0) mbar_arrive(k_grown_shared_full);
      pin_f32x64(b);
      pin_b32x32(q_decayed);
      pin_b32x32(k_tile_to_f32);
      __syncwarp();
      if (lane == 0) mbar_arrive(gate_empty);
      __syncwarp();
      if (lane == 0) mbar_arrive(k_tile_empty);
      #pragma unroll 1
      for (int t = 1; t < trips; ++t) {
        // k_decayed, iteration t - 1
        b_total_staged_phase ^= 1;
        mbar_wait(b_total_staged_full, b_total_staged_phase);
        pin_f32x64(b);
        pin_b32x32(k_tile_to_f32);
        if (++k_decayed_shared_slot == 2) { k_decayed_shared_slot = 0; k_decayed_shared_phase ^= 1; }
        mbar_wait(k_decayed_shared_empty + k_decayed_shared_slot * 8, k_decayed_shared_phase ^ 1);
        {
          const u32 b_total_staged_read = unknown(b_total_staged);
          const int own_column = unknown(lane_column);
          {
            const u32 tile = unknown(k_decayed_shared_tile + k_decayed_shared_slot * 16384);
            const u32 row = 16 * (warp & 3) + (lane & 15);
            #pragma unroll
            for (int i = 0; i < 64; i += 8) {
              const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
              stmatrix(at,
                       pack_bf16(unpack_bf16(k_tile_to_f32[(i) >> 1], (i) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i))) - b[i]), unpack_bf16(k_tile_to_f32[(i + 1) >> 1], (i + 1) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 1))) - b[i + 1])),
                       pack_bf16(unpack_bf16(k_tile_to_f32[(i + 2) >> 1], (i + 2) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 2))) - b[i + 2]), unpack_bf16(k_tile_to_f32[(i + 3) >> 1], (i + 3) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 3))) - b[i + 3])),
                       pack_bf16(unpack_bf16(k_tile_to_f32[(i + 4) >> 1], (i + 4) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 4))) - b[i + 4]), unpack_bf16(k_tile_to_f32[(i + 5) >> 1], (i + 5) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 5))) - b[i + 5])),
                       pack_bf16(unpack_bf16(k_tile_to_f32[(i + 6) >> 1], (i + 6) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 6))) - b[i + 6]), unpack_bf16(k_tile_to_f32[(i + 7) >> 1], (i + 7) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 7))) - b[i + 7])));
            }
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(k_decayed_shared_full + k_decayed_shared_slot * 8);
        __syncwarp();
        if (lane == 0) mbar_arrive(b_total_staged_empty);
        // scores, iteration t - 1
        k_grown_shared_phase ^= 1;
        mbar_wait(k_grown_shared_full, k_grown_shared_phase);
        if (t - 1 >= 1) bar_sync<3, 256>();  // turn_3
        {
          const u64 right = descriptor(k_grown_shared_tile_chunk, 0x4000004000010000);
          wgmma_fence();
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[0], q_decayed[1], q_decayed[2], q_decayed[3], right, 0);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[4], q_decayed[5], q_decayed[6], q_decayed[7], right + 2, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[8], q_decayed[9], q_decayed[10], q_decayed[11], right + 4, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[12], q_decayed[13], q_decayed[14], q_decayed[15], right + 6, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[16], q_decayed[17], q_decayed[18], q_decayed[19], right + 512, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[20], q_decayed[21], q_decayed[22], q_decayed[23], right + 514, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[24], q_decayed[25], q_decayed[26], q_decayed[27], right + 516, 1);
          wgmma_m64n64k16_bf16_r_k(scores, q_decayed[28], q_decayed[29], q_decayed[30], q_decayed[31], right + 518, 1);
          wgmma_commit();
        }
        bar_arrive<1, 256>();  // turn_1
        // causal, iteration t - 1
        wgmma_wait<0>();
        pin_f32x32(scores);
        pin_b32x32(q_decayed);
        // scores, iteration t - 1
        if (lane == 0) mbar_arrive(k_grown_shared_empty);
        // causal, iteration t - 1
        pin_f32x32(scores);
        causal_to_bf16_staged_phase ^= 1;
        mbar_wait(causal_to_bf16_staged_empty, causal_to_bf16_staged_phase ^ 1);
        {
          const u32 tile = unknown(causal_to_bf16_staged);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 32; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(lane_row + 8 * row_of(i) >= lane_column + column_at(i) ? scores[i] : 0.0f, lane_row + 8 * row_of(i + 1) >= lane_column + column_at(i + 1) ? scores[i + 1] : 0.0f),
                     pack_bf16(lane_row + 8 * row_of(i + 2) >= lane_column + column_at(i + 2) ? scores[i + 2] : 0.0f, lane_row + 8 * row_of(i + 3) >= lane_column + column_at(i + 3) ? scores[i + 3] : 0.0f),
                     pack_bf16(lane_row + 8 * row_of(i + 4) >= lane_column + column_at(i + 4) ? scores[i + 4] : 0.0f, lane_row + 8 * row_of(i + 5) >= lane_column + column_at(i + 5) ? scores[i + 5] : 0.0f),
                     pack_bf16(lane_row + 8 * row_of(i + 6) >= lane_column + column_at(i + 6) ? scores[i + 6] : 0.0f, lane_row + 8 * row_of(i + 7) >= lane_column + column_at(i + 7) ? scores[i + 7] : 0.0f));
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(causal_to_bf16_staged_full);
        // k_grown
        gate_phase ^= 1;
        mbar_wait(gate_full, gate_phase);
        k_tile_phase ^= 1;
        mbar_wait(k_tile_full, k_tile_phase);
        bar_sync<4, 128>();  // all_compute-1
        {
          const u32 gate_read = unknown(gate_tile);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int j = 0; j < 32; ++j) {
            const int i = 4 * (j >> 1) + (j & 1);
            b[i] = column_running(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1));
            b[i + 2] = column_running(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)) + column_last(b[i]);
          }
        }
        if (lane >= 28) {
          const u32 own = unknown(compute_1_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
          #pragma unroll
          for (int j = 0; j < 32; j += 2) {
            const int i = 2 * j;
            store_pair_f32(own + 16 * j, b[i + 2], b[i + 3]);
          }
        }
        bar_sync<4, 128>();  // all_compute-1
        {
          const u32 compute_1_scratch_read = unknown(compute_1_scratch_tile);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 64; ++i) b[i] = b[i] + sum_above<128>(compute_1_scratch_read, warp & 3, own_column + column_at(i));
        }
        {
          const u32 q_tile_read = unknown(q_tile);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 64; i += 2) q_decayed[i >> 1] = pack_bf16(half_bf16(q_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1) * exp2_approx(b[i]), half_bf16(q_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1) * exp2_approx(b[i + 1]));
        }
        q_decayed_staged_phase ^= 1;
        mbar_wait(q_decayed_staged_empty, q_decayed_staged_phase ^ 1);
        {
          const u32 tile = unknown(q_decayed_staged);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     q_decayed[(i) >> 1],
                     q_decayed[(i + 2) >> 1],
                     q_decayed[(i + 4) >> 1],
                     q_decayed[(i + 6) >> 1]);
          }
        }
        {
          const u32 k_tile_read = unknown(k_tile);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 64; i += 2) k_tile_to_f32[i >> 1] = pack_bf16(half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i), 2 * (own_column + (column_at(i) & ~1))), i & 1), half_bf16(k_tile_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 2 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1));
        }
        k_grown_shared_filled_phase ^= 1;
        mbar_wait(k_grown_shared_empty, k_grown_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(k_grown_shared_tile);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i) >> 1], (i) & 1) * exp2_approx(-b[i]), unpack_bf16(k_tile_to_f32[(i + 1) >> 1], (i + 1) & 1) * exp2_approx(-b[i + 1])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 2) >> 1], (i + 2) & 1) * exp2_approx(-b[i + 2]), unpack_bf16(k_tile_to_f32[(i + 3) >> 1], (i + 3) & 1) * exp2_approx(-b[i + 3])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 4) >> 1], (i + 4) & 1) * exp2_approx(-b[i + 4]), unpack_bf16(k_tile_to_f32[(i + 5) >> 1], (i + 5) & 1) * exp2_approx(-b[i + 5])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 6) >> 1], (i + 6) & 1) * exp2_approx(-b[i + 6]), unpack_bf16(k_tile_to_f32[(i + 7) >> 1], (i + 7) & 1) * exp2_approx(-b[i + 7])));
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(q_decayed_staged_full);
        __syncwarp();
        if (lane == 0) mbar_arrive(k_grown_shared_full);
        pin_f32x64(b);
        pin_b32x32(q_decayed);
        pin_b32x32(k_tile_to_f32);
        demand<64>(b, trips);
        demand<32>(k_tile_to_f32, trips);
        __syncwarp();
        if (lane == 0) mbar_arrive(gate_empty);
        __syncwarp();
        if (lane == 0) mbar_arrive(k_tile_empty);
      }
      // ---- period trips
      // k_decayed, iteration trips - 1
      b_total_staged_phase ^= 1;
      mbar_wait(b_total_staged_full, b_total_staged_phase);
      pin_f32x64(b);
      pin_b32x32(k_tile_to_f32);
      if (++k_decayed_shared_slot == 2) { k_decayed_shared_slot = 0; k_decayed_shared_phase ^= 1; }
      mbar_wait(k_decayed_shared_empty + k_decayed_shared_slot * 8, k_decayed_shared_phase ^ 1);
      {
        const u32 b_total_staged_read = unknown(b_total_staged);
        const int own_column = unknown(lane_column);
        {
          const u32 tile = unknown(k_decayed_shared_tile + k_decayed_shared_slot * 16384);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i) >> 1], (i) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i))) - b[i]), unpack_bf16(k_tile_to_f32[(i + 1) >> 1], (i + 1) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 1))) - b[i + 1])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 2) >> 1], (i + 2) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 2))) - b[i + 2]), unpack_bf16(k_tile_to_f32[(i + 3) >> 1], (i + 3) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 3))) - b[i + 3])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 4) >> 1], (i + 4) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 4))) - b[i + 4]), unpack_bf16(k_tile_to_f32[(i + 5) >> 1], (i + 5) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 5))) - b[i + 5])),
                     pack_bf16(unpack_bf16(k_tile_to_f32[(i + 6) >> 1], (i + 6) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 6))) - b[i + 6]), unpack_bf16(k_tile_to_f32[(i + 7) >> 1], (i + 7) & 1) * exp2_approx(load_f32(b_total_staged_read + 4 * (own_column + column_at(i + 7))) - b[i + 7])));
          }
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(k_decayed_shared_full + k_decayed_shared_slot * 8);
      __syncwarp();
      if (lane == 0) mbar_arrive(b_total_staged_empty);
      // scores, iteration trips - 1
      k_grown_shared_phase ^= 1;
      mbar_wait(k_grown_shared_full, k_grown_shared_phase);
      if (trips - 1 >= 1) bar_sync<3, 256>();  // turn_3
      {
        const u64 right = descriptor(k_grown_shared_tile_chunk, 0x4000004000010000);
        wgmma_fence();
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[0], q_decayed[1], q_decayed[2], q_decayed[3], right, 0);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[4], q_decayed[5], q_decayed[6], q_decayed[7], right + 2, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[8], q_decayed[9], q_decayed[10], q_decayed[11], right + 4, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[12], q_decayed[13], q_decayed[14], q_decayed[15], right + 6, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[16], q_decayed[17], q_decayed[18], q_decayed[19], right + 512, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[20], q_decayed[21], q_decayed[22], q_decayed[23], right + 514, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[24], q_decayed[25], q_decayed[26], q_decayed[27], right + 516, 1);
        wgmma_m64n64k16_bf16_r_k(scores, q_decayed[28], q_decayed[29], q_decayed[30], q_decayed[31], right + 518, 1);
        wgmma_commit();
      }
      bar_arrive<1, 256>();  // turn_1
      // causal, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x32(scores);
      pin_b32x32(q_decayed);
      // scores, iteration trips - 1
      if (lane == 0) mbar_arrive(k_grown_shared_empty);
      // causal, iteration trips - 1
      pin_f32x32(scores);
      causal_to_bf16_staged_phase ^= 1;
      mbar_wait(causal_to_bf16_staged_empty, causal_to_bf16_staged_phase ^ 1);
      {
        const u32 tile = unknown(causal_to_bf16_staged);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 32; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(lane_row + 8 * row_of(i) >= lane_column + column_at(i) ? scores[i] : 0.0f, lane_row + 8 * row_of(i + 1) >= lane_column + column_at(i + 1) ? scores[i + 1] : 0.0f),
                   pack_bf16(lane_row + 8 * row_of(i + 2) >= lane_column + column_at(i + 2) ? scores[i + 2] : 0.0f, lane_row + 8 * row_of(i + 3) >= lane_column + column_at(i + 3) ? scores[i + 3] : 0.0f),
                   pack_bf16(lane_row + 8 * row_of(i + 4) >= lane_column + column_at(i + 4) ? scores[i + 4] : 0.0f, lane_row + 8 * row_of(i + 5) >= lane_column + column_at(i + 5) ? scores[i + 5] : 0.0f),
                   pack_bf16(lane_row + 8 * row_of(i + 6) >= lane_column + column_at(i + 6) ? scores[i + 6] : 0.0f, lane_row + 8 * row_of(i + 7) >= lane_column + column_at(i + 7) ? scores[i + 7] : 0.0f));
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(causal_to_bf16_staged_full);
    }
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<176>();
    const int lane_row = 16 * (warp & 3) + lane / 4;
    const int lane_column = 2 * (lane & 3);
    u32 gate_phase = 1;
    u32 b_total_staged_phase = 1;
    u32 state_to_bf16_shared_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    int k_decayed_shared_slot = 1;
    u32 k_decayed_shared_phase = 1;
    float state_0[64];
    float state_1[64];
    float state_exp2_0[2];
    float state_exp2_1[2];
    float b_total[4];
    float b_total_rows_0[2];
    float b_total_rows_1[2];
    // state
    #pragma unroll
    for (int i = 0; i < 64; ++i) state_0[i] = 0.0f;
    #pragma unroll
    for (int i = 0; i < 64; ++i) state_1[i] = 0.0f;
    pin_f32x64(state_0);
    pin_f32x64(state_1);
    if (trips == 1) {
      // ---- period 0
      // b_total, iteration 0
      gate_phase ^= 1;
      mbar_wait(gate_full, gate_phase);
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 gate_read = unknown(gate_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        {
          const u32 own = unknown(compute_2_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
          #pragma unroll
          for (int j = 0; j < 32; j += 2) {
            const int i = 2 * j;
            const float first = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)), second = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 4 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 4 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1));
            if (lane < 4) store_pair_f32(own + 16 * j, first, second);
          }
        }
      }
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 compute_2_scratch_read = unknown(compute_2_scratch_tile);
        #pragma unroll
        for (int e = 0; e < 4; ++e) b_total[e] = load_f32(compute_2_scratch_read + 4 * (4 * lane + e)) + load_f32(compute_2_scratch_read + row_major<512>(1, 4 * (4 * lane + e))) + (load_f32(compute_2_scratch_read + row_major<512>(2, 4 * (4 * lane + e))) + load_f32(compute_2_scratch_read + row_major<512>(3, 4 * (4 * lane + e))));
      }
      b_total_staged_phase ^= 1;
      mbar_wait(b_total_staged_empty, b_total_staged_phase ^ 1);
      if ((warp & 3) == 0) {
        #pragma unroll
        for (int e = 0; e < 4; ++e) store_f32(b_total_staged + 4 * (4 * lane + e), b_total[e]);
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_0[r] = of_lane<4>(b_total, lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_0[r] = exp2_approx(b_total_rows_0[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_1[r] = of_lane<4>(b_total, 64 + lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_1[r] = exp2_approx(b_total_rows_1[r]);
      __syncwarp();
      if (lane == 0) mbar_arrive(b_total_staged_full);
      __syncwarp();
      if (lane == 0) mbar_arrive(gate_empty);
      // ---- period 1
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
      {
        const float nothing = load_zero(zero);
        #pragma unroll
        for (int r = 0; r < 2; ++r) {
          state_exp2_0[r] += nothing;
          state_exp2_1[r] += nothing;
        }
      }
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * state_exp2_0[row_of(i)];
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * state_exp2_1[row_of(i)];
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      // state, iteration 0
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
      wgmma_wait<0>();
      pin_f32x64(state_0);
      pin_f32x64(state_1);
    } else if (trips > 1) {
      // ---- period 0
      // b_total, iteration 0
      gate_phase ^= 1;
      mbar_wait(gate_full, gate_phase);
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 gate_read = unknown(gate_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        {
          const u32 own = unknown(compute_2_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
          #pragma unroll
          for (int j = 0; j < 32; j += 2) {
            const int i = 2 * j;
            const float first = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)), second = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 4 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 4 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1));
            if (lane < 4) store_pair_f32(own + 16 * j, first, second);
          }
        }
      }
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 compute_2_scratch_read = unknown(compute_2_scratch_tile);
        #pragma unroll
        for (int e = 0; e < 4; ++e) b_total[e] = load_f32(compute_2_scratch_read + 4 * (4 * lane + e)) + load_f32(compute_2_scratch_read + row_major<512>(1, 4 * (4 * lane + e))) + (load_f32(compute_2_scratch_read + row_major<512>(2, 4 * (4 * lane + e))) + load_f32(compute_2_scratch_read + row_major<512>(3, 4 * (4 * lane + e))));
      }
      b_total_staged_phase ^= 1;
      mbar_wait(b_total_staged_empty, b_total_staged_phase ^ 1);
      if ((warp & 3) == 0) {
        #pragma unroll
        for (int e = 0; e < 4; ++e) store_f32(b_total_staged + 4 * (4 * lane + e), b_total[e]);
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_0[r] = of_lane<4>(b_total, lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_0[r] = exp2_approx(b_total_rows_0[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_1[r] = of_lane<4>(b_total, 64 + lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_1[r] = exp2_approx(b_total_rows_1[r]);
      __syncwarp();
      if (lane == 0) mbar_arrive(b_total_staged_full);
      __syncwarp();
      if (lane == 0) mbar_arrive(gate_empty);
      // ---- period 1
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
      {
        const float nothing = load_zero(zero);
        #pragma unroll
        for (int r = 0; r < 2; ++r) {
          state_exp2_0[r] += nothing;
          state_exp2_1[r] += nothing;
        }
      }
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * state_exp2_0[row_of(i)];
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * state_exp2_1[row_of(i)];
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      // b_total, iteration 1
      gate_phase ^= 1;
      mbar_wait(gate_full, gate_phase);
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 gate_read = unknown(gate_tile);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        {
          const u32 own = unknown(compute_2_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
          #pragma unroll
          for (int j = 0; j < 32; j += 2) {
            const int i = 2 * j;
            const float first = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)), second = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 4 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 4 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1));
            if (lane < 4) store_pair_f32(own + 16 * j, first, second);
          }
        }
      }
      bar_sync<5, 128>();  // all_compute-2
      {
        const u32 compute_2_scratch_read = unknown(compute_2_scratch_tile);
        #pragma unroll
        for (int e = 0; e < 4; ++e) b_total[e] = load_f32(compute_2_scratch_read + 4 * (4 * lane + e)) + load_f32(compute_2_scratch_read + row_major<512>(1, 4 * (4 * lane + e))) + (load_f32(compute_2_scratch_read + row_major<512>(2, 4 * (4 * lane + e))) + load_f32(compute_2_scratch_read + row_major<512>(3, 4 * (4 * lane + e))));
      }
      b_total_staged_phase ^= 1;
      mbar_wait(b_total_staged_empty, b_total_staged_phase ^ 1);
      if ((warp & 3) == 0) {
        #pragma unroll
        for (int e = 0; e < 4; ++e) store_f32(b_total_staged + 4 * (4 * lane + e), b_total[e]);
      }
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_0[r] = of_lane<4>(b_total, lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_0[r] = exp2_approx(b_total_rows_0[r]);
      #pragma unroll
      for (int r = 0; r < 2; ++r) b_total_rows_1[r] = of_lane<4>(b_total, 64 + lane_row + 8 * r);
      #pragma unroll
      for (int r = 0; r < 2; ++r) state_exp2_1[r] = exp2_approx(b_total_rows_1[r]);
      __syncwarp();
      if (lane == 0) mbar_arrive(b_total_staged_full);
      __syncwarp();
      if (lane == 0) mbar_arrive(gate_empty);
      // state, iteration 0
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
      bar_arrive<3, 256>();  // turn_3
      #pragma unroll 1
      for (int t = 2; t < trips; ++t) {
        // state.to_bf16, iteration t - 1
        wgmma_wait<0>();
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        // state, iteration t - 2
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
        if (lane == 0) mbar_arrive(k_decayed_shared_empty + k_decayed_shared_slot * 8);
        // state.to_bf16, iteration t - 1
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
        // state.multiply, iteration t - 1
        mbar_wait(open, 1);
        {
          const float nothing = load_zero(zero);
          #pragma unroll
          for (int r = 0; r < 2; ++r) {
            state_exp2_0[r] += nothing;
            state_exp2_1[r] += nothing;
          }
        }
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        #pragma unroll
        for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * state_exp2_0[row_of(i)];
        #pragma unroll
        for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * state_exp2_1[row_of(i)];
        pin_f32x64(state_0);
        pin_f32x64(state_1);
        // b_total
        gate_phase ^= 1;
        mbar_wait(gate_full, gate_phase);
        bar_sync<5, 128>();  // all_compute-2
        {
          const u32 gate_read = unknown(gate_tile);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          {
            const u32 own = unknown(compute_2_scratch_tile + 4 * (128 * (warp & 3) + lane_column));
            #pragma unroll
            for (int j = 0; j < 32; j += 2) {
              const int i = 2 * j;
              const float first = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i), 4 * (own_column + (column_at(i) & ~1))), i & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 2), 4 * (own_column + (column_at(i + 2) & ~1))), (i + 2) & 1)), second = column_sum(half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 1), 4 * (own_column + (column_at(i + 1) & ~1))), (i + 1) & 1), half_f32(gate_read + swizzled<128, 64>(own_row + 8 * row_of(i + 3), 4 * (own_column + (column_at(i + 3) & ~1))), (i + 3) & 1));
              if (lane < 4) store_pair_f32(own + 16 * j, first, second);
            }
          }
        }
        bar_sync<5, 128>();  // all_compute-2
        {
          const u32 compute_2_scratch_read = unknown(compute_2_scratch_tile);
          #pragma unroll
          for (int e = 0; e < 4; ++e) b_total[e] = load_f32(compute_2_scratch_read + 4 * (4 * lane + e)) + load_f32(compute_2_scratch_read + row_major<512>(1, 4 * (4 * lane + e))) + (load_f32(compute_2_scratch_read + row_major<512>(2, 4 * (4 * lane + e))) + load_f32(compute_2_scratch_read + row_major<512>(3, 4 * (4 * lane + e))));
        }
        b_total_staged_phase ^= 1;
        mbar_wait(b_total_staged_empty, b_total_staged_phase ^ 1);
        if ((warp & 3) == 0) {
          #pragma unroll
          for (int e = 0; e < 4; ++e) store_f32(b_total_staged + 4 * (4 * lane + e), b_total[e]);
        }
        #pragma unroll
        for (int r = 0; r < 2; ++r) b_total_rows_0[r] = of_lane<4>(b_total, lane_row + 8 * r);
        #pragma unroll
        for (int r = 0; r < 2; ++r) state_exp2_0[r] = exp2_approx(b_total_rows_0[r]);
        #pragma unroll
        for (int r = 0; r < 2; ++r) b_total_rows_1[r] = of_lane<4>(b_total, 64 + lane_row + 8 * r);
        #pragma unroll
        for (int r = 0; r < 2; ++r) state_exp2_1[r] = exp2_approx(b_total_rows_1[r]);
        __syncwarp();
        if (lane == 0) mbar_arrive(b_total_staged_full);
        demand<2>(state_exp2_0, trips);
        demand<2>(state_exp2_1, trips);
        __syncwarp();
        if (lane == 0) mbar_arrive(gate_empty);
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
        bar_arrive<3, 256>();  // turn_3
      }
      // ---- period trips
      // state.to_bf16, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      // state, iteration trips - 2
      if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
      if (lane == 0) mbar_arrive(k_decayed_shared_empty + k_decayed_shared_slot * 8);
      // state.to_bf16, iteration trips - 1
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
      // state.multiply, iteration trips - 1
      mbar_wait(open, 1);
      {
        const float nothing = load_zero(zero);
        #pragma unroll
        for (int r = 0; r < 2; ++r) {
          state_exp2_0[r] += nothing;
          state_exp2_1[r] += nothing;
        }
      }
      pin_f32x64(state_0);
      pin_f32x64(state_1);
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_0[i] = state_0[i] * state_exp2_0[row_of(i)];
      #pragma unroll
      for (int i = 0; i < 64; ++i) state_1[i] = state_1[i] * state_exp2_1[row_of(i)];
      pin_f32x64(state_0);
      pin_f32x64(state_1);
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
      wgmma_wait<0>();
      pin_f32x64(state_0);
      pin_f32x64(state_1);
    }
  } else if (warp / 4 == 3) {
    // ---- compute-3
    fewer_registers<96>();
    u32 state_to_bf16_shared_phase = 1;
    u32 q_decayed_staged_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    u32 causal_to_bf16_staged_phase = 1;
    u32 o_tile_2_to_bf16_shared_filled_phase = 1;
    u32 o_tile_2_to_bf16_shared_phase = 1;
    float o_tile_2[64];
    if (trips > 0) {
      // ---- period 0
      // o_tile, iteration 0
      state_to_bf16_shared_phase ^= 1;
      mbar_wait(state_to_bf16_shared_full, state_to_bf16_shared_phase);
      q_decayed_staged_phase ^= 1;
      mbar_wait(q_decayed_staged_full, q_decayed_staged_phase);
      bar_sync<1, 256>();  // turn_1
      {
        const u64 left = descriptor(q_decayed_staged_chunk, 0x4000004000010000);
        const u64 right = descriptor(state_to_bf16_shared_tile_chunk, 0x4000004004000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left, right, 0);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 2, right + 128, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 4, right + 256, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 6, right + 384, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 512, right + 512, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 514, right + 640, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 516, right + 768, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 518, right + 896, 1);
        wgmma_commit();
      }
      // o_tile_2, iteration 0
      wgmma_wait<0>();
      pin_f32x64(o_tile_2);
      // o_tile, iteration 0
      if (lane == 0) mbar_arrive(state_to_bf16_shared_empty);
      if (lane == 0) mbar_arrive(q_decayed_staged_empty);
      // o_tile_2, iteration 0
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      causal_to_bf16_staged_phase ^= 1;
      mbar_wait(causal_to_bf16_staged_full, causal_to_bf16_staged_phase);
      {
        const u64 left = descriptor(causal_to_bf16_staged_chunk, 0x4000004000010000);
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
        wgmma_fence();
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left, right, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 2, right + 128, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 4, right + 256, 1);
        wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 6, right + 384, 1);
        wgmma_commit();
      }
      bar_arrive<2, 256>();  // turn_2
      #pragma unroll 1
      for (int t = 1; t < trips; ++t) {
        // o_tile_2.to_bf16, iteration t - 1
        wgmma_wait<0>();
        pin_f32x64(o_tile_2);
        // o_tile_2, iteration t - 1
        if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
        if (lane == 0) mbar_arrive(causal_to_bf16_staged_empty);
        // store_o, iteration t - 2
        if (t - 2 >= 0) {
          if (warp == 12 && elect()) copies_wait_read();
          if (warp == 12 && elect()) mbar_arrive(o_tile_2_to_bf16_shared_empty);
        }
        // o_tile_2.to_bf16, iteration t - 1
        pin_f32x64(o_tile_2);
        o_tile_2_to_bf16_shared_filled_phase ^= 1;
        mbar_wait(o_tile_2_to_bf16_shared_empty, o_tile_2_to_bf16_shared_filled_phase ^ 1);
        {
          const u32 tile = unknown(o_tile_2_to_bf16_shared_tile);
          const u32 row = 16 * (warp & 3) + (lane & 15);
          #pragma unroll
          for (int i = 0; i < 64; i += 8) {
            const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
            stmatrix(at,
                     pack_bf16(o_tile_2[i], o_tile_2[i + 1]),
                     pack_bf16(o_tile_2[i + 2], o_tile_2[i + 3]),
                     pack_bf16(o_tile_2[i + 4], o_tile_2[i + 5]),
                     pack_bf16(o_tile_2[i + 6], o_tile_2[i + 7]));
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) mbar_arrive(o_tile_2_to_bf16_shared_full);
        // store_o, iteration t - 1
        o_tile_2_to_bf16_shared_phase ^= 1;
        if (warp == 12 && elect()) {
          mbar_wait(o_tile_2_to_bf16_shared_full, o_tile_2_to_bf16_shared_phase);
        }
        if (warp == 12 && elect()) {
          tma_store_3d(&o_map, o_tile_2_to_bf16_shared_tile, j_2 * 128, t * 64 - 64, h);
          tma_store_3d(&o_map, o_tile_2_to_bf16_shared_tile + 8192, j_2 * 128 + 64, t * 64 - 64, h);
          copies_commit();
        }
        // o_tile
        state_to_bf16_shared_phase ^= 1;
        mbar_wait(state_to_bf16_shared_full, state_to_bf16_shared_phase);
        q_decayed_staged_phase ^= 1;
        mbar_wait(q_decayed_staged_full, q_decayed_staged_phase);
        bar_sync<1, 256>();  // turn_1
        {
          const u64 left = descriptor(q_decayed_staged_chunk, 0x4000004000010000);
          const u64 right = descriptor(state_to_bf16_shared_tile_chunk, 0x4000004004000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left, right, 0);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 2, right + 128, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 4, right + 256, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 6, right + 384, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 512, right + 512, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 514, right + 640, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 516, right + 768, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 518, right + 896, 1);
          wgmma_commit();
        }
        // o_tile_2
        wgmma_wait<0>();
        pin_f32x64(o_tile_2);
        // o_tile
        if (lane == 0) mbar_arrive(state_to_bf16_shared_empty);
        if (lane == 0) mbar_arrive(q_decayed_staged_empty);
        // o_tile_2
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        causal_to_bf16_staged_phase ^= 1;
        mbar_wait(causal_to_bf16_staged_full, causal_to_bf16_staged_phase);
        {
          const u64 left = descriptor(causal_to_bf16_staged_chunk, 0x4000004000010000);
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 1024, 0x4000004002000000);
          wgmma_fence();
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left, right, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 2, right + 128, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 4, right + 256, 1);
          wgmma_m64n128k16_bf16_k_mn(o_tile_2, left + 6, right + 384, 1);
          wgmma_commit();
        }
        bar_arrive<2, 256>();  // turn_2
      }
      // ---- period trips
      // o_tile_2.to_bf16, iteration trips - 1
      wgmma_wait<0>();
      pin_f32x64(o_tile_2);
      // o_tile_2, iteration trips - 1
      if (lane == 0) mbar_arrive(v_tile_empty + v_tile_slot * 8);
      if (lane == 0) mbar_arrive(causal_to_bf16_staged_empty);
      // store_o, iteration trips - 2
      if (trips - 2 >= 0) {
        if (warp == 12 && elect()) copies_wait_read();
        if (warp == 12 && elect()) mbar_arrive(o_tile_2_to_bf16_shared_empty);
      }
      // o_tile_2.to_bf16, iteration trips - 1
      pin_f32x64(o_tile_2);
      o_tile_2_to_bf16_shared_filled_phase ^= 1;
      mbar_wait(o_tile_2_to_bf16_shared_empty, o_tile_2_to_bf16_shared_filled_phase ^ 1);
      {
        const u32 tile = unknown(o_tile_2_to_bf16_shared_tile);
        const u32 row = 16 * (warp & 3) + (lane & 15);
        #pragma unroll
        for (int i = 0; i < 64; i += 8) {
          const u32 at = tile + swizzled<128, 64>(row, 4 * i + (lane >> 4) * 16);
          stmatrix(at,
                   pack_bf16(o_tile_2[i], o_tile_2[i + 1]),
                   pack_bf16(o_tile_2[i + 2], o_tile_2[i + 3]),
                   pack_bf16(o_tile_2[i + 4], o_tile_2[i + 5]),
                   pack_bf16(o_tile_2[i + 6], o_tile_2[i + 7]));
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) mbar_arrive(o_tile_2_to_bf16_shared_full);
      // store_o, iteration trips - 1
      o_tile_2_to_bf16_shared_phase ^= 1;
      if (warp == 12 && elect()) {
        mbar_wait(o_tile_2_to_bf16_shared_full, o_tile_2_to_bf16_shared_phase);
      }
      if (warp == 12 && elect()) {
        tma_store_3d(&o_map, o_tile_2_to_bf16_shared_tile, j_2 * 128, trips * 64 - 64, h);
        tma_store_3d(&o_map, o_tile_2_to_bf16_shared_tile + 8192, j_2 * 128 + 64, trips * 64 - 64, h);
        copies_commit();
      }
      if (warp == 12 && elect()) copies_wait();
    }
  }
}
