// ---- Tensor Memory: 128 lanes (address bits 16 to 31) of 512 columns (bits 0 to 15)

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
