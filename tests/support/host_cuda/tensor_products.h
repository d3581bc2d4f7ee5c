// tcgen05.mma and tcgen05.commit: one thread issues products of 128 rows, which end later; an
// mbarrier learns that all earlier ones of the thread are over.
// PTX ISA, tcgen05: shared memory descriptor, strides, canonical layouts, instruction descriptor of
// kind::f16, data path layout of M = 128, pipelined instructions.
#pragma once
#include "products.h"
#include "tensor_memory.h"

namespace host {

constexpr int DEPTH = 16;  // of kind::f16
const char MMA[] = "tcgen05.mma";

u32 field(u64 bits, int first, int last) {
  return u32(bits >> first & ((1ull << (last - first + 1)) - 1));
}

// ---- descriptors

struct SharedMatrix { u32 start, leading, stride; int span; bool is_mn_major; };

SharedMatrix decode_shared(u64 bits, bool is_mn_major) {
  static const int spans[] = {0, 0, 128, 0, 64, 0, 32, 0};
  const SharedMatrix found{field(bits, 0, 13) << 4, field(bits, 16, 29) << 4,
                           field(bits, 32, 45) << 4, spans[field(bits, 61, 63)], is_mn_major};
  if (field(bits, 14, 15) || field(bits, 30, 31)) fault("a descriptor with bits that have no sense");
  if (field(bits, 46, 48) != 1) fault("a descriptor of version %u", field(bits, 46, 48));
  if (field(bits, 49, 51)) fault("a descriptor with a base offset");
  if (field(bits, 52, 60)) fault("a descriptor with bits that have to be 0");
  if (!found.span) fault("a descriptor of swizzle %u", field(bits, 61, 63));
  // The pattern of 8 rows begins at a multiple of its size: there is no base offset.
  if (found.start % (8 * found.span) >= u32(found.span))
    fault("an operand at %u, within the pattern of its swizzle", found.start);
  return found;
}

// Element `along` of M or N, and `deep` of K: 2 bytes.
u32 place_of(const SharedMatrix& in, int along, int deep) {
  const int minor = in.is_mn_major ? deep : along, major = in.is_mn_major ? along : deep;
  const int each = in.span / 2;  // elements of a row of the pattern
  u32 address = in.start + minor % 8 * in.span + minor / 8 * in.stride + major % each * 2;
  if (in.is_mn_major) address += major / each * in.leading;
  const u32 chunk = address >> 4, turn = address >> 7 & (in.span / 16 - 1);
  return (chunk ^ turn) << 4 | (address & 15);
}

struct Product {
  u32 d, rows, columns;
  Type left_type, right_type;
  bool left_mn, right_mn, add;
  bool is_left_tensor;
  u32 left_tensor;
  u64 left, right;
};

void decode_instruction(u32 bits, Product& to) {
  static const Type types[] = {fp16, bf16};
  if (field(bits, 0, 3) || field(bits, 6, 6) || field(bits, 23, 23) || field(bits, 29, 31))
    fault("an instruction that is sparse, or with bits that have to be 0");
  if (field(bits, 4, 5) != 1) fault("a product whose results are not f32");
  if (field(bits, 7, 9) > 1 || field(bits, 10, 12) > 1) fault("operands of an unknown type");
  if (field(bits, 13, 14)) fault("an operand is negated");
  to.left_type = types[field(bits, 7, 9)], to.right_type = types[field(bits, 10, 12)];
  if (to.left_type != to.right_type) fault("operands of two types");
  to.left_mn = field(bits, 15, 15), to.right_mn = field(bits, 16, 16);
  to.columns = field(bits, 17, 22) * 8, to.rows = field(bits, 24, 28) * 16;
  if (to.rows != LANES) fault("a product of %u rows", to.rows);
  if (!to.columns || to.columns % 16 || to.columns > MOST)
    fault("a product of 128 rows and %u columns", to.columns);
}

// ---- products

// What a thread has issued, and the mbarriers that wait for it: each for all products before one.
struct Commit { u64 products; u32 barrier; std::vector<Known> accesses; };
struct Issuer {
  u64 issued = 0, committed = 0;
  std::vector<u64> open;  // not over yet, the oldest first
  std::vector<Known> accesses;  // since the last commit
  std::vector<Commit> commits;
};
std::vector<Issuer> issuers;

void start_products() { issuers = std::vector<Issuer>(blockDim.x); }

void end_products() {
  const Issuer& own = issuers[threadIdx.x];
  if (own.issued != own.committed) fault("ends with products that were not committed");
}

// Two in each column, the first one in the lower half.
float tensor_element(u32 lane, u32 first, int deep, Type type) {
  const u32 bits = tensor_words[lane][first + deep / 2] >> 16 * (deep % 2) & 0xffff;
  return type == bf16 ? __int_as_float(bits << 16) : widen(bits, FP16);
}

__attribute__((optimize("O3"))) void add_row(float* d, const float* a, const float (*b)[MOST],
                                             u32 columns) {
  for (int deep = 0; deep < DEPTH; ++deep)
    for (u32 c = 0; c < columns; ++c) d[c] += a[deep] * b[deep][c];
}

void check_product(const Product& one) {
  check_columns(MMA, one.d, one.columns);
  if (one.is_left_tensor) check_columns(MMA, one.left_tensor, DEPTH / 2);
}

void execute(const Product& one) {
  static float b[DEPTH][MOST];
  const SharedMatrix right = decode_shared(one.right, one.right_mn);
  const SharedMatrix left = one.is_left_tensor ? right : decode_shared(one.left, one.left_mn);
  check_product(one);
  for (int deep = 0; deep < DEPTH; ++deep)
    for (u32 c = 0; c < one.columns; ++c)
      b[deep][c] = element(place_of(right, c, deep), one.right_type);
  for (u32 row = 0; row < LANES; ++row) {
    float a[DEPTH], d[MOST] = {};
    for (int deep = 0; deep < DEPTH; ++deep)
      a[deep] = one.is_left_tensor ? tensor_element(row, one.left_tensor, deep, one.left_type)
                                   : element(place_of(left, row, deep), one.left_type);
    u32* words = &tensor_words[row][one.d];
    if (one.add) memcpy(d, words, 4 * one.columns);
    add_row(d, a, b, one.columns);
    memcpy(words, d, 4 * one.columns);
  }
}

// A product is over: the commits for it and all before it arrive.
void settle(Issuer& issuer) {
  auto& commits = issuer.commits;
  while (!commits.empty() && (issuer.open.empty() || issuer.open[0] >= commits[0].products)) {
    for (auto& access : commits[0].accesses) access->told = ++now;
    arrive(commits[0].barrier);
    commits.erase(commits.begin());
  }
}

// What a product reads and writes of Tensor Memory, by all lanes.
void touch_operands(const Product& one, Issuer& issuer) {
  auto& accesses = issuer.accesses;
  if (one.is_left_tensor) {
    accesses.push_back(std::make_shared<Access>(Access{MMA, threadIdx.x, NO_PIPE, false}));
    touch_all(accesses.back(), {one.left_tensor, DEPTH / 2});
  }
  const u32 pipe = one.d << 16 | one.columns;
  accesses.push_back(std::make_shared<Access>(Access{MMA, threadIdx.x, pipe, true}));
  touch_all(accesses.back(), {one.d, one.columns});
}

// Those with one accumulator keep their order; nothing is said of others.
void issue(const Product& one) {
  if (one.d >> 16) fault("results from lane %u on", one.d >> 16);
  Issuer& issuer = issuers[threadIdx.x];
  check_product(one);
  touch_operands(one, issuer);
  const u64 mine = issuer.issued++;
  issuer.open.push_back(mine);
  later(PRODUCT, (1 << 17) + COLUMNS * threadIdx.x + one.d % COLUMNS, [=, &issuer] {
    execute(one);
    issuer.open.erase(std::find(issuer.open.begin(), issuer.open.end(), mine));
    settle(issuer);
  });
}

void product_of_shared(u32 d, u64 left, u64 right, u32 instruction, bool add) {
  Product one{d};
  decode_instruction(instruction, one);
  one.left = left, one.right = right, one.add = add;
  issue(one);
}

void product_of_tensor(u32 d, u32 left, u64 right, u32 instruction, bool add) {
  Product one{d};
  decode_instruction(instruction, one);
  if (left >> 16) fault("an operand from lane %u on", left >> 16);
  if (one.left_mn) fault("an operand in Tensor Memory is transposed");
  one.is_left_tensor = true, one.left_tensor = left, one.right = right, one.add = add;
  issue(one);
}

void commit_products(u32 barrier) {
  Issuer& issuer = issuers[threadIdx.x];
  mbarrier(barrier);
  issuer.committed = issuer.issued;
  issuer.commits.push_back({issuer.issued, barrier, std::move(issuer.accesses)});
  issuer.accesses.clear();
  settle(issuer);
}

}  // namespace host
