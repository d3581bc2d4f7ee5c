// flash_attention_forward for b200 (sm_100a), printed by Twill.
// One iteration every 2,948 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       k_tile v_tile
//   compute-1  warps 4-7    acc[0]@-1 s[0] acc.multiply[1]@-1 alpha[0] p[0]
//   compute-2  warps 8-11   alpha[1]@-1 p[1]@-1 acc[1]@-1 s[1] acc.multiply[0]

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

// Where a byte of a row lies in a tile of panels, each Span bytes wide, with TMA's swizzle: the
// 16-byte chunks of a row change places, by row, every 128 bytes of the panel.
template <u32 Span, u32 Rows> DEV u32 swizzled(u32 row, u32 byte) {
  const u32 turn = (row / (128 / Span)) % (Span / 16);
  return byte / Span * (Rows * Span) + row * Span + ((byte % Span / 16 ^ turn) << 4) + byte % 16;
}

// A matrix descriptor: where the operand begins, in chunks of 16 bytes, and its layout in the other
// bits. Shared memory ends below 2^18 bytes: a start has 14 bits.
DEV u64 descriptor(u32 chunk, u64 layout) { return layout | chunk; }

DEV float infinity() { return __int_as_float(0x7f800000); }

DEV float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEV float reciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Within 2 units in the last place; 0 where |y| > 2^126, infinite where |y| < 2^-126.
DEV float divide(float x, float y) { return x * reciprocal(y); }

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

DEV void store_f32(u32 address, float x) {
  asm volatile("st.shared.f32 [%0], %1;" :: "r"(address), "f"(x) : "memory");
}

// Loads that the compiler may order among themselves, but not before a wait.
DEV float load_f32(u32 address) { return *(const float*)__cvta_shared_to_generic(address); }

// By one warp; the address of the columns lands in shared memory.
DEV void tensors_allocate(u32 slot, u32 columns) {
  asm volatile("tcgen05.alloc.cta_group::1.sync.aligned.shared::cta.b32 [%0], %1;"
               :: "r"(slot), "r"(columns) : "memory");
  asm volatile("tcgen05.relinquish_alloc_permit.cta_group::1.sync.aligned;");
}

DEV u32 tensors_address(u32 slot) {
  u32 address;
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(address) : "r"(slot) : "memory");
  return address;
}

DEV void tensors_free(u32 address, u32 columns) {
  asm volatile("tcgen05.dealloc.cta_group::1.sync.aligned.b32 %0, %1;" :: "r"(address), "r"(columns) : "memory");
}

DEV void tensor_fence_before() { asm volatile("tcgen05.fence::before_thread_sync;" ::: "memory"); }

DEV void tensor_fence_after() { asm volatile("tcgen05.fence::after_thread_sync;" ::: "memory"); }

DEV void tensor_wait_loads() { asm volatile("tcgen05.wait::ld.sync.aligned;" ::: "memory"); }

DEV void tensor_wait_stores() { asm volatile("tcgen05.wait::st.sync.aligned;" ::: "memory"); }

// Arrives at an mbarrier once all products are over that this thread has issued.
DEV void tensor_commit(u32 barrier) {
  asm volatile("tcgen05.commit.cta_group::1.mbarrier::arrive::one.shared::cluster.b64 [%0];"
               :: "r"(barrier) : "memory");
}

// By one thread: 128 rows, 16 elements of K. `a` is a descriptor, or an address in Tensor Memory.
DEV void tensor_product(u32 d, u64 a, u64 b, u32 instruction, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
               "tcgen05.mma.cta_group::1.kind::f16 [%0], %1, %2, %3, add;\n}"
               :: "r"(d), "l"(a), "l"(b), "r"(instruction), "r"(accumulate) : "memory");
}

DEV void tensor_product_by(u32 d, u32 a, u64 b, u32 instruction, u32 accumulate) {
  asm volatile("{\n.reg .pred add;\nsetp.ne.b32 add, %4, 0;\n"
               "tcgen05.mma.cta_group::1.kind::f16 [%0], [%1], %2, %3, add;\n}"
               :: "r"(d), "r"(a), "l"(b), "r"(instruction), "r"(accumulate) : "memory");
}

// An end of a basic block. It goes round while a bit is set that no address of Tensor Memory has.
DEV void tensor_boundary(u32 slot) {
  asm volatile("{\n.reg .pred set;\n.reg .u32 word;\n"
               "again: ld.volatile.shared.u32 word, [%0];\n"
               "setp.ge.u32 set, word, 0x80000000;\n"
               "@set bra again;\n}"
               :: "r"(slot) : "memory");
}

// x, but not before `row` is there; `nothing` is a zero that the compiler does not know.
DEV u32 stored_after(u32 x, float row, u32 nothing) { return x | (__float_as_uint(row) & nothing); }
DEV float stored_after(float x, float row, u32 nothing) {
  return __uint_as_float(stored_after(__float_as_uint(x), row, nothing));
}

// x, but not before the zero is there.
DEV float anchored(float x, u32 nothing) { return __uint_as_float(__float_as_uint(x) | nothing); }

// 16 bytes to shared memory.
DEV void store_quad(u32 address, u32 a, u32 b, u32 c, u32 d) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
}

DEV void pin_b32x64(u32 (&d)[64]) {
  asm volatile(""
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]), "+r"(d[4]), "+r"(d[5]), "+r"(d[6]),
        "+r"(d[7]), "+r"(d[8]), "+r"(d[9]), "+r"(d[10]), "+r"(d[11]), "+r"(d[12]), "+r"(d[13]),
        "+r"(d[14]), "+r"(d[15]), "+r"(d[16]), "+r"(d[17]), "+r"(d[18]), "+r"(d[19]), "+r"(d[20]),
        "+r"(d[21]), "+r"(d[22]), "+r"(d[23]), "+r"(d[24]), "+r"(d[25]), "+r"(d[26]), "+r"(d[27]),
        "+r"(d[28]), "+r"(d[29]), "+r"(d[30]), "+r"(d[31]), "+r"(d[32]), "+r"(d[33]), "+r"(d[34]),
        "+r"(d[35]), "+r"(d[36]), "+r"(d[37]), "+r"(d[38]), "+r"(d[39]), "+r"(d[40]), "+r"(d[41]),
        "+r"(d[42]), "+r"(d[43]), "+r"(d[44]), "+r"(d[45]), "+r"(d[46]), "+r"(d[47]), "+r"(d[48]),
        "+r"(d[49]), "+r"(d[50]), "+r"(d[51]), "+r"(d[52]), "+r"(d[53]), "+r"(d[54]), "+r"(d[55]),
        "+r"(d[56]), "+r"(d[57]), "+r"(d[58]), "+r"(d[59]), "+r"(d[60]), "+r"(d[61]), "+r"(d[62]),
        "+r"(d[63])
      :: "memory");
}

