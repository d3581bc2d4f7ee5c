// Tensor Memory: 128 lanes of 512 columns of 32 bits. Who has which columns, loads and stores.
// PTX ISA, tcgen05: addressing, allocation, access restrictions, fragments of shape .32x32b.
#pragma once
#include "tensor_fences.h"
#include <initializer_list>

namespace host {

constexpr u32 FEWEST = 32, MOST_MOVED = 128;  // columns

using Registers = std::initializer_list<u32*>;  // of one thread
struct Allocated { u32 first, columns, warp; };
// What a warp moves: the registers of its lanes, and how much of it is not done.
struct Mover {
  u32 address[32], *registers[32][MOST_MOVED];
  int loads = 0, stores = 0;
};

u32 tensor_words[LANES][COLUMNS];
std::vector<Allocated> allocated;
std::vector<Mover> movers;
bool permit;

const char ALLOC[] = "tcgen05.alloc", DEALLOC[] = "tcgen05.dealloc", PERMIT[] = "relinquish",
           LD[] = "tcgen05.ld", ST[] = "tcgen05.st", WAIT_LD[] = "tcgen05.wait::ld",
           WAIT_ST[] = "tcgen05.wait::st";

// The columns from an address on are some warp's.
void check_columns(const char* what, u32 first, u32 count) {
  for (auto& one : allocated)
    if (one.first <= first && first + count <= one.first + one.columns) return;
  fault("%s: columns %u to %u are not allocated", what, first, first + count - 1);
}

void poison(u32 first, u32 columns) {
  for (auto& lane : tensor_words) std::fill_n(lane + first, columns, ~0u);  // NaN
}

// ---- allocation

void start_tensors() {
  start_fences();
  allocated.clear();
  movers = std::vector<Mover>(blockDim.x / 32);
  permit = true;
  poison(0, COLUMNS);
}

void end_tensors() {
  for (auto& one : allocated) fault("ends with %u columns of Tensor Memory", one.columns);
}

// One act of a warp, all lanes of which give the same operands.
template <class Act> void together(const char* what, u32 first, u32 second, Act act) {
  u32* words = here().words[threadIdx.x % 32];
  words[0] = first, words[1] = second;
  meet(what, [&] {
    for (auto& other : here().words)
      if (other[0] != first || other[1] != second) fault("%s: lanes with other operands", what);
    act();
    return 0;
  });
}

// Where the columns lie is open; the seed picks a place.
void allocate_tensors(u32 slot, u32 columns) {
  together(ALLOC, slot, columns, [=] {
    if (columns < FEWEST || columns > COLUMNS || columns & (columns - 1))
      fault("%u columns cannot be allocated", columns);
    if (!permit) fault("the permit to allocate is given up");
    if (!allocated.empty()) fault("a second allocation");
    const u32 first = seed % (COLUMNS / columns) * columns;
    allocated.push_back({first, columns, threadIdx.x / 32});
    *at<u32>(slot) = first;
  });
}

void relinquish_permit() {
  together(PERMIT, 0, 0, [] { permit = false; });
}

void free_tensors(u32 address, u32 columns) {
  together(DEALLOC, address, columns, [=] {
    if (allocated.empty() || allocated[0].first != address || allocated[0].columns != columns)
      fault("%u columns at %u were not allocated", columns, address);
    if (allocated[0].warp != threadIdx.x / 32)
      fault("warp %u has allocated what another one frees", allocated[0].warp);
    auto own = std::make_shared<Access>(Access{DEALLOC, threadIdx.x, NO_PIPE, true});
    touch_all(own, {address, columns});
    allocated.clear();
  });
}

// ---- loads and stores

Mover& mover() { return movers[threadIdx.x / 32]; }

// All lanes give the same address: the first of the warp's own lanes.
u32 check_move(const char* what, const Mover& of, u32 count) {
  const u32 address = of.address[0], lane = threadIdx.x / 32 % 4 * QUARTER;
  for (u32 other : of.address)
    if (other != address) fault("%s: lanes with other addresses", what);
  if (address >> 16 != lane)
    fault("%s: the warp reaches lanes from %u on, not from %u on", what, lane, address >> 16);
  check_columns(what, address & 0xffff, count);
  return address;
}

// All lanes give their registers, the last one starts the move.
template <class Start> void move(const char* what, u32 address, Registers registers, Start start) {
  Mover& one = mover();
  one.address[threadIdx.x % 32] = address;
  std::copy(registers.begin(), registers.end(), one.registers[threadIdx.x % 32]);
  meet(what, [&] {
    const u32 count = registers.size();
    const u32 where = check_move(what, one, count);
    touch_own(what, what == ST, threadIdx.x / 32 % 4, {where & 0xffff, count});
    start(one, where, count);
    return 0;
  });
}

// What is in the registers before the wait is not said: NaN.
void load_tensor(u32 address, Registers registers) {
  move(LD, address, registers, [](Mover& one, u32 from, u32 count) {
    std::vector<u32*> to;
    for (auto& lane : one.registers) to.insert(to.end(), lane, lane + count);
    for (u32* each : to) *each = ~0u;
    ++one.loads;
    later(TENSOR_LOAD, next_chain++, [=, &one] {
      check_columns(LD, from & 0xffff, count);
      for (u32 i = 0; i < 32 * count; ++i)
        *to[i] = tensor_words[(from >> 16) + i / count][(from & 0xffff) + i % count];
      --one.loads;
    });
  });
}

// What is stored was read when the instruction was issued.
void store_tensor(u32 address, Registers registers) {
  move(ST, address, registers, [](Mover& one, u32 to, u32 count) {
    std::vector<u32> from;
    for (auto& lane : one.registers)
      for (u32 i = 0; i < count; ++i) from.push_back(*lane[i]);
    ++one.stores;
    later(TENSOR_STORE, next_chain++, [=, &one] {
      check_columns(ST, to & 0xffff, count);
      for (u32 i = 0; i < 32 * count; ++i)
        tensor_words[(to >> 16) + i / count][(to & 0xffff) + i % count] = from[i];
      --one.stores;
    });
  });
}

void wait_loads() {
  meet(WAIT_LD, [] { return 0; });
  wait(WAIT_LD, 0, 0, [&one = mover()] { return !one.loads; });
  moves_are_over(false);
}

void wait_stores() {
  meet(WAIT_ST, [] { return 0; });
  wait(WAIT_ST, 0, 0, [&one = mover()] { return !one.stores; });
  moves_are_over(true);
}

void end_moves() {
  if (mover().loads || mover().stores) fault("ends before its loads and stores are over");
}

}  // namespace host
