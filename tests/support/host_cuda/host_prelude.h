// What stands for the device functions that hold PTX, under their names. The others are the
// printer's own.
#pragma once
#include "products.h"

inline void* __cvta_shared_to_generic(u32 address) { return host::at<u8>(address); }

template <class T> T __shfl_sync(u32, T x, int lane) { return host::shuffle(x, lane & 31); }

template <class T> T __shfl_xor_sync(u32, T x, int distance) {
  return host::shuffle(x, (threadIdx.x % 32) ^ distance);
}

template <class T> T __shfl_up_sync(u32, T x, int distance) {
  const int lane = threadIdx.x % 32;
  return host::shuffle(x, lane < distance ? lane : lane - distance);
}

inline void __syncwarp() { host::meet(host::SYNC_WARP, [] { return 0; }); }

inline void __syncthreads() { host::pass(0, blockDim.x, host::come_together(0, blockDim.x)); }

DEV void mbar_init_all(u32 first, int count, u32 arrivals) {
  for (int i = 0; i < count; ++i)
    *host::at<host::Mbarrier>(first + 8 * i) = {0, arrivals, arrivals, 0, 1};
}
DEV void fence_mbar_init() {}
DEV void prefetch_map(const TMap*) {}
DEV void mbar_arrive(u32 barrier) { host::arrive(barrier); }
DEV void mbar_expect(u32 barrier, u32 bytes) { host::arrive(barrier, bytes); }
DEV void mbar_wait(u32 barrier, u32 parity) {
  host::mbarrier(barrier);
  host::wait("mbarrier.try_wait", barrier, parity,
             [=] { return host::mbarrier(barrier).phase != parity; });
}

DEV void mark(u32 marking, u64* sample, u64* word, u32 number, u32 period) {
  static u64 now = 0;
  if (marking & 1) *sample = ++now;
  if (marking & 2) *word = u64(period) << 32 | number;
}

DEV bool elect() {
  host::meet(host::ELECT, [] { return 0; });
  return threadIdx.x % 32 == host::elected();
}

template <int N> void fewer_registers() {}
template <int N> void more_registers() {}

template <int B, int Threads> void bar_sync() {
  host::pass(B, Threads, host::come_together(B, Threads));
}
template <int B, int Threads> void bar_arrive() { host::come_together(B, Threads); }
template <int B, int Threads> void bar_sync_alone() {
  host::pass(B, Threads, host::come(B, Threads));
}
template <int B, int Threads> void bar_arrive_alone() { host::come(B, Threads); }

DEV void fence_proxy_async() { host::fence_written(); }
DEV void copies_commit() { host::commit_copies(); }
DEV void copies_wait() { host::wait_copies("cp.async.bulk.wait_group", 0); }
DEV void copies_wait_read() { host::wait_copies("cp.async.bulk.wait_group.read", 0); }
template <int Pending> void copies_wait_but() {
  host::wait_copies("cp.async.bulk.wait_group", Pending);
}
template <int Pending> void copies_wait_read_but() {
  host::wait_copies("cp.async.bulk.wait_group.read", Pending);
}
DEV void copy_element(u32 target, const void* source, bool inside, u32 barrier) {
  host::copy_word(target, source, inside, barrier);
}

// Lanes 8 j to 8 j + 7 give the addresses of the rows of matrix j.
DEV void stmatrix(u32 address, u32 a, u32 b, u32 c, u32 d) {
  const int lane = threadIdx.x % 32;
  const u32 given[] = {address, a, b, c, d};
  memcpy(host::here().words[lane], given, sizeof given);
  auto& meeting = host::meet(host::STMATRIX, [] { return 0; });
  for (int j = 0; j < 4; ++j) {
    const u32 row = meeting.words[8 * j + lane / 4][0];
    if (row % 16) host::fault("stmatrix at %u, no multiple of 16", row);
    host::put<u32>(row + 4 * (lane % 4), given[1 + j]);
  }
}