DEV void pin_f32x128(float (&d)[128]) {
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
        "+f"(d[63]), "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]),
        "+f"(d[70]), "+f"(d[71]), "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]),
        "+f"(d[77]), "+f"(d[78]), "+f"(d[79]), "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]),
        "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]), "+f"(d[88]), "+f"(d[89]), "+f"(d[90]),
        "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95]), "+f"(d[96]), "+f"(d[97]),
        "+f"(d[98]), "+f"(d[99]), "+f"(d[100]), "+f"(d[101]), "+f"(d[102]), "+f"(d[103]),
        "+f"(d[104]), "+f"(d[105]), "+f"(d[106]), "+f"(d[107]), "+f"(d[108]), "+f"(d[109]),
        "+f"(d[110]), "+f"(d[111]), "+f"(d[112]), "+f"(d[113]), "+f"(d[114]), "+f"(d[115]),
        "+f"(d[116]), "+f"(d[117]), "+f"(d[118]), "+f"(d[119]), "+f"(d[120]), "+f"(d[121]),
        "+f"(d[122]), "+f"(d[123]), "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127])
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

DEV void tensor_load_f32x128(float (&d)[128], u32 address) {
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3]), "=f"(d[4]), "=f"(d[5]), "=f"(d[6]),
      "=f"(d[7]), "=f"(d[8]), "=f"(d[9]), "=f"(d[10]), "=f"(d[11]), "=f"(d[12]), "=f"(d[13]),
      "=f"(d[14]), "=f"(d[15]), "=f"(d[16]), "=f"(d[17]), "=f"(d[18]), "=f"(d[19]), "=f"(d[20]),
      "=f"(d[21]), "=f"(d[22]), "=f"(d[23]), "=f"(d[24]), "=f"(d[25]), "=f"(d[26]), "=f"(d[27]),
      "=f"(d[28]), "=f"(d[29]), "=f"(d[30]), "=f"(d[31])
    : "r"(address) : "memory");
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[32]), "=f"(d[33]), "=f"(d[34]), "=f"(d[35]), "=f"(d[36]), "=f"(d[37]), "=f"(d[38]),
      "=f"(d[39]), "=f"(d[40]), "=f"(d[41]), "=f"(d[42]), "=f"(d[43]), "=f"(d[44]), "=f"(d[45]),
      "=f"(d[46]), "=f"(d[47]), "=f"(d[48]), "=f"(d[49]), "=f"(d[50]), "=f"(d[51]), "=f"(d[52]),
      "=f"(d[53]), "=f"(d[54]), "=f"(d[55]), "=f"(d[56]), "=f"(d[57]), "=f"(d[58]), "=f"(d[59]),
      "=f"(d[60]), "=f"(d[61]), "=f"(d[62]), "=f"(d[63])
    : "r"(address + 32) : "memory");
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[64]), "=f"(d[65]), "=f"(d[66]), "=f"(d[67]), "=f"(d[68]), "=f"(d[69]), "=f"(d[70]),
      "=f"(d[71]), "=f"(d[72]), "=f"(d[73]), "=f"(d[74]), "=f"(d[75]), "=f"(d[76]), "=f"(d[77]),
      "=f"(d[78]), "=f"(d[79]), "=f"(d[80]), "=f"(d[81]), "=f"(d[82]), "=f"(d[83]), "=f"(d[84]),
      "=f"(d[85]), "=f"(d[86]), "=f"(d[87]), "=f"(d[88]), "=f"(d[89]), "=f"(d[90]), "=f"(d[91]),
      "=f"(d[92]), "=f"(d[93]), "=f"(d[94]), "=f"(d[95])
    : "r"(address + 64) : "memory");
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[96]), "=f"(d[97]), "=f"(d[98]), "=f"(d[99]), "=f"(d[100]), "=f"(d[101]),
      "=f"(d[102]), "=f"(d[103]), "=f"(d[104]), "=f"(d[105]), "=f"(d[106]), "=f"(d[107]),
      "=f"(d[108]), "=f"(d[109]), "=f"(d[110]), "=f"(d[111]), "=f"(d[112]), "=f"(d[113]),
      "=f"(d[114]), "=f"(d[115]), "=f"(d[116]), "=f"(d[117]), "=f"(d[118]), "=f"(d[119]),
      "=f"(d[120]), "=f"(d[121]), "=f"(d[122]), "=f"(d[123]), "=f"(d[124]), "=f"(d[125]),
      "=f"(d[126]), "=f"(d[127])
    : "r"(address + 96) : "memory");
}

DEV void tensor_load_f32x64(float (&d)[64], u32 address) {
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3]), "=f"(d[4]), "=f"(d[5]), "=f"(d[6]),
      "=f"(d[7]), "=f"(d[8]), "=f"(d[9]), "=f"(d[10]), "=f"(d[11]), "=f"(d[12]), "=f"(d[13]),
      "=f"(d[14]), "=f"(d[15]), "=f"(d[16]), "=f"(d[17]), "=f"(d[18]), "=f"(d[19]), "=f"(d[20]),
      "=f"(d[21]), "=f"(d[22]), "=f"(d[23]), "=f"(d[24]), "=f"(d[25]), "=f"(d[26]), "=f"(d[27]),
      "=f"(d[28]), "=f"(d[29]), "=f"(d[30]), "=f"(d[31])
    : "r"(address) : "memory");
  asm volatile("tcgen05.ld.sync.aligned.32x32b.x32.b32 {"
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19,"
    "%20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
    "}, [%32];"
    : "=f"(d[32]), "=f"(d[33]), "=f"(d[34]), "=f"(d[35]), "=f"(d[36]), "=f"(d[37]), "=f"(d[38]),
      "=f"(d[39]), "=f"(d[40]), "=f"(d[41]), "=f"(d[42]), "=f"(d[43]), "=f"(d[44]), "=f"(d[45]),
      "=f"(d[46]), "=f"(d[47]), "=f"(d[48]), "=f"(d[49]), "=f"(d[50]), "=f"(d[51]), "=f"(d[52]),
      "=f"(d[53]), "=f"(d[54]), "=f"(d[55]), "=f"(d[56]), "=f"(d[57]), "=f"(d[58]), "=f"(d[59]),
      "=f"(d[60]), "=f"(d[61]), "=f"(d[62]), "=f"(d[63])
    : "r"(address + 32) : "memory");
}

DEV void tensor_store_b32x64(u32 address, const u32 (&d)[64]) {
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address),
       "r"(d[0]), "r"(d[1]), "r"(d[2]), "r"(d[3]), "r"(d[4]), "r"(d[5]), "r"(d[6]), "r"(d[7]),
       "r"(d[8]), "r"(d[9]), "r"(d[10]), "r"(d[11]), "r"(d[12]), "r"(d[13]), "r"(d[14]),
       "r"(d[15]), "r"(d[16]), "r"(d[17]), "r"(d[18]), "r"(d[19]), "r"(d[20]), "r"(d[21]),
       "r"(d[22]), "r"(d[23]), "r"(d[24]), "r"(d[25]), "r"(d[26]), "r"(d[27]), "r"(d[28]),
       "r"(d[29]), "r"(d[30]), "r"(d[31])
    : "memory");
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address + 32),
       "r"(d[32]), "r"(d[33]), "r"(d[34]), "r"(d[35]), "r"(d[36]), "r"(d[37]), "r"(d[38]),
       "r"(d[39]), "r"(d[40]), "r"(d[41]), "r"(d[42]), "r"(d[43]), "r"(d[44]), "r"(d[45]),
       "r"(d[46]), "r"(d[47]), "r"(d[48]), "r"(d[49]), "r"(d[50]), "r"(d[51]), "r"(d[52]),
       "r"(d[53]), "r"(d[54]), "r"(d[55]), "r"(d[56]), "r"(d[57]), "r"(d[58]), "r"(d[59]),
       "r"(d[60]), "r"(d[61]), "r"(d[62]), "r"(d[63])
    : "memory");
}

