/* gemm for h100-sxm (sm_90a), printed by Twill: loads and launches it.
 *
 * It needs the CUDA driver API only: compile it as C11 or C++17 and link with -lcuda. Arrays are
 * row-major without gaps, and start at multiples of 16 bytes:
 *   a: bf16 [M, K], read
 *   b: bf16 [N, K], read
 *   c: bf16 [M, N], written
 *
 * Both functions need a current context, and return 0 if all is well, a CUresult if the driver
 * refuses (above 0), or one of the TWILL_ numbers below (under 0). A launch returns before the
 * kernel has ended. For example:
 *
 *   #include "launcher.c"
 *   CUdevice device; CUcontext context; CUmodule module; CUfunction function;
 *   cuInit(0);
 *   cuDeviceGet(&device, 0);
 *   cuDevicePrimaryCtxRetain(&context, device);
 *   cuCtxSetCurrent(context);
 *   int error = twill_gemm_load("kernel.cubin", &module, &function);
 *   // Arrays are of cuMemAlloc or any other library.
 *   if (error == 0) error = twill_gemm_launch(
 *       function, NULL, a, b, c, M, K, N);
 *   if (error == 0) error = (int)cuCtxSynchronize();
 */
#include <cuda.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define TWILL_BAD_EXTENT (-1) /* an extent is not from 1 to TWILL_LARGEST_EXTENT */
#define TWILL_NOT_A_MULTIPLE (-2) /* an extent must be a multiple: K of 8, N of 8 */
#define TWILL_BAD_ADDRESS (-3) /* an array is at 0, or not at a multiple of 16 bytes */
#define TWILL_BAD_GRID (-4) /* more blocks than CUDA takes, or none */
#define TWILL_BAD_STRIDE (-5) /* a stride is not a multiple of 16 bytes below 2**40 */
#define TWILL_LARGEST_EXTENT 2147482624 /* 2**31 - 2**10: kernels add up to a tile to extents */

#ifdef __cplusplus
extern "C" {
#endif
int twill_gemm_load(
    const char *cubin_path, CUmodule *module, CUfunction *function);
int twill_gemm_launch(
    CUfunction function, CUstream stream,
    CUdeviceptr a, CUdeviceptr b, CUdeviceptr c,
    int M, int K, int N);
#ifdef __cplusplus
}
#endif

static long long twill_gemm_mul(long long left, long long right, int *wrong) {
  if (left != 0 && llabs(right) > LLONG_MAX / llabs(left)) return *wrong = 1;
  return left * right;
}

static long long twill_gemm_cdiv(long long left, long long right, int *wrong) {
  if (right == 0) return *wrong = 1;
  return left / right + (left % right != 0 && (left < 0) == (right < 0));
}

/* How the copy engine sees a row-major array: dimensions and box innermost first. */
static int twill_gemm_map(
    CUtensorMap *map, CUdeviceptr array, CUtensorMapDataType type, cuuint64_t bytes,
    cuuint32_t rank, const cuuint64_t *dims, const cuuint32_t *box, CUtensorMapSwizzle swizzle) {
  const cuuint64_t limit = (cuuint64_t)1 << 40;
  const cuuint32_t steps[5] = {1, 1, 1, 1, 1};
  cuuint64_t strides[5] = {0, 0, 0, 0, 0};
  cuuint64_t stride = bytes;
  for (cuuint32_t i = 0; i + 1 < rank; ++i) {
    if (dims[i] > (limit - 1) / stride) return TWILL_BAD_STRIDE;
    stride *= dims[i];
    if (stride % 16 != 0) return TWILL_BAD_STRIDE;
    strides[i] = stride;
  }
  return (int)cuTensorMapEncodeTiled(
      map, type, rank, (void *)(uintptr_t)array, dims, strides, box, steps,
      CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle, CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
      CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

int twill_gemm_load(
    const char *cubin_path, CUmodule *module, CUfunction *function) {
  CUresult result = cuModuleLoad(module, cubin_path);
  if (result != CUDA_SUCCESS) return (int)result;
  result = cuModuleGetFunction(function, *module, "gemm");
  if (result == CUDA_SUCCESS) {
    result = cuFuncSetAttribute(
        *function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 214080);
  }
  if (result != CUDA_SUCCESS) (void)cuModuleUnload(*module);
  return (int)result;
}

int twill_gemm_launch(
    CUfunction function, CUstream stream,
    CUdeviceptr a, CUdeviceptr b, CUdeviceptr c,
    int M, int K, int N) {
  if (M < 1 || M > TWILL_LARGEST_EXTENT) return TWILL_BAD_EXTENT;
  if (K < 1 || K > TWILL_LARGEST_EXTENT) return TWILL_BAD_EXTENT;
  if (N < 1 || N > TWILL_LARGEST_EXTENT) return TWILL_BAD_EXTENT;
  if (K % 8 != 0) return TWILL_NOT_A_MULTIPLE;
  if (N % 8 != 0) return TWILL_NOT_A_MULTIPLE;
  if (a == 0 || a % 16 != 0) return TWILL_BAD_ADDRESS;
  if (b == 0 || b % 16 != 0) return TWILL_BAD_ADDRESS;
  if (c == 0 || c % 16 != 0) return TWILL_BAD_ADDRESS;

  int wrong = 0;
  const long long grid_x = twill_gemm_mul(twill_gemm_cdiv(M, 128, &wrong), twill_gemm_cdiv(N, 256, &wrong), &wrong);
  const long long grid_y = 1;
  const long long grid_z = 1;
  if (wrong) return TWILL_BAD_GRID;
  if (grid_x < 1 || grid_x > 2147483647) return TWILL_BAD_GRID;
  if (grid_y < 1 || grid_y > 65535) return TWILL_BAD_GRID;
  if (grid_z < 1 || grid_z > 65535) return TWILL_BAD_GRID;

  CUtensorMap a_map;
  {
    const cuuint64_t dims[] = {(cuuint64_t)K, (cuuint64_t)M};
    const cuuint32_t box[] = {64, 128};
    const int error = twill_gemm_map(
        &a_map, a, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        2, 2, dims, box, CU_TENSOR_MAP_SWIZZLE_128B);
    if (error != 0) return error;
  }

  CUtensorMap b_map;
  {
    const cuuint64_t dims[] = {(cuuint64_t)K, (cuuint64_t)N};
    const cuuint32_t box[] = {64, 256};
    const int error = twill_gemm_map(
        &b_map, b, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        2, 2, dims, box, CU_TENSOR_MAP_SWIZZLE_128B);
    if (error != 0) return error;
  }

  CUtensorMap c_map;
  {
    const cuuint64_t dims[] = {(cuuint64_t)N, (cuuint64_t)M};
    const cuuint32_t box[] = {64, 64};
    const int error = twill_gemm_map(
        &c_map, c, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        2, 2, dims, box, CU_TENSOR_MAP_SWIZZLE_128B);
    if (error != 0) return error;
  }

  void *parameters[] = {
      &a_map, &b_map, &c_map, &M, &K, &N
  };
  return (int)cuLaunchKernel(
      function, (unsigned)grid_x, (unsigned)grid_y, (unsigned)grid_z, 384, 1, 1,
      214080, stream, parameters, NULL);
}
