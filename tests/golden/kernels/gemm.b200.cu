// gemm for b200 (sm_100a), printed by Twill.
// One iteration every 1,024 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer    warp 0       b_tile a_tile
//   issuer-1    warp 1       acc[1]@-1 acc[0]
//   epilogue-1  warps 4-7    -
//   epilogue-2  warps 8-11   -

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

DEV u32 pack_bf16(float a, float b) {
  u32 pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(b), "f"(a));
  return pair;
}

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

// 16 bytes to shared memory.
DEV void store_quad(u32 address, u32 a, u32 b, u32 c, u32 d) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "r"(a), "r"(b), "r"(c), "r"(d) : "memory");
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

DEV void tma_load_2d(u32 target, const TMap* map, u32 full, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1) : "memory");
}

DEV void tma_store_2d(const TMap* map, u32 source, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1) : "memory");
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 b_tile_at = 0;  // 3 slots of 32,768 bytes: 256 x 64 bf16, swizzle 128
constexpr u32 a_tile_at = 98304;  // 3 slots of 32,768 bytes: 256 x 64 bf16, swizzle 128
constexpr u32 store_c_tile_at = 0;  // 1 slot of 131,072 bytes: 256 x 256 bf16, swizzle 128, over b_tile and a_tile
constexpr u32 b_tile_full_at = 196608, b_tile_empty_at = 196632;  // 3 mbarriers each
constexpr u32 issuer_1_over_at = 196656;  // an mbarrier, 1 arrival
constexpr u32 tensors_slot_at = 196664;  // the address of Tensor Memory