DEV void tensor_store_f32x128(u32 address, const float (&d)[128]) {
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address),
       "f"(d[0]), "f"(d[1]), "f"(d[2]), "f"(d[3]), "f"(d[4]), "f"(d[5]), "f"(d[6]), "f"(d[7]),
       "f"(d[8]), "f"(d[9]), "f"(d[10]), "f"(d[11]), "f"(d[12]), "f"(d[13]), "f"(d[14]),
       "f"(d[15]), "f"(d[16]), "f"(d[17]), "f"(d[18]), "f"(d[19]), "f"(d[20]), "f"(d[21]),
       "f"(d[22]), "f"(d[23]), "f"(d[24]), "f"(d[25]), "f"(d[26]), "f"(d[27]), "f"(d[28]),
       "f"(d[29]), "f"(d[30]), "f"(d[31])
    : "memory");
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address + 32),
       "f"(d[32]), "f"(d[33]), "f"(d[34]), "f"(d[35]), "f"(d[36]), "f"(d[37]), "f"(d[38]),
       "f"(d[39]), "f"(d[40]), "f"(d[41]), "f"(d[42]), "f"(d[43]), "f"(d[44]), "f"(d[45]),
       "f"(d[46]), "f"(d[47]), "f"(d[48]), "f"(d[49]), "f"(d[50]), "f"(d[51]), "f"(d[52]),
       "f"(d[53]), "f"(d[54]), "f"(d[55]), "f"(d[56]), "f"(d[57]), "f"(d[58]), "f"(d[59]),
       "f"(d[60]), "f"(d[61]), "f"(d[62]), "f"(d[63])
    : "memory");
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address + 64),
       "f"(d[64]), "f"(d[65]), "f"(d[66]), "f"(d[67]), "f"(d[68]), "f"(d[69]), "f"(d[70]),
       "f"(d[71]), "f"(d[72]), "f"(d[73]), "f"(d[74]), "f"(d[75]), "f"(d[76]), "f"(d[77]),
       "f"(d[78]), "f"(d[79]), "f"(d[80]), "f"(d[81]), "f"(d[82]), "f"(d[83]), "f"(d[84]),
       "f"(d[85]), "f"(d[86]), "f"(d[87]), "f"(d[88]), "f"(d[89]), "f"(d[90]), "f"(d[91]),
       "f"(d[92]), "f"(d[93]), "f"(d[94]), "f"(d[95])
    : "memory");
  asm volatile("tcgen05.st.sync.aligned.32x32b.x32.b32 [%0], {"
    "%1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20,"
    "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32"
    "};"
    :: "r"(address + 96),
       "f"(d[96]), "f"(d[97]), "f"(d[98]), "f"(d[99]), "f"(d[100]), "f"(d[101]), "f"(d[102]),
       "f"(d[103]), "f"(d[104]), "f"(d[105]), "f"(d[106]), "f"(d[107]), "f"(d[108]), "f"(d[109]),
       "f"(d[110]), "f"(d[111]), "f"(d[112]), "f"(d[113]), "f"(d[114]), "f"(d[115]), "f"(d[116]),
       "f"(d[117]), "f"(d[118]), "f"(d[119]), "f"(d[120]), "f"(d[121]), "f"(d[122]), "f"(d[123]),
       "f"(d[124]), "f"(d[125]), "f"(d[126]), "f"(d[127])
    : "memory");
}

