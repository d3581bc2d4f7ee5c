// Tensor maps and bulk copies: boxes, what lies outside, swizzles of address bits.
#pragma once
#include "shared.h"

namespace host {

struct Map {
  u8* array;
  int rank, element, swizzle, is_f32;
  long long dims[5], box[5], strides[5];  // innermost first; strides in bytes
};

constexpr u32 COPY_ALIGNMENT = 128;

// Chunks of 16 bytes change places by the number of the 128 bytes that they lie in.
u32 swizzle_address(u32 address, int span) {
  return span ? address ^ ((address >> 7 & (span / 16 - 1)) << 4) : address;
}

u32 box_bytes(const Map& map) {
  u32 bytes = map.element;
  for (int i = 0; i < map.rank; ++i) bytes *= map.box[i];
  return bytes;
}

// Each element of a box: where it lies in shared memory, and in the array; null if outside.
template <class Act> void each_element(const Map& map, u32 shared, const int* first, Act act) {
  const u32 count = box_bytes(map) / map.element;
  long long place[5] = {};
  for (u32 e = 0; e < count; ++e) {
    u8* global = map.array;
    for (int i = 0; i < map.rank; ++i) {
      const long long x = first[i] + place[i];
      if (x < 0 || x >= map.dims[i]) global = nullptr;
      if (global) global += x * map.strides[i];
    }
    act(swizzle_address(shared + e * map.element, map.swizzle), global);
    for (int i = 0; i < map.rank && ++place[i] == map.box[i]; ++i) place[i] = 0;
  }
}

const Map& map_of(const TMap* map, u32 shared, int rank) {
  const Map& found = *reinterpret_cast<const Map*>(map->words[0]);
  if (found.rank != rank) fault("a copy of %d dimensions through a map of %d", rank, found.rank);
  if (shared % COPY_ALIGNMENT) fault("a copy at %u, no multiple of %u", shared, COPY_ALIGNMENT);
  return found;
}

struct Place { int x[5]; };

void load(u32 shared, const TMap* from, u32 full, int rank, Place first) {
  const Map& map = map_of(from, shared, rank);
  mbarrier(full);
  later(LOAD, next_chain++, [=, &map] {
    each_element(map, shared, first.x, [&](u32 place, u8* global) {
      u8* to = write_at<u8>(place, map.element);
      if (global) memcpy(to, global, map.element);
      else memset(to, 0, map.element);
    });
    complete(full, box_bytes(map));
  });
}

void store(const TMap* to, u32 shared, bool add, int rank, Place first) {
  const Map& map = map_of(to, shared, rank);
  if (add && !map.is_f32) fault("only f32 is added here");
  int* done = new int(0);
  self->open.push_back(done);
  later(STORE, next_chain++, [=, &map] {
    each_element(map, shared, first.x, [&](u32 place, u8* global) {
      u8* from = read_at<u8>(place, map.element);
      if (!global) return;
      if (add) *reinterpret_cast<float*>(global) += *reinterpret_cast<float*>(from);
      else memcpy(global, from, map.element);
    });
    *done = 1;
  });
}

void commit_copies() {
  self->groups.push_back(std::move(self->open));
  self->open.clear();
}

// All groups but the last `pending`.
void wait_copies(const char* what, u32 pending) {
  wait(what, pending, 0, [pending, fiber = self] {
    for (size_t i = 0; i + pending < fiber->groups.size(); ++i)
      for (int* done : fiber->groups[i])
        if (!*done) return false;
    return true;
  });
}

// cp.async of 4 bytes: the arrival comes when all earlier ones of the thread have landed.
void copy_word(u32 target, const void* source, bool inside, u32 barrier) {
  u32* to = at<u32>(target);
  if (u64(source) % 4) fault("a copy from an address that is no multiple of 4");
  mbarrier(barrier);
  later(WORD, threadIdx.x, [=] {
    *to = inside ? *static_cast<const u32*>(source) : 0;
    arrive(barrier);
  });
}

}  // namespace host
