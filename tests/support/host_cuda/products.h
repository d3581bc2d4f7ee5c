// wgmma: the 128 threads of a group give their registers, and the last one to come completes the
// instruction. PTX ISA: fragments of D and A, matrix descriptor, canonical layouts.
#pragma once
#include "copies.h"
#include "numbers.h"
#include <deque>

namespace host {

enum Type { bf16, fp16, fp8e4m3 };
enum Major { r, k, mn };
constexpr int GROUP = 128, ROWS = 64, MOST = 256;

struct Shape { int columns; Type type; Major left, right; };
struct Instruction {
  Shape shape;
  float* d[GROUP];
  const u32* a[GROUP][4];
  u64 left, right;
  bool add;
  int count = 0;
};
struct Group { std::deque<Instruction> waiting; u64 first = 0, finished = 0; };
std::vector<Group> product_groups;

float element(u32 address, Type type) {
  if (type == fp8e4m3) return widen(*read_at<u8>(address), E4M3);
  const u32 bits = *read_at<u16>(address);
  return type == bf16 ? __int_as_float(bits << 16) : widen(bits, FP16);
}

// Element `along` of M or N, and `deep` of K.
float operand(u64 descriptor, Major major, Type type, int along, int deep) {
  const u32 start = (descriptor & 0x3fff) << 4, leading = (descriptor >> 16 & 0x3fff) << 4;
  const u32 stride = (descriptor >> 32 & 0x3fff) << 4;
  static const int spans[] = {0, 128, 64, 32};
  const int span = spans[descriptor >> 62], bytes = type == fp8e4m3 ? 1 : 2;
  if (!span) fault("an operand without swizzle");
  if (descriptor >> 49 & 7) fault("an operand with a base offset");
  u32 address = start;
  if (major == k) {
    address += along / 8 * stride + along % 8 * span + deep * bytes;
  } else {
    const u32 far = along * bytes;
    address += far / span * leading + deep / 8 * stride + deep % 8 * span + far % span;
  }
  return element(swizzle_address(address, span), type);
}

// Each of the four registers holds neighbours in K, 4 bytes of them.
float from_registers(const Instruction& one, int row, int deep) {
  const int each = one.shape.type == fp8e4m3 ? 4 : 2, half = 4 * each;
  const int thread = row / 16 * 32 + row % 8 * 4 + deep % half / each;
  const u32 word = *one.a[thread][row % 16 / 8 + 2 * (deep / half)];
  const int place = deep % each;
  if (each == 4) return widen(word >> 8 * place & 0xff, E4M3);
  const u32 bits = word >> 16 * place & 0xffff;
  return one.shape.type == bf16 ? __int_as_float(bits << 16) : widen(bits, FP16);
}

__attribute__((optimize("O3"))) void multiply(float (*d)[MOST], const float (*a)[32],
                                              const float (*b)[MOST], int depth, int columns) {
  for (int row = 0; row < ROWS; ++row)
    for (int deep = 0; deep < depth; ++deep) {
      const float x = a[row][deep];
      for (int c = 0; c < columns; ++c) d[row][c] += x * b[deep][c];
    }
}

void execute(const Instruction& one) {
  static float a[ROWS][32], b[32][MOST], d[ROWS][MOST];
  const auto [columns, type, left, right] = one.shape;
  const int depth = type == fp8e4m3 ? 32 : 16;
  for (int deep = 0; deep < depth; ++deep) {
    for (int row = 0; row < ROWS; ++row)
      a[row][deep] = left == r ? from_registers(one, row, deep)
                               : operand(one.left, left, type, row, deep);
    for (int c = 0; c < columns; ++c) b[deep][c] = operand(one.right, right, type, c, deep);
  }
  auto each = [&](auto act) {
    for (int t = 0; t < GROUP; ++t)
      for (int i = 0; i < columns / 2; ++i)
        act(one.d[t][i], d[t / 32 * 16 + t % 32 / 4 + 8 * (i / 2 % 2)]
                          [i / 4 * 8 + t % 4 * 2 + i % 2]);
  };
  each([&](float& own, float& all) { all = one.add ? own : 0.0f; });
  multiply(d, a, b, depth, columns);
  each([&](float& own, float& all) { own = all; });
}

void issue(Shape shape, float* d, const u32* const (&a)[4], u64 left, u64 right, u32 add) {
  Group& group = product_groups[threadIdx.x / GROUP];
  const u64 mine = self->products++;
  if (mine - group.first == group.waiting.size())
    group.waiting.push_back({shape, {}, {}, left, right, add != 0});
  Instruction& one = group.waiting[mine - group.first];
  if (one.left != left || one.right != right || one.add != (add != 0) ||
      one.shape.columns != shape.columns)
    fault("the threads of a group give different operands to a product");
  one.d[threadIdx.x % GROUP] = d;
  for (int i = 0; i < 4; ++i) one.a[threadIdx.x % GROUP][i] = a[i];
  if (++one.count < GROUP) return;
  later(PRODUCT, (1 << 16) + threadIdx.x / GROUP, [&group] {
    execute(group.waiting.front());
    group.waiting.pop_front();
    ++group.first;
    ++group.finished;
  });
}

template <int Columns, Type T, Major L, Major R>
void wgmma(float (&d)[Columns / 2], u64 a, u64 b, u32 accumulate) {
  issue({Columns, T, L, R}, d, {}, a, b, accumulate);
}

// References: registers may not be written before the product is done.
template <int Columns, Type T, Major L, Major R>
void wgmma(float (&d)[Columns / 2], u32& a0, u32& a1, u32& a2, u32& a3, u64 b, u32 accumulate) {
  issue({Columns, T, L, R}, d, {&a0, &a1, &a2, &a3}, 0, b, accumulate);
}

void wait_products(u32 pending) {
  const auto& batches = self->batches;
  const u64 wanted = batches.size() > pending ? batches[batches.size() - 1 - pending] : 0;
  Group& group = product_groups[threadIdx.x / GROUP];
  wait("wgmma.wait_group", pending, 0, [&] { return group.finished >= wanted; });
}

}  // namespace host
