// softmax_stream for b200 (sm_100a), printed by Twill.
// One iteration every 1,341 cycles, as scheduled. Each role's operations in issue order;
// name@-1 is of the iteration before the newest.
//   producer   warp 0       x_tile
//   compute-1  warps 4-7    scaled p
//   compute-2  warps 8-11   store_y@-2 store_y.divide.to_bf16

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

DEV void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

DEV void copies_commit() { asm volatile("cp.async.bulk.commit_group;" ::: "memory"); }

DEV void copies_wait() { asm volatile("cp.async.bulk.wait_group 0;" ::: "memory"); }

DEV void copies_wait_read() { asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory"); }

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

DEV float unpack_bf16(u32 pair, int half = 0) {
  return __int_as_float(half ? pair & 0xffff0000u : pair << 16);
}

// The same number, of which the compiler knows nothing.
template <class T> DEV T unknown(T x) {
  asm volatile("" : "+r"(x));
  return x;
}

DEV void store_f32(u32 address, float x) {
  asm volatile("st.shared.f32 [%0], %1;" :: "r"(address), "f"(x) : "memory");
}

// Loads that the compiler may order among themselves, but not before a wait.
DEV float load_f32(u32 address) { return *(const float*)__cvta_shared_to_generic(address); }

// Where a byte of a row lies in panels of 128 bytes with TMA's swizzle, which goes by the address:
// of fewer than 8 rows a panel may begin within the pattern.
template <u32 Rows> DEV u32 in_panels(u32 row, u32 byte) {
  const u32 at = byte / 128 * (Rows * 128) + row * 128 + byte % 128;
  return at ^ (at >> 3 & 0x70);
}

// One of the four, which are loaded together.
DEV float fourth_bf16(u32 address, int which) {
  const uint2 four = *(const uint2*)__cvta_shared_to_generic(address);
  return unpack_bf16(which & 2 ? four.y : four.x, which & 1);
}

DEV float fourth_f32(u32 address, int which) {
  const float4 four = *(const float4*)__cvta_shared_to_generic(address);
  return which & 2 ? (which & 1 ? four.w : four.z) : (which & 1 ? four.y : four.x);
}

DEV void store_stripe_16(u32 address, u32 a, u32 b) {
  asm volatile("st.shared.v2.u32 [%0], {%1, %2};" :: "r"(address), "r"(a), "r"(b) : "memory");
}

DEV void store_stripe_f32(u32 address, float a, float b, float c, float d) {
  asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};"
               :: "r"(address), "f"(a), "f"(b), "f"(c), "f"(d) : "memory");
}

// Over the threads that share a row.
template <int Threads, class T> DEV T over_row_sum(T x) {
  for (int distance = Threads / 2; distance; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
  return x;
}

template <int Threads, class T> DEV T over_row_max(T x) {
  for (int distance = Threads / 2; distance; distance /= 2) x = max(x, __shfl_xor_sync(~0u, x, distance));
  return x;
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

DEV void tma_load_2d(u32 target, const TMap* map, u32 full, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
               :: "r"(target), "l"(map), "r"(full), "r"(x0), "r"(x1) : "memory");
}

DEV void tma_store_2d(const TMap* map, u32 source, int x0, int x1) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];"
               :: "l"(map), "r"(source), "r"(x0), "r"(x1) : "memory");
}

// Shared memory, in bytes from a base that is aligned to 1,024.
constexpr u32 x_tile_at = 0;  // 2 slots of 16,384 bytes: 8 x 1024 bf16, swizzle 128
constexpr u32 p_staged_at = 32768;  // 2 slots of 32,768 bytes: 8 x 1024 f32, swizzle 128
constexpr u32 row_sum_staged_at = 131072;  // 2 slots of 32 bytes: 1 x 8 f32
constexpr u32 store_y_divide_to_bf16_shared_tile_at = 98304;  // 2 slots of 16,384 bytes: 8 x 1024 bf16, swizzle 128
constexpr u32 x_tile_full_at = 131328, x_tile_empty_at = 131344;  // 2 mbarriers each
constexpr u32 p_staged_full_at = 131360, p_staged_empty_at = 131376;  // 2 mbarriers each
constexpr u32 row_sum_staged_full_at = 131392, row_sum_staged_empty_at = 131408;  // 2 mbarriers each
constexpr u32 store_y_divide_to_bf16_shared_full_at = 131424, store_y_divide_to_bf16_shared_empty_at = 131440;  // 2 mbarriers each

