typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
struct alignas(64) TMap { u64 words[16]; };
#define DEV __device__ __forceinline__

// ---- mbarriers

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

// ---- threads and named barriers

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

// The end of a thread: a named barrier waits for all threads of a warp that have not ended.
DEV void leave() { asm volatile("exit;"); }

// The same by one elected thread, which counts as its whole warp: the others have left.
template <int Barrier, int Threads> DEV void bar_sync_alone() {
  asm volatile("barrier.sync %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

template <int Barrier, int Threads> DEV void bar_arrive_alone() {
  asm volatile("barrier.arrive %0, %1;" :: "n"(Barrier), "n"(Threads) : "memory");
}

// ---- asynchronous copies and shared memory

DEV void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

DEV void copies_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

DEV void copies_wait() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }

DEV void copies_wait_read() { asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }

// Copies 4 bytes, or zeros, and arrives at an mbarrier that counts on it when they have landed.
DEV void copy_element(u32 target, const void* source, bool inside, u32 barrier) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n"
               "cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%3];"
               :: "r"(target), "l"(source), "r"(inside ? 4 : 0), "r"(barrier) : "memory");
}

// The oldest copies: all but the last few.
template <int Pending> DEV void copies_wait_but() {
  asm volatile("cp.async.bulk.wait_group %0;" :: "n"(Pending) : "memory");
}

template <int Pending> DEV void copies_wait_read_but() {
  asm volatile("cp.async.bulk.wait_group.read %0;" :: "n"(Pending) : "memory");
}

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

// Two elements of 16 bits.
DEV void store_pair_16(u32 address, u32 pair) {
  asm volatile("st.shared.u32 [%0], %1;" :: "r"(address), "r"(pair) : "memory");
}

DEV void store_pair_i32(u32 address, int a, int b) {
  asm volatile("st.shared.v2.s32 [%0], {%1, %2};" :: "r"(address), "r"(a), "r"(b) : "memory");
}

// Two elements of 8 bits.
DEV void store_pair_8(u32 address, u32 pair) {
  asm volatile("st.shared.u16 [%0], %1;" :: "r"(address), "h"((u16)pair) : "memory");
}

// A zero of which nothing is known before the load is done.
DEV float load_zero(u32 address) {
  float zero;
  asm volatile("ld.volatile.shared.f32 %0, [%1];" : "=f"(zero) : "r"(address) : "memory");
  return zero;
}

DEV void store_zero(u32 address) { asm volatile("st.shared.f32 [%0], 0f00000000;" :: "r"(address) : "memory"); }

// ---- wgmma

DEV void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

DEV void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int Pending> DEV void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(Pending) : "memory");
}

// A matrix descriptor: where the operand begins, in chunks of 16 bytes, and its layout in the other
// bits. Shared memory ends below 2^18 bytes: a start has 14 bits.
DEV u64 descriptor(u32 chunk, u64 layout) { return layout | chunk; }

// ---- fragments: element i of a thread

DEV constexpr int row_of(int i) { return (i >> 1) & 1; }

DEV constexpr int column_of(int i) { return 2 * (i >> 2) + (i & 1); }

DEV constexpr int column_at(int i) { return 8 * (i >> 2) + (i & 1); }

// Over the four lanes that share a row.
template <class T> DEV T quad_max(T x) {
  x = max(x, __shfl_xor_sync(~0u, x, 1));
  return max(x, __shfl_xor_sync(~0u, x, 2));
}

template <class T> DEV T quad_min(T x) {
  x = min(x, __shfl_xor_sync(~0u, x, 1));
  return min(x, __shfl_xor_sync(~0u, x, 2));
}

template <class T> DEV T quad_sum(T x) {
  x += __shfl_xor_sync(~0u, x, 1);
  return x + __shfl_xor_sync(~0u, x, 2);
}

// ---- numbers

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

