// The threads of one block as fibers of one core. A fiber runs until it waits; if all wait, the
// asynchronous engine does one thing, and if it has none, the block hangs.
//
// Seed 0 is fair, and copies and products are done at once. With others a part of a warp runs as far
// as it can before the next, one kind of asynchronous work comes last of all, and the rest is done at
// once (seeds 4 to 7, 12 to 15, ..., where there are four kinds) or in random order when all threads
// wait.
#pragma once
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

struct Index3 { u32 x, y, z; };
Index3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

constexpr size_t STACK_BYTES = 256 << 10;
constexpr u32 SHARED_AT = 16;  // where dynamic shared memory begins: aligned as little as CUDA says
constexpr int FAULT = 3, DEADLOCK = 4;  // exit statuses

struct Fiber {
  ucontext_t entry;
  jmp_buf left;
  bool started = false, done = false;
  bool (*ready)(void*) = nullptr;
  void* asked = nullptr;
  const char* what = "";
  u32 where = 0, detail = 0;
  u64 products = 0, committed = 0;      // wgmma: issued, and issued before the last commit
  std::vector<u64> batches;             // products before each commit
  std::vector<int*> open;               // bulk copies that are in no group yet
  std::vector<std::vector<int*>> groups;  // copies of each group: 1 where done
};

enum Kind { LOAD, STORE, PRODUCT, WORD, TENSOR_LOAD, TENSOR_STORE };

struct Work { Kind kind; u64 chain; std::function<void()> act; };

std::vector<Fiber> fibers;
std::vector<Work> works;  // what the asynchronous engine has not done yet
Fiber* self;
jmp_buf scheduler;
u32 seed, shared_bytes;
u32 kinds = WORD + 1;  // of asynchronous work that there can be
std::vector<void (*)()> at_start, at_end, at_thread_end;  // what is checked, for each block
u64 random_state, next_chain = 1 << 20;
std::function<void()> thread_main;

u32 random_below(u32 limit) {
  random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
  return u32(random_state >> 33) % limit;
}

// PTX leaves open which lane it is; the seed picks one.
u32 elected() { return seed * 7 % 32; }

[[noreturn]] void fail(int status, const std::string& message) {
  fprintf(stderr, "block (%u, %u, %u): %s\n", blockIdx.x, blockIdx.y, blockIdx.z, message.c_str());
  fflush(stderr);
  _exit(status);
}

template <class... Values> [[noreturn]] void fault(const char* format, Values... values) {
  char text[400];
  snprintf(text, sizeof text, format, values...);
  fail(FAULT, "thread " + std::to_string(threadIdx.x) + ": " + text);
}

__attribute__((noinline)) void yield() {
  if (!_setjmp(self->left)) _longjmp(scheduler, 1);
}

// Until `ready()`; the words say what is waited for if that never comes.
template <class Ready> void wait(const char* what, u32 where, u32 detail, Ready ready) {
  if (ready()) return;
  self->ready = [](void* asked) { return (*static_cast<Ready*>(asked))(); };
  self->asked = &ready;
  self->what = what, self->where = where, self->detail = detail;
  yield();
}

// Work of one chain keeps its order.
void later(Kind kind, u64 chain, std::function<void()> act) {
  const bool last = seed && Kind(seed % kinds) == kind;
  if (!seed || (!last && seed / kinds % 2)) act();
  else works.push_back({kind, chain, std::move(act)});
}

bool engine_step() {
  if (works.empty()) return false;
  std::vector<size_t> open;
  for (size_t i = 0; i < works.size(); ++i)
    if (works[i].kind != Kind(seed % kinds)) open.push_back(i);
  size_t chosen = open.empty() ? random_below(works.size()) : open[random_below(open.size())];
  for (size_t i = 0; i < chosen; ++i)
    if (works[i].chain == works[chosen].chain) chosen = i;
  auto act = std::move(works[chosen].act);
  works.erase(works.begin() + chosen);
  act();
  return true;
}

void enter() {
  thread_main();
  if (self->products && (self->batches.empty() || self->batches.back() != self->products))
    fault("ends with products that were not committed");
  if (!self->open.empty()) fault("ends with bulk copies that are in no group");
  for (auto& group : self->groups)
    for (int* done : group)
      if (!*done) fault("ends before its bulk copies have left shared memory");
  for (auto check : at_thread_end) check();
  self->done = true;
  _longjmp(scheduler, 1);
}

void resume(Fiber& fiber) {
  self = &fiber;
  threadIdx = {u32(&fiber - fibers.data()), 0, 0};
  if (_setjmp(scheduler)) return;
  if (fiber.started) _longjmp(fiber.left, 1);
  fiber.started = true;
  setcontext(&fiber.entry);
}

[[noreturn]] void deadlock() {
  std::map<std::string, std::vector<int>> waiting;
  for (size_t i = 0; i < fibers.size(); ++i) {
    if (fibers[i].done) continue;
    char text[200];
    snprintf(text, sizeof text, "%s at %u, %u", fibers[i].what, fibers[i].where, fibers[i].detail);
    waiting[text].push_back(int(i));
  }
  std::string all = "deadlock";
  for (auto& [what, who] : waiting)
    all += "\n  " + what + ": " + std::to_string(who.size()) + " threads, " +
           std::to_string(who.front()) + " to " + std::to_string(who.back());
  fail(DEADLOCK, all);
}

void start_fibers(u32 threads) {
  static u8* stacks = nullptr;
  if (!stacks)
    stacks = static_cast<u8*>(mmap(nullptr, STACK_BYTES * threads, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  fibers = std::vector<Fiber>(threads);
  for (u32 i = 0; i < threads; ++i) {
    getcontext(&fibers[i].entry);
    fibers[i].entry.uc_stack.ss_sp = stacks + STACK_BYTES * i;
    fibers[i].entry.uc_stack.ss_size = STACK_BYTES;
    makecontext(&fibers[i].entry, enter, 0);
  }
}

// Lane 0 and the elected one, or all others, of a warp; whether some lane could go on.
bool run_part(u32 part) {
  bool moved = false;
  for (u32 lane = 0; lane < 32; ++lane) {
    Fiber& fiber = fibers[part / 2 * 32 + lane];
    if (u32(lane && lane != elected()) != part % 2) continue;
    if (fiber.done || (fiber.started && !fiber.ready(fiber.asked))) continue;
    moved = true;
    resume(fiber);
  }
  return moved;
}

// One round: all parts of warps, or the first of them that can go on.
bool run_some(std::vector<u32>& order) {
  bool moved = false;
  if (seed && random_below(32) == 0) std::swap(order[random_below(order.size())], order[0]);
  for (u32 part : order) {
    moved |= run_part(part);
    if (moved && seed) break;
  }
  return moved;
}

void run_fibers() {
  std::vector<u32> order;
  for (u32 part = 0; part < fibers.size() / 16; ++part) order.push_back(part);
  for (u32 n = order.size(); seed && n > 1; --n) std::swap(order[n - 1], order[random_below(n)]);
  const auto ended = [](const Fiber& fiber) { return fiber.done; };
  while (!std::all_of(fibers.begin(), fibers.end(), ended))
    if (!run_some(order) && !engine_step()) deadlock();
  while (engine_step()) {}
}

}  // namespace host