extern "C" __global__ void __launch_bounds__(384, 1)
softmax_stream(
    const __grid_constant__ TMap x_map,
    const __grid_constant__ TMap y_map,
    int rows,
    float scale_log2,
    int tiles_per_block) {
  extern __shared__ __align__(1024) u8 memory[];
  const u32 shared = ((u32)__cvta_generic_to_shared(memory) + 1023) & ~1023u;
  const u32 x_tile = shared + x_tile_at;
  const u32 p_staged = shared + p_staged_at;
  const u32 row_sum_staged = shared + row_sum_staged_at;
  const u32 store_y_divide_to_bf16_shared_tile = shared + store_y_divide_to_bf16_shared_tile_at;
  const u32 x_tile_full = shared + x_tile_full_at;
  const u32 x_tile_empty = shared + x_tile_empty_at;
  const u32 p_staged_full = shared + p_staged_full_at;
  const u32 p_staged_empty = shared + p_staged_empty_at;
  const u32 row_sum_staged_full = shared + row_sum_staged_full_at;
  const u32 row_sum_staged_empty = shared + row_sum_staged_empty_at;
  const u32 store_y_divide_to_bf16_shared_full = shared + store_y_divide_to_bf16_shared_full_at;
  const u32 store_y_divide_to_bf16_shared_empty = shared + store_y_divide_to_bf16_shared_empty_at;
  const int warp = __shfl_sync(~0u, threadIdx.x / 32, 0);
  const int block = blockIdx.x;
  const int trips = max(0, tiles_per_block);
  const int lane = threadIdx.x % 32;

  if (threadIdx.x == 0) {
    prefetch_map(&x_map);
    prefetch_map(&y_map);
    mbar_init_all(x_tile_full, 2, 1);
    mbar_init_all(x_tile_empty, 2, 4);
    mbar_init_all(p_staged_full, 2, 4);
    mbar_init_all(p_staged_empty, 2, 4);
    mbar_init_all(row_sum_staged_full, 2, 4);
    mbar_init_all(row_sum_staged_empty, 2, 4);
    mbar_init_all(store_y_divide_to_bf16_shared_full, 2, 4);
    mbar_init_all(store_y_divide_to_bf16_shared_empty, 2, 1);
    fence_mbar_init();
  }
  __syncthreads();

  if (warp / 4 == 0) {
    // ---- producer
    fewer_registers<24>();
    if (warp == 0 && elect()) {
      int x_tile_slot = 1;
      u32 x_tile_phase = 1;
      #pragma unroll 1
      for (int t = 0; t < trips; ++t) {
        // x_tile
        if (++x_tile_slot == 2) { x_tile_slot = 0; x_tile_phase ^= 1; }
        mbar_wait(x_tile_empty + x_tile_slot * 8, x_tile_phase ^ 1);
        mbar_expect(x_tile_full + x_tile_slot * 8, 16384);
        tma_load_2d(x_tile + x_tile_slot * 16384, &x_map, x_tile_full + x_tile_slot * 8, 0, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 1024, &x_map, x_tile_full + x_tile_slot * 8, 64, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 2048, &x_map, x_tile_full + x_tile_slot * 8, 128, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 3072, &x_map, x_tile_full + x_tile_slot * 8, 192, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 4096, &x_map, x_tile_full + x_tile_slot * 8, 256, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 5120, &x_map, x_tile_full + x_tile_slot * 8, 320, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 6144, &x_map, x_tile_full + x_tile_slot * 8, 384, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 7168, &x_map, x_tile_full + x_tile_slot * 8, 448, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 8192, &x_map, x_tile_full + x_tile_slot * 8, 512, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 9216, &x_map, x_tile_full + x_tile_slot * 8, 576, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 10240, &x_map, x_tile_full + x_tile_slot * 8, 640, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 11264, &x_map, x_tile_full + x_tile_slot * 8, 704, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 12288, &x_map, x_tile_full + x_tile_slot * 8, 768, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 13312, &x_map, x_tile_full + x_tile_slot * 8, 832, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 14336, &x_map, x_tile_full + x_tile_slot * 8, 896, block * tiles_per_block * 8 + t * 8);
        tma_load_2d(x_tile + x_tile_slot * 16384 + 15360, &x_map, x_tile_full + x_tile_slot * 8, 960, block * tiles_per_block * 8 + t * 8);
      }
    }
  } else if (warp / 4 == 1) {
    // ---- compute-1
    more_registers<240>();
    const int lane_row = 2 * (warp & 3) + lane / 16;
    const int lane_column = 4 * (lane & 15);
    int x_tile_slot = 1;
    u32 x_tile_phase = 1;
    int p_staged_slot = 1;
    u32 p_staged_phase = 1;
    int row_sum_staged_slot = 1;
    u32 row_sum_staged_phase = 1;
    float scaled[64];
    float row_max;
    float row_sum;
    if (trips > 0) {
      #pragma unroll 1
      for (int t = 0; t < trips; ++t) {
        // scaled
        if (++x_tile_slot == 2) { x_tile_slot = 0; x_tile_phase ^= 1; }
        mbar_wait(x_tile_full + x_tile_slot * 8, x_tile_phase);
        {
          const u32 x_tile_read = unknown(x_tile + x_tile_slot * 16384);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          #pragma unroll
          for (int i = 0; i < 64; ++i) scaled[i] = fourth_bf16(x_tile_read + in_panels<8>(own_row, 2 * own_column) + 1024 * (i >> 2), i & 3) * scale_log2;
        }
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? scaled[i] : fmaxf(part[i & 3], scaled[i]);
          row_max = over_row_max<16>(fmaxf(fmaxf(part[0], part[2]), fmaxf(part[1], part[3])));
        }
        pin_f32x64(scaled);
        __syncwarp();
        if (lane == 0) mbar_arrive(x_tile_empty + x_tile_slot * 8);
        // p
        pin_f32x64(scaled);
        if (++p_staged_slot == 2) { p_staged_slot = 0; p_staged_phase ^= 1; }
        mbar_wait(p_staged_empty + p_staged_slot * 8, p_staged_phase ^ 1);
        {
          const u32 tile = unknown(p_staged + p_staged_slot * 32768);
          #pragma unroll
          for (int i = 0; i < 64; i += 4) {
            const u32 at = tile + in_panels<8>(lane_row, 4 * lane_column) + 2048 * (i >> 2);
            store_stripe_f32(at, exp2_approx(scaled[i] - row_max), exp2_approx(scaled[i + 1] - row_max), exp2_approx(scaled[i + 2] - row_max), exp2_approx(scaled[i + 3] - row_max));
          }
        }
        {
          float part[4];
          #pragma unroll
          for (int i = 0; i < 64; ++i) part[i & 3] = i < 4 ? exp2_approx(scaled[i] - row_max) : part[i & 3] + exp2_approx(scaled[i] - row_max);
          row_sum = over_row_sum<16>(part[0] + part[2] + part[1] + part[3]);
        }
        if (++row_sum_staged_slot == 2) { row_sum_staged_slot = 0; row_sum_staged_phase ^= 1; }
        mbar_wait(row_sum_staged_empty + row_sum_staged_slot * 8, row_sum_staged_phase ^ 1);
        if ((lane & 15) == 0) {
          store_f32(row_sum_staged + row_sum_staged_slot * 128 + 4 * (lane_row), row_sum);
        }
        __syncwarp();
        if (lane == 0) mbar_arrive(p_staged_full + p_staged_slot * 8);
        __syncwarp();
        if (lane == 0) mbar_arrive(row_sum_staged_full + row_sum_staged_slot * 8);
      }
      // ---- period trips
    }
  } else if (warp / 4 == 2) {
    // ---- compute-2
    more_registers<184>();
    const int lane_row = 2 * (warp & 3) + lane / 16;
    const int lane_column = 4 * (lane & 15);
    int p_staged_slot = 1;
    u32 p_staged_phase = 1;
    int row_sum_staged_slot = 1;
    u32 row_sum_staged_phase = 1;
    int store_y_divide_to_bf16_shared_filled_slot = 1;
    u32 store_y_divide_to_bf16_shared_filled_phase = 1;
    int store_y_divide_to_bf16_shared_slot = 1;
    u32 store_y_divide_to_bf16_shared_phase = 1;
    if (trips > 0) {
      // ---- period 0
      // store_y.divide.to_bf16, iteration 0
      if (++p_staged_slot == 2) { p_staged_slot = 0; p_staged_phase ^= 1; }
      mbar_wait(p_staged_full + p_staged_slot * 8, p_staged_phase);
      if (++row_sum_staged_slot == 2) { row_sum_staged_slot = 0; row_sum_staged_phase ^= 1; }
      mbar_wait(row_sum_staged_full + row_sum_staged_slot * 8, row_sum_staged_phase);
      if (++store_y_divide_to_bf16_shared_filled_slot == 2) { store_y_divide_to_bf16_shared_filled_slot = 0; store_y_divide_to_bf16_shared_filled_phase ^= 1; }
      mbar_wait(store_y_divide_to_bf16_shared_empty + store_y_divide_to_bf16_shared_filled_slot * 8, store_y_divide_to_bf16_shared_filled_phase ^ 1);
      {
        const u32 p_staged_read = unknown(p_staged + p_staged_slot * 32768);
        const u32 row_sum_staged_read = unknown(row_sum_staged + row_sum_staged_slot * 128);
        const int own_row = unknown(lane_row);
        const int own_column = unknown(lane_column);
        {
          const u32 tile = unknown(store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_filled_slot * 16384);
          u32 staged[32];
          #pragma unroll
          for (int i = 0; i < 64; i += 4) {
            staged[2 * (i >> 2) + 0] = pack_bf16(divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * (i >> 2), i & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))), divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 1) >> 2), (i + 1) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))));
            staged[2 * (i >> 2) + 1] = pack_bf16(divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 2) >> 2), (i + 2) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))), divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 3) >> 2), (i + 3) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))));
          }
          #pragma unroll
          for (int i = 0; i < 64; i += 4) {
            const u32 at = tile + in_panels<8>(lane_row, 2 * lane_column) + 1024 * (i >> 2);
            store_stripe_16(at, staged[2 * (i >> 2) + 0], staged[2 * (i >> 2) + 1]);
          }
        }
      }
      fence_proxy_async();
      __syncwarp();
      if (lane == 0) {
        mbar_arrive(store_y_divide_to_bf16_shared_full + store_y_divide_to_bf16_shared_filled_slot * 8);
      }
      __syncwarp();
      if (lane == 0) mbar_arrive(p_staged_empty + p_staged_slot * 8);
      __syncwarp();
      if (lane == 0) mbar_arrive(row_sum_staged_empty + row_sum_staged_slot * 8);
      #pragma unroll 1
      for (int t = 1; t < trips; ++t) {
        // store_y, iteration t - 2
        if (t - 2 >= 0) {
          if (warp == 8 && elect()) copies_wait_read();
          if (warp == 8 && elect()) {
            mbar_arrive(store_y_divide_to_bf16_shared_empty + store_y_divide_to_bf16_shared_slot * 8);
          }
        }
        // store_y, iteration t - 1
        if (++store_y_divide_to_bf16_shared_slot == 2) { store_y_divide_to_bf16_shared_slot = 0; store_y_divide_to_bf16_shared_phase ^= 1; }
        if (warp == 8 && elect()) {
          mbar_wait(store_y_divide_to_bf16_shared_full + store_y_divide_to_bf16_shared_slot * 8, store_y_divide_to_bf16_shared_phase);
        }
        if (warp == 8 && elect()) {
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384, 0, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 1024, 64, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 2048, 128, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 3072, 192, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 4096, 256, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 5120, 320, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 6144, 384, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 7168, 448, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 8192, 512, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 9216, 576, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 10240, 640, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 11264, 704, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 12288, 768, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 13312, 832, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 14336, 896, block * tiles_per_block * 8 + t * 8 - 8);
          tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 15360, 960, block * tiles_per_block * 8 + t * 8 - 8);
          copies_commit();
        }
        // store_y.divide.to_bf16
        if (++p_staged_slot == 2) { p_staged_slot = 0; p_staged_phase ^= 1; }
        mbar_wait(p_staged_full + p_staged_slot * 8, p_staged_phase);
        if (++row_sum_staged_slot == 2) { row_sum_staged_slot = 0; row_sum_staged_phase ^= 1; }
        mbar_wait(row_sum_staged_full + row_sum_staged_slot * 8, row_sum_staged_phase);
        if (++store_y_divide_to_bf16_shared_filled_slot == 2) { store_y_divide_to_bf16_shared_filled_slot = 0; store_y_divide_to_bf16_shared_filled_phase ^= 1; }
        mbar_wait(store_y_divide_to_bf16_shared_empty + store_y_divide_to_bf16_shared_filled_slot * 8, store_y_divide_to_bf16_shared_filled_phase ^ 1);
        {
          const u32 p_staged_read = unknown(p_staged + p_staged_slot * 32768);
          const u32 row_sum_staged_read = unknown(row_sum_staged + row_sum_staged_slot * 128);
          const int own_row = unknown(lane_row);
          const int own_column = unknown(lane_column);
          {
            const u32 tile = unknown(store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_filled_slot * 16384);
            u32 staged[32];
            #pragma unroll
            for (int i = 0; i < 64; i += 4) {
              staged[2 * (i >> 2) + 0] = pack_bf16(divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * (i >> 2), i & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))), divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 1) >> 2), (i + 1) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))));
              staged[2 * (i >> 2) + 1] = pack_bf16(divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 2) >> 2), (i + 2) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))), divide(fourth_f32(p_staged_read + in_panels<8>(own_row, 4 * own_column) + 2048 * ((i + 3) >> 2), (i + 3) & 3), load_f32(row_sum_staged_read + 4 * (own_row + 0))));
            }
            #pragma unroll
            for (int i = 0; i < 64; i += 4) {
              const u32 at = tile + in_panels<8>(lane_row, 2 * lane_column) + 1024 * (i >> 2);
              store_stripe_16(at, staged[2 * (i >> 2) + 0], staged[2 * (i >> 2) + 1]);
            }
          }
        }
        fence_proxy_async();
        __syncwarp();
        if (lane == 0) {
          mbar_arrive(store_y_divide_to_bf16_shared_full + store_y_divide_to_bf16_shared_filled_slot * 8);
        }
        __syncwarp();
        if (lane == 0) mbar_arrive(p_staged_empty + p_staged_slot * 8);
        __syncwarp();
        if (lane == 0) mbar_arrive(row_sum_staged_empty + row_sum_staged_slot * 8);
      }
      // ---- period trips
      // store_y, iteration trips - 2
      if (trips - 2 >= 0) {
        if (warp == 8 && elect()) copies_wait_read();
        if (warp == 8 && elect()) {
          mbar_arrive(store_y_divide_to_bf16_shared_empty + store_y_divide_to_bf16_shared_slot * 8);
        }
      }
      // store_y, iteration trips - 1
      if (++store_y_divide_to_bf16_shared_slot == 2) { store_y_divide_to_bf16_shared_slot = 0; store_y_divide_to_bf16_shared_phase ^= 1; }
      if (warp == 8 && elect()) {
        mbar_wait(store_y_divide_to_bf16_shared_full + store_y_divide_to_bf16_shared_slot * 8, store_y_divide_to_bf16_shared_phase);
      }
      if (warp == 8 && elect()) {
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384, 0, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 1024, 64, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 2048, 128, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 3072, 192, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 4096, 256, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 5120, 320, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 6144, 384, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 7168, 448, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 8192, 512, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 9216, 576, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 10240, 640, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 11264, 704, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 12288, 768, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 13312, 832, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 14336, 896, block * tiles_per_block * 8 + trips * 8 - 8);
        tma_store_2d(&y_map, store_y_divide_to_bf16_shared_tile + store_y_divide_to_bf16_shared_slot * 16384 + 15360, 960, block * tiles_per_block * 8 + trips * 8 - 8);
        copies_commit();
      }
      if (warp == 8 && elect()) copies_wait();
    }
  }
}
