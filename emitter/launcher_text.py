"""The texts of launcher.c that are the same for every kernel but for a few names."""

from __future__ import annotations

HEAD = """\
/* $kernel for $gpu ($target), printed by Twill: loads and launches it.
 *
 * It needs the CUDA driver API only: compile it as C11 or C++17 and link with -lcuda. Arrays are
 * row-major without gaps, and start at multiples of 16 bytes:
$arrays
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
 *   int error = ${prefix}_load("kernel.cubin", &module, &function);
 *   // Arrays are of cuMemAlloc or any other library.
 *   if (error == 0) error = ${prefix}_launch(
 *       function, NULL, $values);
 *   if (error == 0) error = (int)cuCtxSynchronize();
 */
#include <cuda.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define TWILL_BAD_EXTENT (-1) /* an extent is not from 1 to TWILL_LARGEST_EXTENT */
#define TWILL_NOT_A_MULTIPLE (-2) /* an extent must be a multiple: $multiples */
#define TWILL_BAD_ADDRESS (-3) /* an array is at 0, or not at a multiple of 16 bytes */
#define TWILL_BAD_GRID (-4) /* more blocks than CUDA takes, or none */
#define TWILL_BAD_STRIDE (-5) /* a stride is not a multiple of 16 bytes below 2**40 */
#define TWILL_LARGEST_EXTENT 2147482624 /* 2**31 - 2**10: kernels add up to a tile to extents */

#ifdef __cplusplus
extern "C" {
#endif
int ${prefix}_load(
    const char *cubin_path, CUmodule *module, CUfunction *function);
int ${prefix}_launch(
$parameters);
#ifdef __cplusplus
}
#endif
"""

MAP = """\
/* How the copy engine sees a row-major array: dimensions and box innermost first. */
static int ${prefix}_map(
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
"""

MULTIPROCESSORS = """
CUdevice device;
int {0};
CUresult result = cuCtxGetDevice(&device);
if (result == CUDA_SUCCESS) {{
  result = cuDeviceGetAttribute(
      &{0}, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device);
}}
if (result != CUDA_SUCCESS) return (int)result;
"""

LOAD = """\
int ${prefix}_load(
    const char *cubin_path, CUmodule *module, CUfunction *function) {
  CUresult result = cuModuleLoad(module, cubin_path);
  if (result != CUDA_SUCCESS) return (int)result;
  result = cuModuleGetFunction(function, *module, "$entry");
  if (result == CUDA_SUCCESS) {
    result = cuFuncSetAttribute(
        *function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, $shared_bytes);
  }
  if (result != CUDA_SUCCESS) (void)cuModuleUnload(*module);
  return (int)result;
}
"""