struct alignas(8) TwoWords { u32 first, second; };

template <class T> void store_two(u32 address, T a, T b) {
  TwoWords two;
  memcpy(&two.first, &a, 4);
  memcpy(&two.second, &b, 4);
  host::put<TwoWords>(address, two);
}

DEV void store_pair_f32(u32 address, float a, float b) { store_two(address, a, b); }
DEV void store_pair_i32(u32 address, int a, int b) { store_two(address, a, b); }
DEV void store_pair_16(u32 address, u32 pair) { host::put<u32>(address, pair); }
DEV void store_stripe_16(u32 address, u32 a, u32 b) { host::put<uint2>(address, {a, b}); }
DEV void store_stripe_f32(u32 address, float a, float b, float c, float d) {
  host::put<float4>(address, {a, b, c, d});
}
DEV void store_stripe_i32(u32 address, int a, int b, int c, int d) {
  host::put<int4>(address, {a, b, c, d});
}
DEV void store_pair_8(u32 address, u32 pair) { host::put<u16>(address, u16(pair)); }
DEV float load_zero(u32 address) { return *host::at<float>(address); }
DEV void store_zero(u32 address) { host::put<float>(address, 0.0f); }
DEV void store_f32(u32 address, float x) { host::put<float>(address, x); }
DEV void store_i32(u32 address, int x) { host::put<int>(address, x); }
DEV void store_bf16(u32 address, float x) { host::put<u16>(address, host::narrow_bf16(x)); }
DEV void store_fp16(u32 address, float x) { host::put<u16>(address, host::narrow(x, host::FP16)); }

DEV void wgmma_fence() {}
DEV void wgmma_commit() { host::self->batches.push_back(host::self->products); }
template <int Pending> void wgmma_wait() { host::wait_products(Pending); }

DEV float exp2_approx(float x) { return host::flushed(exp2f(host::flushed(x))); }
DEV float log2_approx(float x) { return log2f(host::flushed(x)); }
DEV float sqrt_approx(float x) { return sqrtf(host::flushed(x)); }
DEV float rsqrt_approx(float x) { return 1.0f / sqrtf(host::flushed(x)); }
DEV float tanh_approx(float x) { return tanhf(x); }
DEV float reciprocal(float x) { return host::flushed(1.0f / host::flushed(x)); }

DEV u32 pack_bf16(float a, float b) { return host::narrow_bf16(a) | host::narrow_bf16(b) << 16; }
DEV u32 pack_fp16(float a, float b) {
  return host::narrow(a, host::FP16) | host::narrow(b, host::FP16) << 16;
}
DEV u32 pack_fp8e4m3(float a, float b) {
  return host::narrow(a, host::E4M3) | host::narrow(b, host::E4M3) << 8;
}
DEV float unpack_fp16(u32 pair, int half = 0) {
  return host::widen(half ? pair >> 16 : pair & 0xffff, host::FP16);
}
DEV float unpack_fp8e4m3(u32 pair, int half = 0) {
  return host::widen(pair >> 8 * half & 0xff, host::E4M3);
}

template <class T> void load_two(const T* from, T (&two)[2]) {
  if (u64(from) % sizeof two) host::fault("a pair is loaded that does not begin at a multiple");
  memcpy(two, from, sizeof two);
}
DEV void load_pair_f32(const float* from, float& a, float& b) {
  float two[2];
  load_two(from, two);
  a = two[0], b = two[1];
}
DEV void load_pair_bf16(const u16* from, float& a, float& b) {
  u16 two[2];
  load_two(from, two);
  a = host::widen(two[0], host::BF16), b = host::widen(two[1], host::BF16);
}
DEV void load_pair_fp16(const u16* from, float& a, float& b) {
  u16 two[2];
  load_two(from, two);
  a = host::widen(two[0], host::FP16), b = host::widen(two[1], host::FP16);
}

template <class T> T unknown(T x) { return x; }
template <int N, class T> void demand(T*, int) {}