DEV float sqrt_approx(float x) {
  float y;
  asm("sqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float rsqrt_approx(float x) {
  float y;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float tanh_approx(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Within 2 units in the last place; 0 where |y| > 2^126, infinite where |y| < 2^-126.
DEV float divide(float x, float y) { return x * reciprocal(y); }

DEV float sigmoid(float x) { return reciprocal(1.0f + exp2_approx(x * -1.44269504f)); }

// Rounded to minus infinity, as Python does; y > 0 is not assumed.
DEV int floor_divide(int x, int y) { return x / y - (x % y != 0 && (x % y < 0) != (y < 0)); }

DEV int floor_remainder(int x, int y) { return x - floor_divide(x, y) * y; }

DEV int ceil_divide(int x, int y) { return -floor_divide(-x, y); }

DEV float floor_quotient(float x, float y) { return floorf(__fdiv_rn(x, y)); }

DEV float floor_modulo(float x, float y) { return x - floor_quotient(x, y) * y; }

// ---- narrow types: two in a register, the first one in its lower half

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV u32 pack_fp16(float a, float b) {
  u32 pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV u32 pack_fp8e4m3(float a, float b) {
  u16 pair;
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV float unpack_bf16(u32 pair, int half = 0) {
  return __int_as_float(half ? pair & 0xffff0000u : pair << 16);
}

DEV float unpack_fp16(u32 pair, int half = 0) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"((u16)(half ? pair >> 16 : pair)));
  return x;
}

DEV float unpack_fp8e4m3(u32 pair, int half = 0) {
  u32 wide;
  asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(wide) : "h"((u16)pair));
  return unpack_fp16(wide, half);
}

DEV float round_bf16(float x) { return unpack_bf16(pack_bf16(x, 0.0f)); }

DEV float round_fp16(float x) { return unpack_fp16(pack_fp16(x, 0.0f)); }

DEV float round_fp8e4m3(float x) { return unpack_fp8e4m3(pack_fp8e4m3(x, 0.0f)); }

// ---- vectors: two neighbours that nobody writes, the first at a multiple of their size

DEV void load_pair_f32(const float* from, float& a, float& b) {
  asm("ld.global.nc.v2.f32 {%0, %1}, [%2];" : "=f"(a), "=f"(b) : "l"(from));
}

DEV void load_pair_bf16(const u16* from, float& a, float& b) {
  u32 pair;
  asm("ld.global.nc.u32 %0, [%1];" : "=r"(pair) : "l"(from));
  a = unpack_bf16(pair, 0);
  b = unpack_bf16(pair, 1);
}

DEV void load_pair_fp16(const u16* from, float& a, float& b) {
  u32 pair;
  asm("ld.global.nc.u32 %0, [%1];" : "=r"(pair) : "l"(from));
  a = unpack_fp16(pair, 0);
  b = unpack_fp16(pair, 1);
}

// ---- vectors, and elements one by one, in shared memory; across rows and lanes

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

DEV void store_i32(u32 address, int x) {
  asm volatile("st.shared.s32 [%0], %1;" :: "r"(address), "r"(x) : "memory");
}

DEV void store_bf16(u32 address, float x) {
  asm volatile("st.shared.u16 [%0], %1;" :: "r"(address), "h"((u16)pack_bf16(x, 0.0f)) : "memory");
}

DEV void store_fp16(u32 address, float x) {
  asm volatile("st.shared.u16 [%0], %1;" :: "r"(address), "h"((u16)pack_fp16(x, 0.0f)) : "memory");
}

// Loads that the compiler may order among themselves, but not before a wait.
DEV float load_f32(u32 address) { return *(const float*)__cvta_shared_to_generic(address); }

DEV int load_i32(u32 address) { return *(const int*)__cvta_shared_to_generic(address); }

DEV float load_bf16(u32 address) { return unpack_bf16(*(const u16*)__cvta_shared_to_generic(address)); }

DEV float load_fp16(u32 address) { return unpack_fp16(*(const u16*)__cvta_shared_to_generic(address)); }

DEV bool load_bool(u32 address) { return *(const u8*)__cvta_shared_to_generic(address) != 0; }

DEV float load_fp8e4m3(u32 address) { return unpack_fp8e4m3(*(const u8*)__cvta_shared_to_generic(address)); }

// One of two neighbours, which are loaded together.
DEV float half_bf16(u32 address, int half) {
  return unpack_bf16(*(const u32*)__cvta_shared_to_generic(address), half);
}

DEV float half_fp16(u32 address, int half) {
  return unpack_fp16(*(const u32*)__cvta_shared_to_generic(address), half);
}

DEV float half_f32(u32 address, int half) {
  const float2 two = *(const float2*)__cvta_shared_to_generic(address);
  return half ? two.y : two.x;
}

// ---- stripes: four neighbouring columns, which the threads of a row take in turns

// The column of element i of a thread beyond its first one.
template <int Threads> DEV constexpr int stripe_at(int i) { return 4 * Threads * (i >> 2) + (i & 3); }

// Where a byte of a row lies in panels of 128 bytes with TMA's swizzle, which goes by the address:
// of fewer than 8 rows a panel may begin within the pattern.
template <u32 Rows> DEV u32 in_panels(u32 row, u32 byte) {
  const u32 at = byte / 128 * (Rows * 128) + row * 128 + byte % 128;
  return at ^ (at >> 3 & 0x70);
}

// One of the four, which are loaded together.
DEV float fourth_bf16(u32 address, int which) {
  const uint2 four = *(const uint2*)__cvta_shared_to_generic(address);
  return unpack_bf16(which & 2 ? four.y : four.x, which & 1);
}

DEV float fourth_fp16(u32 address, int which) {
  const uint2 four = *(const uint2*)__cvta_shared_to_generic(address);
  return unpack_fp16(which & 2 ? four.y : four.x, which & 1);
}

DEV float fourth_f32(u32 address, int which) {
  const float4 four = *(const float4*)__cvta_shared_to_generic(address);
  return which & 2 ? (which & 1 ? four.w : four.z) : (which & 1 ? four.y : four.x);
}

DEV int fourth_i32(u32 address, int which) {
  const int4 four = *(const int4*)__cvta_shared_to_generic(address);
  return which & 2 ? (which & 1 ? four.w : four.z) : (which & 1 ? four.y : four.x);
}

// Two of four elements of 16 bits, as they are stored.
DEV u32 half_stripe(u32 address, int which) {
  const uint2 four = *(const uint2*)__cvta_shared_to_generic(address);
  return which ? four.y : four.x;
}

DEV void store_stripe_16(u32 address, u32 a, u32 b) {
  asm volatile("st.shared.v2.u32 [%0], {%1, %2};" :: "r"(address), "r"(a), "r"(b) : "memory");
}

DEV void store_stripe_f32(u32 address, float a, float b, float c, float d) {
  asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "f"(a), "f"(b), "f"(c), "f"(d) : "memory");
}

DEV void store_stripe_i32(u32 address, int a, int b, int c, int d) {
  asm volatile("st.shared.v4.s32 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

// Over the threads that share a row.
template <int Threads, class T> DEV T over_row_sum(T x) {
  for (int distance = Threads / 2; distance; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

template <int Threads, class T> DEV T over_row_max(T x) {
  for (int distance = Threads / 2; distance; distance /= 2) x = max(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

template <int Threads, class T> DEV T over_row_min(T x) {
  for (int distance = Threads / 2; distance; distance /= 2) x = min(x, __shfl_xor_sync(~0u, x, distance));
  return x;
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

DEV float column_max(float upper, float lower) {
  float x = fmaxf(upper, lower);
  for (int distance = 4; distance < 32; distance *= 2) x = fmaxf(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

DEV float column_min(float upper, float lower) {
  float x = fminf(upper, lower);
  for (int distance = 4; distance < 32; distance *= 2) x = fminf(x, __shfl_xor_sync(~0u, x, distance));
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

// Over the 32 lanes of a warp.
template <class T> DEV T warp_sum(T x) {
  for (int distance = 16; distance; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

template <class T> DEV T warp_max(T x) {
  for (int distance = 16; distance; distance /= 2) x = max(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

template <class T> DEV T warp_min(T x) {
  for (int distance = 16; distance; distance /= 2) x = min(x, __shfl_xor_sync(~0u, x, distance));
  return x;
}

// What the lanes before this one hold together.
template <class T> DEV T lanes_before(T x) {
  for (int distance = 1; distance < 32; distance *= 2) {
    const T before = __shfl_up_sync(~0u, x, distance);
    if (threadIdx.x % 32 >= distance) x += before;
  }
  const T total = __shfl_up_sync(~0u, x, 1);
  return threadIdx.x % 32 ? total : T(0);
}

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