DEV void tma_load_3d(u32 target, const TMap* map, u32 full, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

DEV void tma_store_3d(const TMap* map, u32 source, int x0, int x1, int x2) {
  asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group [%0, {%2, %3, %4}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1), "r"(x2) : "memory");
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 q_tile_at = 0;  // 1 slot of 65,536 bytes: 256 x 128 bf16, swizzle 128
constexpr u32 k_tile_at = 65536;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 v_tile_at = 131072;  // 2 slots of 32,768 bytes: 128 x 128 bf16, swizzle 128
constexpr u32 alpha_0_staged_at = 196608;  // 1 slot of 512 bytes: 1 x 128 f32
constexpr u32 alpha_1_staged_at = 197120;  // 1 slot of 512 bytes: 1 x 128 f32
constexpr u32 q_tile_full_at = 197632;  // filled once
constexpr u32 k_tile_full_at = 197648, k_tile_empty_at = 197664;  // 2 mbarriers each
constexpr u32 v_tile_full_at = 197680, v_tile_empty_at = 197696;  // 2 mbarriers each
constexpr u32 acc_0_over_at = 197712;  // an mbarrier, 1 arrival
constexpr u32 s_0_over_at = 197720;  // an mbarrier, 1 arrival
constexpr u32 acc_1_over_at = 197728;  // an mbarrier, 1 arrival
constexpr u32 s_1_over_at = 197736;  // an mbarrier, 1 arrival
constexpr u32 acc_multiply_0_over_at = 197744;  // an mbarrier, 4 arrivals
constexpr u32 acc_multiply_1_over_at = 197752;  // an mbarrier, 4 arrivals
constexpr u32 alpha_0_full_at = 197760;  // an mbarrier, 4 arrivals
constexpr u32 alpha_1_full_at = 197768;  // an mbarrier, 4 arrivals
constexpr u32 compute_1_over_at = 197776;  // an mbarrier, 1 arrival
constexpr u32 compute_2_over_at = 197784;  // an mbarrier, 1 arrival
constexpr u32 tensors_slot_at = 197792;  // the address of Tensor Memory

extern "C" __global__ void __launch_bounds__(384, 1)
flash_attention_forward(
    const __grid_constant__ TMap q_map,
    const __grid_constant__ TMap k_map,
    const __grid_constant__ TMap v_map,
    const __grid_constant__ TMap o_map,
    int heads,
    int queries,
    int keys,
    float scale_log2) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 q_tile = shared + q_tile_at;
  const u32 k_tile = shared + k_tile_at;
  const u32 v_tile = shared + v_tile_at;
  const u32 alpha_0_staged = shared + alpha_0_staged_at;
  const u32 alpha_1_staged = shared + alpha_1_staged_at;
  const u32 q_tile_full = shared + q_tile_full_at;
  const u32 k_tile_full = shared + k_tile_full_at;
  const u32 k_tile_empty = shared + k_tile_empty_at;
  const u32 v_tile_full = shared + v_tile_full_at;
  const u32 v_tile_empty = shared + v_tile_empty_at;
  const u32 acc_0_over = shared + acc_0_over_at;
  const u32 s_0_over = shared + s_0_over_at;
  const u32 acc_1_over = shared + acc_1_over_at;
  const u32 s_1_over = shared + s_1_over_at;
  const u32 acc_multiply_0_over = shared + acc_multiply_0_over_at;
  const u32 acc_multiply_1_over = shared + acc_multiply_1_over_at;
  const u32 alpha_0_full = shared + alpha_0_full_at;
  const u32 alpha_1_full = shared + alpha_1_full_at;
  const u32 compute_1_over = shared + compute_1_over_at;
  const u32 compute_2_over = shared + compute_2_over_at;
  const u32 tensors_slot = shared + tensors_slot_at;
  const u32 q_tile_chunk = (shared + q_tile_at) / 16;
  const u32 k_tile_chunk = (shared + k_tile_at) / 16;
  const u32 v_tile_chunk = (shared + v_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m = blockIdx.x;
  const int h = blockIdx.y;
  const int trips = keys / 128;
  const int lane = threadIdx.x % 32;

  if (warp == 4) tensors_allocate(tensors_slot, 512);
  if (threadIdx.x == 0) {
    prefetch_map(&q_map);
    prefetch_map(&k_map);
    prefetch_map(&v_map);
    prefetch_map(&o_map);
    mbar_init_all(q_tile_full, 1, 1);
    mbar_init_all(k_tile_full, 2, 1);
    mbar_init_all(k_tile_empty, 2, 2);
    mbar_init_all(v_tile_full, 2, 1);
    mbar_init_all(v_tile_empty, 2, 2);
    mbar_init_all(acc_0_over, 1, 1);
    mbar_init_all(s_0_over, 1, 1);
    mbar_init_all(acc_1_over, 1, 1);
    mbar_init_all(s_1_over, 1, 1);
    mbar_init_all(acc_multiply_0_over, 1, 4);
    mbar_init_all(acc_multiply_1_over, 1, 4);
    mbar_init_all(alpha_0_full, 1, 4);
    mbar_init_all(alpha_1_full, 1, 4);
    mbar_init_all(compute_1_over, 1, 1);
    mbar_init_all(compute_2_over, 1, 1);
    fence_mbar_init();
  }
  tensor_fence_before();
  __syncthreads();
  tensor_fence_after();
  const u32 tensors = tensors_address(tensors_slot);
  const u32 nothing = tensors >> 31;  // 0: there are 128 lanes
  const u32 s_0_tensor = tensors;
  const u32 s_1_tensor = tensors + 128;
  const u32 acc_multiply_0_tensor = tensors + 256;
  const u32 acc_multiply_1_tensor = tensors + 384;

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      u32 q_tile_phase = 1;
      int k_tile_slot = 1;
      u32 k_tile_phase = 1;
      int v_tile_slot = 1;
      u32 v_tile_phase = 1;
      q_tile_phase ^= 1;
      mbar_expect(q_tile_full, 65536);
      tma_load_3d(q_tile, &q_map, q_tile_full, 0, m * 256, h);
      tma_load_3d(q_tile + 32768, &q_map, q_tile_full, 64, m * 256, h);
      #pragma unroll 1
      for (int n = 0; n < trips; ++n) {
        // k_tile
        if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
        mbar_wait(k_tile_empty + k_tile_slot * 8, k_tile_phase ^ 1);
        mbar_expect(k_tile_full + k_tile_slot * 8, 32768);
        tma_load_3d(k_tile + k_tile_slot * 32768, &k_map, k_tile_full + k_tile_slot * 8, 0, n * 128, h);
        tma_load_3d(k_tile + k_tile_slot * 32768 + 16384, &k_map, k_tile_full + k_tile_slot * 8, 64, n * 128, h);
        // v_tile
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        mbar_wait(v_tile_empty + v_tile_slot * 8, v_tile_phase ^ 1);
        mbar_expect(v_tile_full + v_tile_slot * 8, 32768);
        tma_load_3d(v_tile + v_tile_slot * 32768, &v_map, v_tile_full + v_tile_slot * 8, 0, n * 128, h);
        tma_load_3d(v_tile + v_tile_slot * 32768 + 16384, &v_map, v_tile_full + v_tile_slot * 8, 64, n * 128, h);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    const int lane_row = 32 * (warp & 3) + lane;
    const u32 lanes = (warp & 3) << 21;  // 32 lanes of Tensor Memory for each warp
    u32 q_tile_phase = 1;
    int k_tile_slot = 1;
    u32 k_tile_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    u32 s_0_over_phase = 1;
    u32 acc_multiply_0_over_phase = 1;
    u32 acc_0_over_phase = 1;
    u32 alpha_1_full_phase = 1;
    u32 acc_1_over_phase = 1;
    u32 compute_1_over_phase = 1;
    float acc_1[128];
    float alpha_1;
    float s_0[128];
    u32 p_to_bf16_0[64];
    float new_max_0;
    float alpha_0;
    float row_sum_0;
    float new_max_max_0;
    float new_max_0_next;
    float p_0[128];
    float row_sum_sum_0;
    float acc_0_part[64];
    // alpha[0]
    new_max_0 = -infinity();
    // p[0]
    row_sum_0 = 0.0f;
    // acc.multiply[1]
    #pragma unroll
    for (int i = 0; i < 128; ++i) acc_1[i] = 0.0f;
    tensor_store_f32x128(acc_multiply_1_tensor + lanes, acc_1);
    tensor_wait_stores();
    q_tile_phase ^= 1;
    mbar_wait(q_tile_full, q_tile_phase);
    if (trips == 1) {
      // ---- period 0
      // s[0], iteration 0
      if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8200490;
        const u64 left = descriptor(q_tile_chunk, 0x4000404000010000);
        const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
        tensor_product(s_0_tensor, left, right, instruction, 0);
        tensor_product(s_0_tensor, left + 2, right + 2, instruction, 1);
        tensor_product(s_0_tensor, left + 4, right + 4, instruction, 1);
        tensor_product(s_0_tensor, left + 6, right + 6, instruction, 1);
        tensor_product(s_0_tensor, left + 2048, right + 1024, instruction, 1);
        tensor_product(s_0_tensor, left + 2050, right + 1026, instruction, 1);
        tensor_product(s_0_tensor, left + 2052, right + 1028, instruction, 1);
        tensor_product(s_0_tensor, left + 2054, right + 1030, instruction, 1);
        tensor_commit(k_tile_empty + k_tile_slot * 8);
        tensor_commit(s_0_over);
      }
      __syncwarp();
      // alpha[0], iteration 0
      s_0_over_phase ^= 1;
      mbar_wait(s_0_over, s_0_over_phase);
      tensor_fence_after();
      tensor_load_f32x128(s_0, s_0_tensor + lanes);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(s_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
        new_max_max_0 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
      }
      new_max_0_next = fmaxf(new_max_0, new_max_max_0 * scale_log2);
      alpha_0 = exp2_approx(new_max_0 - new_max_0_next);
      new_max_0 = new_max_0_next;
      store_f32(alpha_0_staged + 4 * lane_row, alpha_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(alpha_0_full);
      // p[0], iteration 0
      {
        const u32 nothing = tensors_address(tensors_slot) >> 31;
        alpha_0 = anchored(alpha_0, nothing);
        new_max_0 = anchored(new_max_0, nothing);
        row_sum_0 = anchored(row_sum_0, nothing);
      }
      #pragma unroll
      for (int i = 0; i < 128; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
        row_sum_sum_0 = part[0] + part[2] + part[1] + part[3];
      }
      row_sum_0 = row_sum_0 * alpha_0 + row_sum_sum_0;
      #pragma unroll
      for (int i = 0; i < 128; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
      pin_b32x64(p_to_bf16_0);
      p_to_bf16_0[0] = stored_after(p_to_bf16_0[0], row_sum_0, nothing);
      tensor_store_b32x64(s_0_tensor + lanes, p_to_bf16_0);
      tensor_wait_stores();
      // ---- period 1
      // acc[0], iteration 0
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      acc_multiply_0_over_phase ^= 1;
      mbar_wait(acc_multiply_0_over, acc_multiply_0_over_phase);
      tensor_fence_before();
      bar_sync<2, 256>();  // turn_2
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8210490;
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor, right, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 8, right + 128, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 16, right + 256, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 24, right + 384, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 32, right + 512, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 40, right + 640, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 48, right + 768, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 56, right + 896, instruction, 1);
        tensor_commit(v_tile_empty + v_tile_slot * 8);
        tensor_commit(acc_0_over);
      }
      __syncwarp();
      // acc.multiply[1], iteration 0
      alpha_1_full_phase ^= 1;
      mbar_wait(alpha_1_full, alpha_1_full_phase);
      tensor_fence_after();
      tensor_load_f32x128(acc_1, acc_multiply_1_tensor + lanes);
      alpha_1 = load_f32(alpha_1_staged + 4 * lane_row);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(acc_1);
      #pragma unroll
      for (int i = 0; i < 128; ++i) acc_1[i] = acc_1[i] * alpha_1;
      pin_f32x128(acc_1);
      tensor_store_f32x128(acc_multiply_1_tensor + lanes, acc_1);
      tensor_wait_stores();
      tensor_fence_before();
      __syncwarp();
      if (lane == 0) mbar_arrive(acc_multiply_1_over);
    } else if (trips > 1) {
      // ---- period 0
      // s[0], iteration 0
      if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8200490;
        const u64 left = descriptor(q_tile_chunk, 0x4000404000010000);
        const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
        tensor_product(s_0_tensor, left, right, instruction, 0);
        tensor_product(s_0_tensor, left + 2, right + 2, instruction, 1);
        tensor_product(s_0_tensor, left + 4, right + 4, instruction, 1);
        tensor_product(s_0_tensor, left + 6, right + 6, instruction, 1);
        tensor_product(s_0_tensor, left + 2048, right + 1024, instruction, 1);
        tensor_product(s_0_tensor, left + 2050, right + 1026, instruction, 1);
        tensor_product(s_0_tensor, left + 2052, right + 1028, instruction, 1);
        tensor_product(s_0_tensor, left + 2054, right + 1030, instruction, 1);
        tensor_commit(k_tile_empty + k_tile_slot * 8);
        tensor_commit(s_0_over);
      }
      __syncwarp();
      // alpha[0], iteration 0
      s_0_over_phase ^= 1;
      mbar_wait(s_0_over, s_0_over_phase);
      tensor_fence_after();
      tensor_load_f32x128(s_0, s_0_tensor + lanes);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(s_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
        new_max_max_0 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
      }
      new_max_0_next = fmaxf(new_max_0, new_max_max_0 * scale_log2);
      alpha_0 = exp2_approx(new_max_0 - new_max_0_next);
      new_max_0 = new_max_0_next;
      store_f32(alpha_0_staged + 4 * lane_row, alpha_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(alpha_0_full);
      // p[0], iteration 0
      {
        const u32 nothing = tensors_address(tensors_slot) >> 31;
        alpha_0 = anchored(alpha_0, nothing);
        new_max_0 = anchored(new_max_0, nothing);
        row_sum_0 = anchored(row_sum_0, nothing);
      }
      #pragma unroll
      for (int i = 0; i < 128; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
        row_sum_sum_0 = part[0] + part[2] + part[1] + part[3];
      }
      row_sum_0 = row_sum_0 * alpha_0 + row_sum_sum_0;
      #pragma unroll
      for (int i = 0; i < 128; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
      pin_b32x64(p_to_bf16_0);
      p_to_bf16_0[0] = stored_after(p_to_bf16_0[0], row_sum_0, nothing);
      tensor_store_b32x64(s_0_tensor + lanes, p_to_bf16_0);
      tensor_wait_stores();
      // ---- period 1
      // acc[0], iteration 0
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      acc_multiply_0_over_phase ^= 1;
      mbar_wait(acc_multiply_0_over, acc_multiply_0_over_phase);
      tensor_fence_before();
      bar_sync<2, 256>();  // turn_2
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8210490;
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor, right, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 8, right + 128, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 16, right + 256, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 24, right + 384, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 32, right + 512, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 40, right + 640, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 48, right + 768, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 56, right + 896, instruction, 1);
        tensor_commit(v_tile_empty + v_tile_slot * 8);
        tensor_commit(acc_0_over);
      }
      __syncwarp();
      // s[0], iteration 1
      if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
      acc_0_over_phase ^= 1;
      mbar_wait(acc_0_over, acc_0_over_phase);
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8200490;
        const u64 left = descriptor(q_tile_chunk, 0x4000404000010000);
        const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
        tensor_product(s_0_tensor, left, right, instruction, 0);
        tensor_product(s_0_tensor, left + 2, right + 2, instruction, 1);
        tensor_product(s_0_tensor, left + 4, right + 4, instruction, 1);
        tensor_product(s_0_tensor, left + 6, right + 6, instruction, 1);
        tensor_product(s_0_tensor, left + 2048, right + 1024, instruction, 1);
        tensor_product(s_0_tensor, left + 2050, right + 1026, instruction, 1);
        tensor_product(s_0_tensor, left + 2052, right + 1028, instruction, 1);
        tensor_product(s_0_tensor, left + 2054, right + 1030, instruction, 1);
        tensor_commit(k_tile_empty + k_tile_slot * 8);
        tensor_commit(s_0_over);
      }
      __syncwarp();
      bar_arrive<1, 256>();  // turn_1
      // acc.multiply[1], iteration 0
      alpha_1_full_phase ^= 1;
      mbar_wait(alpha_1_full, alpha_1_full_phase);
      tensor_fence_after();
      tensor_load_f32x128(acc_1, acc_multiply_1_tensor + lanes);
      alpha_1 = load_f32(alpha_1_staged + 4 * lane_row);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(acc_1);
      #pragma unroll
      for (int i = 0; i < 128; ++i) acc_1[i] = acc_1[i] * alpha_1;
      pin_f32x128(acc_1);
      tensor_store_f32x128(acc_multiply_1_tensor + lanes, acc_1);
      tensor_wait_stores();
      tensor_fence_before();
      __syncwarp();
      if (lane == 0) mbar_arrive(acc_multiply_1_over);
      // alpha[0], iteration 1
      s_0_over_phase ^= 1;
      mbar_wait(s_0_over, s_0_over_phase);
      tensor_fence_after();
      tensor_load_f32x128(s_0, s_0_tensor + lanes);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(s_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
        new_max_max_0 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
      }
      new_max_0_next = fmaxf(new_max_0, new_max_max_0 * scale_log2);
      alpha_0 = exp2_approx(new_max_0 - new_max_0_next);
      new_max_0 = new_max_0_next;
      store_f32(alpha_0_staged + 4 * lane_row, alpha_0);
      __syncwarp();
      if (lane == 0) mbar_arrive(alpha_0_full);
      // p[0], iteration 1
      {
        const u32 nothing = tensors_address(tensors_slot) >> 31;
        alpha_0 = anchored(alpha_0, nothing);
        new_max_0 = anchored(new_max_0, nothing);
        row_sum_0 = anchored(row_sum_0, nothing);
      }
      #pragma unroll
      for (int i = 0; i < 128; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
        row_sum_sum_0 = part[0] + part[2] + part[1] + part[3];
      }
      row_sum_0 = row_sum_0 * alpha_0 + row_sum_sum_0;
      #pragma unroll
      for (int i = 0; i < 128; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
      pin_b32x64(p_to_bf16_0);
      p_to_bf16_0[0] = stored_after(p_to_bf16_0[0], row_sum_0, nothing);
      tensor_store_b32x64(s_0_tensor + lanes, p_to_bf16_0);
      tensor_wait_stores();
      #pragma unroll 1
      for (int n = 2; n < trips; ++n) {
        // acc[0], iteration n - 1
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        if (warp == 4) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        acc_multiply_0_over_phase ^= 1;
        mbar_wait(acc_multiply_0_over, acc_multiply_0_over_phase);
        tensor_fence_before();
        bar_sync<2, 256>();  // turn_2
        tensor_fence_after();
        if (warp == 4 && elect()) {
          constexpr u32 instruction = 0x8210490;
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor, right, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 8, right + 128, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 16, right + 256, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 24, right + 384, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 32, right + 512, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 40, right + 640, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 48, right + 768, instruction, 1);
          tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 56, right + 896, instruction, 1);
          tensor_commit(v_tile_empty + v_tile_slot * 8);
          tensor_commit(acc_0_over);
        }
        __syncwarp();
        // s[0]
        if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
        if (warp == 4) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
        acc_0_over_phase ^= 1;
        mbar_wait(acc_0_over, acc_0_over_phase);
        tensor_fence_after();
        if (warp == 4 && elect()) {
          constexpr u32 instruction = 0x8200490;
          const u64 left = descriptor(q_tile_chunk, 0x4000404000010000);
          const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
          tensor_product(s_0_tensor, left, right, instruction, 0);
          tensor_product(s_0_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(s_0_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(s_0_tensor, left + 6, right + 6, instruction, 1);
          tensor_product(s_0_tensor, left + 2048, right + 1024, instruction, 1);
          tensor_product(s_0_tensor, left + 2050, right + 1026, instruction, 1);
          tensor_product(s_0_tensor, left + 2052, right + 1028, instruction, 1);
          tensor_product(s_0_tensor, left + 2054, right + 1030, instruction, 1);
          tensor_commit(k_tile_empty + k_tile_slot * 8);
          tensor_commit(s_0_over);
        }
        __syncwarp();
        bar_arrive<1, 256>();  // turn_1
        // acc.multiply[1], iteration n - 1
        acc_1_over_phase ^= 1;
        mbar_wait(acc_1_over, acc_1_over_phase);
        alpha_1_full_phase ^= 1;
        mbar_wait(alpha_1_full, alpha_1_full_phase);
        tensor_fence_after();
        tensor_load_f32x128(acc_1, acc_multiply_1_tensor + lanes);
        alpha_1 = load_f32(alpha_1_staged + 4 * lane_row);
        tensor_boundary(tensors_slot);
        tensor_wait_loads();
        pin_f32x128(acc_1);
        #pragma unroll
        for (int i = 0; i < 128; ++i) acc_1[i] = acc_1[i] * alpha_1;
        pin_f32x128(acc_1);
        tensor_store_f32x128(acc_multiply_1_tensor + lanes, acc_1);
        tensor_wait_stores();
        tensor_fence_before();
        __syncwarp();
        if (lane == 0) mbar_arrive(acc_multiply_1_over);
        // alpha[0]
        s_0_over_phase ^= 1;
        mbar_wait(s_0_over, s_0_over_phase);
        tensor_fence_after();
        tensor_load_f32x128(s_0, s_0_tensor + lanes);
        tensor_boundary(tensors_slot);
        tensor_wait_loads();
        pin_f32x128(s_0);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_0[i] : fmaxf(part[i & 3], s_0[i]);
          new_max_max_0 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
        }
        new_max_0_next = fmaxf(new_max_0, new_max_max_0 * scale_log2);
        alpha_0 = exp2_approx(new_max_0 - new_max_0_next);
        new_max_0 = new_max_0_next;
        store_f32(alpha_0_staged + 4 * lane_row, alpha_0);
        __syncwarp();
        if (lane == 0) mbar_arrive(alpha_0_full);
        // p[0]
        {
          const u32 nothing = tensors_address(tensors_slot) >> 31;
          alpha_0 = anchored(alpha_0, nothing);
          new_max_0 = anchored(new_max_0, nothing);
          row_sum_0 = anchored(row_sum_0, nothing);
        }
        #pragma unroll
        for (int i = 0; i < 128; ++i) p_0[i] = exp2_approx(s_0[i] * scale_log2 - new_max_0);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_0[i] : part[i & 3] + p_0[i];
          row_sum_sum_0 = part[0] + part[2] + part[1] + part[3];
        }
        row_sum_0 = row_sum_0 * alpha_0 + row_sum_sum_0;
        #pragma unroll
        for (int i = 0; i < 128; i += 2) p_to_bf16_0[i >> 1] = pack_bf16(p_0[i], p_0[i + 1]);
        pin_b32x64(p_to_bf16_0);
        p_to_bf16_0[0] = stored_after(p_to_bf16_0[0], row_sum_0, nothing);
        tensor_store_b32x64(s_0_tensor + lanes, p_to_bf16_0);
        tensor_wait_stores();
      }
      // ---- period trips
      // acc[0], iteration trips - 1
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      if (warp == 4) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      acc_multiply_0_over_phase ^= 1;
      mbar_wait(acc_multiply_0_over, acc_multiply_0_over_phase);
      tensor_fence_before();
      bar_sync<2, 256>();  // turn_2
      tensor_fence_after();
      if (warp == 4 && elect()) {
        constexpr u32 instruction = 0x8210490;
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor, right, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 8, right + 128, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 16, right + 256, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 24, right + 384, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 32, right + 512, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 40, right + 640, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 48, right + 768, instruction, 1);
        tensor_product_by(acc_multiply_0_tensor, s_0_tensor + 56, right + 896, instruction, 1);
        tensor_commit(v_tile_empty + v_tile_slot * 8);
        tensor_commit(acc_0_over);
      }
      __syncwarp();
      // acc.multiply[1], iteration trips - 1
      acc_1_over_phase ^= 1;
      mbar_wait(acc_1_over, acc_1_over_phase);
      alpha_1_full_phase ^= 1;
      mbar_wait(alpha_1_full, alpha_1_full_phase);
      tensor_fence_after();
      tensor_load_f32x128(acc_1, acc_multiply_1_tensor + lanes);
      alpha_1 = load_f32(alpha_1_staged + 4 * lane_row);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(acc_1);
      #pragma unroll
      for (int i = 0; i < 128; ++i) acc_1[i] = acc_1[i] * alpha_1;
      pin_f32x128(acc_1);
      tensor_store_f32x128(acc_multiply_1_tensor + lanes, acc_1);
      tensor_wait_stores();
      tensor_fence_before();
      __syncwarp();
      if (lane == 0) mbar_arrive(acc_multiply_1_over);
    }
    if (warp == 4 && elect()) tensor_commit(compute_1_over);
    __syncwarp();
    compute_1_over_phase ^= 1;
    mbar_wait(compute_1_over, compute_1_over_phase);
    tensor_fence_after();
    // store_o[0]
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_multiply_0_tensor + lanes);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = q_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i),
                   pack_bf16(divide(acc_0_part[i], row_sum_0), divide(acc_0_part[i + 1], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 2], row_sum_0), divide(acc_0_part[i + 3], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 4], row_sum_0), divide(acc_0_part[i + 5], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 6], row_sum_0), divide(acc_0_part[i + 7], row_sum_0)));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_multiply_0_tensor + lanes + 64);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = q_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 128),
                   pack_bf16(divide(acc_0_part[i], row_sum_0), divide(acc_0_part[i + 1], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 2], row_sum_0), divide(acc_0_part[i + 3], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 4], row_sum_0), divide(acc_0_part[i + 5], row_sum_0)),
                   pack_bf16(divide(acc_0_part[i + 6], row_sum_0), divide(acc_0_part[i + 7], row_sum_0)));
      }
    }
    fence_proxy_async();
    bar_sync<3, 128>();  // all_compute-1
    if (warp == 4 && elect()) {
      tma_store_3d(&o_map, q_tile, 0, m * 256, h);
      tma_store_3d(&o_map, q_tile + 32768, 64, m * 256, h);
      copies_commit();
    }
    __syncwarp();
    tensor_fence_before();
    bar_sync<5, 256>();  // tensors_read
    tensor_fence_after();
    if (warp == 4) tensors_free(tensors, 512);
    if (warp == 4 && elect()) copies_wait();
    __syncwarp();
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<240>();
    const int lane_row = 32 * (warp & 3) + lane;
    const u32 lanes = (warp & 3) << 21;  // 32 lanes of Tensor Memory for each warp
    u32 q_tile_phase = 1;
    int k_tile_slot = 1;
    u32 k_tile_phase = 1;
    int v_tile_slot = 1;
    u32 v_tile_phase = 1;
    u32 alpha_0_full_phase = 1;
    u32 s_1_over_phase = 1;
    u32 acc_multiply_1_over_phase = 1;
    u32 acc_1_over_phase = 1;
    u32 acc_0_over_phase = 1;
    u32 compute_2_over_phase = 1;
    float s_1[128];
    u32 p_to_bf16_1[64];
    float acc_0[128];
    float alpha_0;
    float new_max_1;
    float alpha_1;
    float row_sum_1;
    float new_max_max_1;
    float new_max_1_next;
    float p_1[128];
    float row_sum_sum_1;
    float acc_1_part[64];
    // alpha[1]
    new_max_1 = -infinity();
    // p[1]
    row_sum_1 = 0.0f;
    // acc.multiply[0]
    #pragma unroll
    for (int i = 0; i < 128; ++i) acc_0[i] = 0.0f;
    tensor_store_f32x128(acc_multiply_0_tensor + lanes, acc_0);
    tensor_wait_stores();
    q_tile_phase ^= 1;
    mbar_wait(q_tile_full, q_tile_phase);
    if (trips > 0) {
      // ---- period 0
      // s[1], iteration 0
      if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
      if (warp == 8) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
      tensor_fence_after();
      if (warp == 8 && elect()) {
        constexpr u32 instruction = 0x8200490;
        const u64 left = descriptor(q_tile_chunk + 1024, 0x4000404000010000);
        const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
        tensor_product(s_1_tensor, left, right, instruction, 0);
        tensor_product(s_1_tensor, left + 2, right + 2, instruction, 1);
        tensor_product(s_1_tensor, left + 4, right + 4, instruction, 1);
        tensor_product(s_1_tensor, left + 6, right + 6, instruction, 1);
        tensor_product(s_1_tensor, left + 2048, right + 1024, instruction, 1);
        tensor_product(s_1_tensor, left + 2050, right + 1026, instruction, 1);
        tensor_product(s_1_tensor, left + 2052, right + 1028, instruction, 1);
        tensor_product(s_1_tensor, left + 2054, right + 1030, instruction, 1);
        tensor_commit(k_tile_empty + k_tile_slot * 8);
        tensor_commit(s_1_over);
      }
      __syncwarp();
      bar_arrive<2, 256>();  // turn_2
      // acc.multiply[0], iteration 0
      alpha_0_full_phase ^= 1;
      mbar_wait(alpha_0_full, alpha_0_full_phase);
      tensor_fence_after();
      tensor_load_f32x128(acc_0, acc_multiply_0_tensor + lanes);
      alpha_0 = load_f32(alpha_0_staged + 4 * lane_row);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(acc_0);
      #pragma unroll
      for (int i = 0; i < 128; ++i) acc_0[i] = acc_0[i] * alpha_0;
      pin_f32x128(acc_0);
      tensor_store_f32x128(acc_multiply_0_tensor + lanes, acc_0);
      tensor_wait_stores();
      tensor_fence_before();
      __syncwarp();
      if (lane == 0) mbar_arrive(acc_multiply_0_over);
      #pragma unroll 1
      for (int n = 1; n < trips; ++n) {
        // alpha[1], iteration n - 1
        s_1_over_phase ^= 1;
        mbar_wait(s_1_over, s_1_over_phase);
        tensor_fence_after();
        tensor_load_f32x128(s_1, s_1_tensor + lanes);
        tensor_boundary(tensors_slot);
        tensor_wait_loads();
        pin_f32x128(s_1);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_1[i] : fmaxf(part[i & 3], s_1[i]);
          new_max_max_1 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
        }
        new_max_1_next = fmaxf(new_max_1, new_max_max_1 * scale_log2);
        alpha_1 = exp2_approx(new_max_1 - new_max_1_next);
        new_max_1 = new_max_1_next;
        store_f32(alpha_1_staged + 4 * lane_row, alpha_1);
        __syncwarp();
        if (lane == 0) mbar_arrive(alpha_1_full);
        // p[1], iteration n - 1
        {
          const u32 nothing = tensors_address(tensors_slot) >> 31;
          alpha_1 = anchored(alpha_1, nothing);
          new_max_1 = anchored(new_max_1, nothing);
          row_sum_1 = anchored(row_sum_1, nothing);
        }
        #pragma unroll
        for (int i = 0; i < 128; ++i) p_1[i] = exp2_approx(s_1[i] * scale_log2 - new_max_1);
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_1[i] : part[i & 3] + p_1[i];
          row_sum_sum_1 = part[0] + part[2] + part[1] + part[3];
        }
        row_sum_1 = row_sum_1 * alpha_1 + row_sum_sum_1;
        #pragma unroll
        for (int i = 0; i < 128; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(p_1[i], p_1[i + 1]);
        pin_b32x64(p_to_bf16_1);
        p_to_bf16_1[0] = stored_after(p_to_bf16_1[0], row_sum_1, nothing);
        tensor_store_b32x64(s_1_tensor + lanes, p_to_bf16_1);
        tensor_wait_stores();
        // acc[1], iteration n - 1
        if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
        if (warp == 8) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
        acc_multiply_1_over_phase ^= 1;
        mbar_wait(acc_multiply_1_over, acc_multiply_1_over_phase);
        tensor_fence_before();
        bar_sync<4, 128>();  // all_compute-2
        bar_sync<1, 256>();  // turn_1
        tensor_fence_after();
        if (warp == 8 && elect()) {
          constexpr u32 instruction = 0x8210490;
          const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor, right, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 8, right + 128, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 16, right + 256, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 24, right + 384, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 32, right + 512, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 40, right + 640, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 48, right + 768, instruction, 1);
          tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 56, right + 896, instruction, 1);
          tensor_commit(v_tile_empty + v_tile_slot * 8);
          tensor_commit(acc_1_over);
        }
        __syncwarp();
        // s[1]
        if (++k_tile_slot == 2) { k_tile_slot = 0; k_tile_phase ^= 1; }
        if (warp == 8) mbar_wait(k_tile_full + k_tile_slot * 8, k_tile_phase);
        acc_1_over_phase ^= 1;
        mbar_wait(acc_1_over, acc_1_over_phase);
        tensor_fence_after();
        if (warp == 8 && elect()) {
          constexpr u32 instruction = 0x8200490;
          const u64 left = descriptor(q_tile_chunk + 1024, 0x4000404000010000);
          const u64 right = descriptor(k_tile_chunk + k_tile_slot * 2048, 0x4000404000010000);
          tensor_product(s_1_tensor, left, right, instruction, 0);
          tensor_product(s_1_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(s_1_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(s_1_tensor, left + 6, right + 6, instruction, 1);
          tensor_product(s_1_tensor, left + 2048, right + 1024, instruction, 1);
          tensor_product(s_1_tensor, left + 2050, right + 1026, instruction, 1);
          tensor_product(s_1_tensor, left + 2052, right + 1028, instruction, 1);
          tensor_product(s_1_tensor, left + 2054, right + 1030, instruction, 1);
          tensor_commit(k_tile_empty + k_tile_slot * 8);
          tensor_commit(s_1_over);
        }
        __syncwarp();
        bar_arrive<2, 256>();  // turn_2
        // acc.multiply[0]
        acc_0_over_phase ^= 1;
        mbar_wait(acc_0_over, acc_0_over_phase);
        alpha_0_full_phase ^= 1;
        mbar_wait(alpha_0_full, alpha_0_full_phase);
        tensor_fence_after();
        tensor_load_f32x128(acc_0, acc_multiply_0_tensor + lanes);
        alpha_0 = load_f32(alpha_0_staged + 4 * lane_row);
        tensor_boundary(tensors_slot);
        tensor_wait_loads();
        pin_f32x128(acc_0);
        #pragma unroll
        for (int i = 0; i < 128; ++i) acc_0[i] = acc_0[i] * alpha_0;
        pin_f32x128(acc_0);
        tensor_store_f32x128(acc_multiply_0_tensor + lanes, acc_0);
        tensor_wait_stores();
        tensor_fence_before();
        __syncwarp();
        if (lane == 0) mbar_arrive(acc_multiply_0_over);
      }
      // ---- period trips
      // alpha[1], iteration trips - 1
      s_1_over_phase ^= 1;
      mbar_wait(s_1_over, s_1_over_phase);
      tensor_fence_after();
      tensor_load_f32x128(s_1, s_1_tensor + lanes);
      tensor_boundary(tensors_slot);
      tensor_wait_loads();
      pin_f32x128(s_1);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? s_1[i] : fmaxf(part[i & 3], s_1[i]);
        new_max_max_1 = fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3]));
      }
      new_max_1_next = fmaxf(new_max_1, new_max_max_1 * scale_log2);
      alpha_1 = exp2_approx(new_max_1 - new_max_1_next);
      new_max_1 = new_max_1_next;
      store_f32(alpha_1_staged + 4 * lane_row, alpha_1);
      __syncwarp();
      if (lane == 0) mbar_arrive(alpha_1_full);
      // p[1], iteration trips - 1
      {
        const u32 nothing = tensors_address(tensors_slot) >> 31;
        alpha_1 = anchored(alpha_1, nothing);
        new_max_1 = anchored(new_max_1, nothing);
        row_sum_1 = anchored(row_sum_1, nothing);
      }
      #pragma unroll
      for (int i = 0; i < 128; ++i) p_1[i] = exp2_approx(s_1[i] * scale_log2 - new_max_1);
      {
        float part[4];
        #pragma unroll
        for (int i = 0; i < 128; ++i) part[i & 3] = i < 4 ? p_1[i] : part[i & 3] + p_1[i];
        row_sum_sum_1 = part[0] + part[2] + part[1] + part[3];
      }
      row_sum_1 = row_sum_1 * alpha_1 + row_sum_sum_1;
      #pragma unroll
      for (int i = 0; i < 128; i += 2) p_to_bf16_1[i >> 1] = pack_bf16(p_1[i], p_1[i + 1]);
      pin_b32x64(p_to_bf16_1);
      p_to_bf16_1[0] = stored_after(p_to_bf16_1[0], row_sum_1, nothing);
      tensor_store_b32x64(s_1_tensor + lanes, p_to_bf16_1);
      tensor_wait_stores();
      // acc[1], iteration trips - 1
      if (++v_tile_slot == 2) { v_tile_slot = 0; v_tile_phase ^= 1; }
      if (warp == 8) mbar_wait(v_tile_full + v_tile_slot * 8, v_tile_phase);
      acc_multiply_1_over_phase ^= 1;
      mbar_wait(acc_multiply_1_over, acc_multiply_1_over_phase);
      tensor_fence_before();
      bar_sync<4, 128>();  // all_compute-2
      tensor_fence_after();
      if (warp == 8 && elect()) {
        constexpr u32 instruction = 0x8210490;
        const u64 right = descriptor(v_tile_chunk + v_tile_slot * 2048, 0x4000404004000000);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor, right, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 8, right + 128, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 16, right + 256, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 24, right + 384, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 32, right + 512, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 40, right + 640, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 48, right + 768, instruction, 1);
        tensor_product_by(acc_multiply_1_tensor, s_1_tensor + 56, right + 896, instruction, 1);
        tensor_commit(v_tile_empty + v_tile_slot * 8);
        tensor_commit(acc_1_over);
      }
      __syncwarp();
    }
    if (warp == 8 && elect()) tensor_commit(compute_2_over);
    __syncwarp();
    compute_2_over_phase ^= 1;
    mbar_wait(compute_2_over, compute_2_over_phase);
    tensor_fence_after();
    // store_o[1]
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_multiply_1_tensor + lanes);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = q_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i),
                   pack_bf16(divide(acc_1_part[i], row_sum_1), divide(acc_1_part[i + 1], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 2], row_sum_1), divide(acc_1_part[i + 3], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 4], row_sum_1), divide(acc_1_part[i + 5], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 6], row_sum_1), divide(acc_1_part[i + 7], row_sum_1)));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_multiply_1_tensor + lanes + 64);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = q_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 128),
                   pack_bf16(divide(acc_1_part[i], row_sum_1), divide(acc_1_part[i + 1], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 2], row_sum_1), divide(acc_1_part[i + 3], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 4], row_sum_1), divide(acc_1_part[i + 5], row_sum_1)),
                   pack_bf16(divide(acc_1_part[i + 6], row_sum_1), divide(acc_1_part[i + 7], row_sum_1)));
      }
    }
    fence_proxy_async();
    bar_sync<4, 128>();  // all_compute-2
    if (warp == 8 && elect()) {
      tma_store_3d(&o_map, q_tile + 16384, 0, m * 256 + 128, h);
      tma_store_3d(&o_map, q_tile + 49152, 64, m * 256 + 128, h);
      copies_commit();
    }
    __syncwarp();
    tensor_fence_before();
    bar_arrive<5, 256>();  // tensors_read
    if (warp == 8 && elect()) copies_wait();
    __syncwarp();
  }
}
