// Who may touch which part of Tensor Memory: what a thread has done is over, and told of behind
// fence::before_thread_sync; who comes next has passed fence::after_thread_sync since.
// PTX ISA, tcgen05: memory consistency model, canonical synchronization patterns.
#pragma once
#include "shared.h"
#include <memory>

namespace host {

constexpr u32 LANES = 128, COLUMNS = 512, QUARTER = LANES / 4, PART = 8;  // of columns
constexpr u64 NEVER = ~0ull;

// Of one thread, or of the warp whose first thread it is. Accesses in one pipe keep their order:
// the moves of a warp, which it waits for, and the products of a thread into one accumulator.
constexpr u32 MOVES = ~0u, NO_PIPE = ~0u - 1;
struct Access {
  const char* what;
  u32 thread, pipe;
  bool writes, is_over = false;
  u64 told = NEVER;
};
using Known = std::shared_ptr<Access>;

struct Columns { u32 first, count; };
struct Fences { u32 before = 0; std::vector<Known> open; };

std::vector<Known> touched[4][COLUMNS / PART];  // by quarter of the lanes: a write, or reads since
std::vector<Fences> fences;                     // of each warp
std::vector<u64> fenced;                        // when each thread has last passed one
u64 now;

void start_fences() {
  for (auto& quarter : touched)
    for (auto& part : quarter) part.clear();
  fences = std::vector<Fences>(blockDim.x / 32);
  fenced = std::vector<u64>(blockDim.x);
  now = 0;
}

void fence_after() { fenced[threadIdx.x] = ++now; }

// Once all lanes have passed it.
void fence_before() {
  Fences& own = fences[threadIdx.x / 32];
  if (++own.before % 32) return;
  for (auto& access : own.open)
    if (access->is_over) access->told = ++now;
}

// When all lanes of the warp had last passed a fence.
u64 warp_fenced() {
  const auto first = fenced.begin() + threadIdx.x / 32 * 32;
  return *std::min_element(first, first + 32);
}

void check_order(const Access& own, const Access& other, u64 since, u32 column) {
  if (!own.writes && !other.writes) return;
  if (own.thread == other.thread && own.pipe == other.pipe && own.pipe != NO_PIPE) return;
  if (other.told == NEVER)
    fault("%s at column %u: thread %u has not told of its %s", own.what, column, other.thread,
          other.what);
  if (other.told > since)
    fault("%s at column %u: no fence since thread %u has told of its %s", own.what, column,
          other.thread, other.what);
}

// An access of a thread, or of a warp, that had last passed a fence at `since`.
void touch(const Known& own, u64 since, u32 quarter, Columns columns) {
  for (u32 i = columns.first / PART; i < (columns.first + columns.count + PART - 1) / PART; ++i) {
    auto& part = touched[quarter][i];
    for (auto& other : part) check_order(*own, *other, since, i * PART);
    if (own->writes) part.clear();
    if (part.empty() || part.back() != own) part.push_back(own);
  }
}

void touch_all(const Known& own, Columns columns) {
  for (u32 quarter = 0; quarter < 4; ++quarter)
    touch(own, fenced[threadIdx.x], quarter, columns);
}

// A move of a warp, which is told of behind its wait.
void touch_own(const char* what, bool writes, u32 quarter, Columns columns) {
  auto own = std::make_shared<Access>(Access{what, threadIdx.x / 32 * 32, MOVES, writes});
  touch(own, warp_fenced(), quarter, columns);
  auto& open = fences[threadIdx.x / 32].open;
  const auto is_told = [](const Known& access) { return access->told != NEVER; };
  open.erase(std::remove_if(open.begin(), open.end(), is_told), open.end());
  open.push_back(own);
}

void moves_are_over(bool writes) {
  for (auto& access : fences[threadIdx.x / 32].open)
    if (access->writes == writes) access->is_over = true;
}

}  // namespace host
