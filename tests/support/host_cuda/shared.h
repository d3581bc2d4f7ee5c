// Shared memory, the lanes of a warp, mbarriers and named barriers.
#pragma once
#include "fibers.h"

alignas(1024) u8 memory[256 << 10];

inline u64 __cvta_generic_to_shared(const void* p) {
  return u64(static_cast<const u8*>(p) - memory) + host::SHARED_AT;
}

namespace host {

template <class T> T* at(u32 address, u32 count = 1) {
  if (address % sizeof(T)) fault("shared address %u is no multiple of %zu", address, sizeof(T));
  if (address < SHARED_AT || address + sizeof(T) * count > SHARED_AT + shared_bytes)
    fault("shared address %u is outside of the block's memory", address);
  return reinterpret_cast<T*>(memory + address - SHARED_AT);
}

// What a thread writes is not there for asynchronous work before its fence: by word, who wrote.
u16 unfenced[sizeof memory / 4];
std::vector<std::vector<u32>> written;  // words of each thread

template <class T> void put(u32 address, T value) {
  *at<T>(address) = value;
  const u32 mine = threadIdx.x + 1, at = address - SHARED_AT;
  for (u32 word = at / 4; word <= (at + sizeof(T) - 1) / 4; ++word) {
    if (unfenced[word] != mine) written[threadIdx.x].push_back(word);
    unfenced[word] = mine;
  }
}

void fence_written() {
  for (u32 word : written[threadIdx.x])
    if (unfenced[word] == threadIdx.x + 1) unfenced[word] = 0;
  written[threadIdx.x].clear();
}

// The same as `at`, by asynchronous work that reads, or that writes.
template <class T> T* read_at(u32 address, u32 count = 1) {
  T* found = at<T>(address, count);
  const u32 writer = unfenced[(address - SHARED_AT) / 4];
  if (writer) fault("no fence.proxy.async since thread %u has written to %u", writer - 1, address);
  return found;
}

template <class T> T* write_at(u32 address, u32 count) {
  unfenced[(address - SHARED_AT) / 4] = 0;
  return at<T>(address, count);
}

// ---- lanes

struct Meeting { u64 value[32]; u32 words[32][5]; u64 result; };
struct Warp { Meeting meetings[2]; u64 generation = 0; int count = 0; const char* what; };
std::vector<Warp> warps;

// All lanes come, the last one acts; what they left stays readable until the next but one meeting.
template <class Last> Meeting& meet(const char* what, Last last) {
  Warp& warp = warps[threadIdx.x / 32];
  const u64 generation = warp.generation;
  Meeting& meeting = warp.meetings[generation % 2];
  if (warp.count++ == 0) warp.what = what;
  if (warp.what != what) fault("is at %s, and other lanes at %s", what, warp.what);
  if (warp.count == 32) {
    meeting.result = last();
    warp.count = 0;
    ++warp.generation;
  } else {
    wait(what, warp.count, 0, [&] { return warp.generation != generation; });
  }
  return meeting;
}

Meeting& here() {
  Warp& warp = warps[threadIdx.x / 32];
  return warp.meetings[warp.generation % 2];
}

template <class T> T shuffle(T x, u32 from) {
  static const char what[] = "shfl.sync";
  memcpy(&here().value[threadIdx.x % 32], &x, sizeof x);
  Meeting& meeting = meet(what, [] { return 0; });
  T found;
  memcpy(&found, &meeting.value[from], sizeof found);
  return found;
}

const char SYNC_WARP[] = "syncwarp", ELECT[] = "elect.sync", BAR[] = "bar", STMATRIX[] = "stmatrix";

// ---- mbarriers, in the 8 bytes that are theirs

struct Mbarrier { long long bytes : 22; u64 pending : 20, expected : 20, phase : 1, valid : 1; };
static_assert(sizeof(Mbarrier) == 8);

Mbarrier& mbarrier(u32 address) {
  Mbarrier& found = *at<Mbarrier>(address);
  if (!found.valid || !found.expected || found.pending > found.expected)
    fault("no mbarrier at %u", address);
  return found;
}

void turn_over(Mbarrier& barrier) {
  if (barrier.pending || barrier.bytes) return;
  barrier.phase ^= 1;
  barrier.pending = barrier.expected;
}

void arrive(u32 address, u32 bytes = 0) {
  Mbarrier& barrier = mbarrier(address);
  if (!barrier.pending) fault("one arrival too many at the mbarrier at %u", address);
  barrier.bytes += bytes;
  --barrier.pending;
  turn_over(barrier);
}

void complete(u32 address, u32 bytes) {
  Mbarrier& barrier = mbarrier(address);
  barrier.bytes -= bytes;
  turn_over(barrier);
}

// ---- named barriers

struct Named { u32 threads = 0, count = 0; u64 generation = 0; };
Named named[16];

// The generation that this arrival belongs to.
u64 come(int barrier, u32 threads) {
  Named& one = named[barrier];
  if (one.count && one.threads != threads)
    fault("barrier %d has %u threads, and %u elsewhere", barrier, threads, one.threads);
  one.threads = threads;
  one.count += 32;
  const u64 mine = one.generation;
  if (one.count > threads) fault("too many threads at barrier %d", barrier);
  if (one.count == threads) one.count = 0, ++one.generation;
  return mine;
}

void pass(int barrier, u32 threads, u64 mine) {
  wait("bar.sync", barrier, threads, [&] { return named[barrier].generation != mine; });
}

u64 come_together(int barrier, u32 threads) {
  return meet(BAR, [&] { return come(barrier, threads); }).result;
}

void start_shared(u32 threads) {
  warps = std::vector<Warp>(threads / 32);
  for (Named& one : named) one = {};
  memset(memory, 0xff, sizeof memory);  // NaN, or -1
  memset(unfenced, 0, sizeof unfenced);
  written = std::vector<std::vector<u32>>(threads);
}

}  // namespace host