extern "C" __global__ void __launch_bounds__(384, 1)
gemm(
    const __grid_constant__ TMap b_map,
    const __grid_constant__ TMap a_map,
    const __grid_constant__ TMap c_map,
    int M,
    int K,
    int N) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 b_tile = shared + b_tile_at;
  const u32 a_tile = shared + a_tile_at;
  const u32 store_c_tile = shared + store_c_tile_at;
  const u32 b_tile_full = shared + b_tile_full_at;
  const u32 b_tile_empty = shared + b_tile_empty_at;
  const u32 issuer_1_over = shared + issuer_1_over_at;
  const u32 tensors_slot = shared + tensors_slot_at;
  const u32 b_tile_chunk = (shared + b_tile_at) / 16;
  const u32 a_tile_chunk = (shared + a_tile_at) / 16;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int m = blockIdx.x;
  const int n = blockIdx.y;
  const int trips = (K + 63) / 64;
  const int lane = threadIdx.x % 32;

  if (warp == 4) tensors_allocate(tensors_slot, 512);
  if (threadIdx.x == 0) {
    prefetch_map(&b_map);
    prefetch_map(&a_map);
    prefetch_map(&c_map);
    mbar_init_all(b_tile_full, 3, 1);
    mbar_init_all(b_tile_empty, 3, 1);
    mbar_init_all(issuer_1_over, 1, 1);
    fence_mbar_init();
  }
  tensor_fence_before();
  __syncthreads();
  tensor_fence_after();
  const u32 tensors = tensors_address(tensors_slot);
  const u32 acc_0_tensor = tensors;
  const u32 acc_1_tensor = tensors + 256;

  if (warp / 4 == 0) {
    // ---- producer, issuer-1
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      int b_tile_slot = 2;
      u32 b_tile_phase = 1;
      #pragma unroll 1
      for (int k = 0; k < trips; ++k) {
        // b_tile
        if (++b_tile_slot == 3) { b_tile_slot = 0; b_tile_phase ^= 1; }
        mbar_wait(b_tile_empty + b_tile_slot * 8, b_tile_phase ^ 1);
        mbar_expect(b_tile_full + b_tile_slot * 8, 65536);
        tma_load_2d(b_tile + b_tile_slot * 32768, &b_map, b_tile_full + b_tile_slot * 8, k * 64, n * 256);
        // a_tile
        tma_load_2d(a_tile + b_tile_slot * 32768, &a_map, b_tile_full + b_tile_slot * 8, k * 64, m * 256);
      }
    }
    if (warp == 1 && elect()) {
      int b_tile_slot = 2;
      u32 b_tile_phase = 1;
      u32 issuer_1_over_phase = 1;
      if (trips == 1) {
        // ---- period 0
        // acc[0], iteration 0
        if (++b_tile_slot == 3) { b_tile_slot = 0; b_tile_phase ^= 1; }
        mbar_wait(b_tile_full + b_tile_slot * 8, b_tile_phase);
        tensor_fence_after();
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_0_tensor, left, right, instruction, 0);
          tensor_product(acc_0_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_0_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_0_tensor, left + 6, right + 6, instruction, 1);
        }
        // ---- period 1
        // acc[1], iteration 0
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048 + 1024, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_1_tensor, left, right, instruction, 0);
          tensor_product(acc_1_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_1_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_1_tensor, left + 6, right + 6, instruction, 1);
        }
        tensor_commit(b_tile_empty + b_tile_slot * 8);
      } else if (trips > 1) {
        // ---- period 0
        // acc[0], iteration 0
        if (++b_tile_slot == 3) { b_tile_slot = 0; b_tile_phase ^= 1; }
        mbar_wait(b_tile_full + b_tile_slot * 8, b_tile_phase);
        tensor_fence_after();
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_0_tensor, left, right, instruction, 0);
          tensor_product(acc_0_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_0_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_0_tensor, left + 6, right + 6, instruction, 1);
        }
        // ---- period 1
        // acc[1], iteration 0
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048 + 1024, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_1_tensor, left, right, instruction, 0);
          tensor_product(acc_1_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_1_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_1_tensor, left + 6, right + 6, instruction, 1);
        }
        tensor_commit(b_tile_empty + b_tile_slot * 8);
        // acc[0], iteration 1
        if (++b_tile_slot == 3) { b_tile_slot = 0; b_tile_phase ^= 1; }
        mbar_wait(b_tile_full + b_tile_slot * 8, b_tile_phase);
        tensor_fence_after();
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_0_tensor, left, right, instruction, 1);
          tensor_product(acc_0_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_0_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_0_tensor, left + 6, right + 6, instruction, 1);
        }
        #pragma unroll 1
        for (int k = 2; k < trips; ++k) {
          // acc[1], iteration k - 1
          {
            constexpr u32 instruction = 0x8400490;
            const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048 + 1024, 0x4000404000010000);
            const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
            tensor_product(acc_1_tensor, left, right, instruction, 1);
            tensor_product(acc_1_tensor, left + 2, right + 2, instruction, 1);
            tensor_product(acc_1_tensor, left + 4, right + 4, instruction, 1);
            tensor_product(acc_1_tensor, left + 6, right + 6, instruction, 1);
          }
          tensor_commit(b_tile_empty + b_tile_slot * 8);
          // acc[0]
          if (++b_tile_slot == 3) { b_tile_slot = 0; b_tile_phase ^= 1; }
          mbar_wait(b_tile_full + b_tile_slot * 8, b_tile_phase);
          tensor_fence_after();
          {
            constexpr u32 instruction = 0x8400490;
            const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
            const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
            tensor_product(acc_0_tensor, left, right, instruction, 1);
            tensor_product(acc_0_tensor, left + 2, right + 2, instruction, 1);
            tensor_product(acc_0_tensor, left + 4, right + 4, instruction, 1);
            tensor_product(acc_0_tensor, left + 6, right + 6, instruction, 1);
          }
        }
        // ---- period trips
        // acc[1], iteration trips - 1
        {
          constexpr u32 instruction = 0x8400490;
          const u64 left = descriptor(a_tile_chunk + b_tile_slot * 2048 + 1024, 0x4000404000010000);
          const u64 right = descriptor(b_tile_chunk + b_tile_slot * 2048, 0x4000404000010000);
          tensor_product(acc_1_tensor, left, right, instruction, 1);
          tensor_product(acc_1_tensor, left + 2, right + 2, instruction, 1);
          tensor_product(acc_1_tensor, left + 4, right + 4, instruction, 1);
          tensor_product(acc_1_tensor, left + 6, right + 6, instruction, 1);
        }
        tensor_commit(b_tile_empty + b_tile_slot * 8);
      }
      tensor_commit(issuer_1_over);
      issuer_1_over_phase ^= 1;
      mbar_wait(issuer_1_over, issuer_1_over_phase);
    }
  } else if (warp / 4 == 1) {
    // ---- epilogue-1
    more_registers<240>();
    const int lane_row = 32 * (warp & 3) + lane;
    const u32 lanes = (warp & 3) << 21;  // 32 lanes of Tensor Memory for each warp
    u32 issuer_1_over_phase = 1;
    float acc_0_part[64];
    issuer_1_over_phase ^= 1;
    mbar_wait(issuer_1_over, issuer_1_over_phase);
    tensor_fence_after();
    // store_c[0]
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_0_tensor + lanes);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i),
                   pack_bf16(acc_0_part[i], acc_0_part[i + 1]),
                   pack_bf16(acc_0_part[i + 2], acc_0_part[i + 3]),
                   pack_bf16(acc_0_part[i + 4], acc_0_part[i + 5]),
                   pack_bf16(acc_0_part[i + 6], acc_0_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_0_tensor + lanes + 64);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 128),
                   pack_bf16(acc_0_part[i], acc_0_part[i + 1]),
                   pack_bf16(acc_0_part[i + 2], acc_0_part[i + 3]),
                   pack_bf16(acc_0_part[i + 4], acc_0_part[i + 5]),
                   pack_bf16(acc_0_part[i + 6], acc_0_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_0_tensor + lanes + 128);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 256),
                   pack_bf16(acc_0_part[i], acc_0_part[i + 1]),
                   pack_bf16(acc_0_part[i + 2], acc_0_part[i + 3]),
                   pack_bf16(acc_0_part[i + 4], acc_0_part[i + 5]),
                   pack_bf16(acc_0_part[i + 6], acc_0_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_0_part, acc_0_tensor + lanes + 192);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_0_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_0_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 384),
                   pack_bf16(acc_0_part[i], acc_0_part[i + 1]),
                   pack_bf16(acc_0_part[i + 2], acc_0_part[i + 3]),
                   pack_bf16(acc_0_part[i + 4], acc_0_part[i + 5]),
                   pack_bf16(acc_0_part[i + 6], acc_0_part[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<1, 128>();  // all_epilogue-1
    if (warp == 4 && elect()) {
      tma_store_2d(&c_map, store_c_tile, n * 256, m * 256);
      tma_store_2d(&c_map, store_c_tile + 32768, n * 256 + 64, m * 256);
      tma_store_2d(&c_map, store_c_tile + 65536, n * 256 + 128, m * 256);
      tma_store_2d(&c_map, store_c_tile + 98304, n * 256 + 192, m * 256);
      copies_commit();
    }
    __syncwarp();
    tensor_fence_before();
    bar_sync<3, 256>();  // tensors_read
    tensor_fence_after();
    if (warp == 4) tensors_free(tensors, 512);
    if (warp == 4 && elect()) copies_wait();
    __syncwarp();
  } else if (warp / 4 == 2) {
    // ---- epilogue-2
    more_registers<240>();
    const int lane_row = 32 * (warp & 3) + lane;
    const u32 lanes = (warp & 3) << 21;  // 32 lanes of Tensor Memory for each warp
    u32 issuer_1_over_phase = 1;
    float acc_1_part[64];
    issuer_1_over_phase ^= 1;
    mbar_wait(issuer_1_over, issuer_1_over_phase);
    tensor_fence_after();
    // store_c[1]
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_1_tensor + lanes);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i),
                   pack_bf16(acc_1_part[i], acc_1_part[i + 1]),
                   pack_bf16(acc_1_part[i + 2], acc_1_part[i + 3]),
                   pack_bf16(acc_1_part[i + 4], acc_1_part[i + 5]),
                   pack_bf16(acc_1_part[i + 6], acc_1_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_1_tensor + lanes + 64);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 128),
                   pack_bf16(acc_1_part[i], acc_1_part[i + 1]),
                   pack_bf16(acc_1_part[i + 2], acc_1_part[i + 3]),
                   pack_bf16(acc_1_part[i + 4], acc_1_part[i + 5]),
                   pack_bf16(acc_1_part[i + 6], acc_1_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_1_tensor + lanes + 128);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 256),
                   pack_bf16(acc_1_part[i], acc_1_part[i + 1]),
                   pack_bf16(acc_1_part[i + 2], acc_1_part[i + 3]),
                   pack_bf16(acc_1_part[i + 4], acc_1_part[i + 5]),
                   pack_bf16(acc_1_part[i + 6], acc_1_part[i + 7]));
      }
    }
    if (trips > 0) {
      tensor_load_f32x64(acc_1_part, acc_1_tensor + lanes + 192);
    } else {
      #pragma unroll
      for (int i = 0; i < 64; ++i) acc_1_part[i] = 0.0f;
    }
    tensor_wait_loads();
    pin_f32x64(acc_1_part);
    {
      const u32 tile = store_c_tile;
      const u32 row = 128 + lane_row;
      #pragma unroll
      for (int i = 0; i < 64; i += 8) {
        store_quad(tile + swizzled<128, 256>(row, 2 * i + 384),
                   pack_bf16(acc_1_part[i], acc_1_part[i + 1]),
                   pack_bf16(acc_1_part[i + 2], acc_1_part[i + 3]),
                   pack_bf16(acc_1_part[i + 4], acc_1_part[i + 5]),
                   pack_bf16(acc_1_part[i + 6], acc_1_part[i + 7]));
      }
    }
    fence_proxy_async();
    bar_sync<2, 128>();  // all_epilogue-2
    if (warp == 8 && elect()) {
      tma_store_2d(&c_map, store_c_tile + 16384, n * 256, m * 256 + 128);
      tma_store_2d(&c_map, store_c_tile + 49152, n * 256 + 64, m * 256 + 128);
      tma_store_2d(&c_map, store_c_tile + 81920, n * 256 + 128, m * 256 + 128);
      tma_store_2d(&c_map, store_c_tile + 114688, n * 256 + 192, m * 256 + 128);
      copies_commit();
    }
    __syncwarp();
    tensor_fence_before();
    bar_arrive<3, 256>();  // tensors_read
    if (warp == 8 && elect()) copies_wait();
    __syncwarp();
  }
}
