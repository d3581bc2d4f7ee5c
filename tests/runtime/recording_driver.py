"""A CUDA driver that writes down what it is asked, and launchers compiled against it."""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from twill.emitter.launch_description import launch_description
from twill.emitter.launcher import launcher_source
from twill.models.warp_program import WarpProgram
from twill.runtime.binding import grid_of
from twill.runtime.dtypes import DTYPES
from twill.runtime.expressions import evaluate, read_expression
from twill.runtime.tensor_maps import tensor_map_fields

STRICT = ("-Wall", "-Wextra", "-Werror", "-Wmissing-declarations")
ANSWERS = (
    "cuModuleLoad", "cuModuleGetFunction", "cuFuncSetAttribute", "map", "launch",
    "cuCtxGetDevice", "cuDeviceGetAttribute",
)  # fmt: skip
MULTIPROCESSORS = 132
COUNT = 3  # what integer scalars are

# Types, values and prototypes as in cuda.h of CUDA 13.0.
CUDA_H = """
#pragma once
#include <stdint.h>
typedef uint32_t cuuint32_t;
typedef uint64_t cuuint64_t;
typedef unsigned long long CUdeviceptr;
typedef int CUdevice;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef enum cudaError_enum { CUDA_SUCCESS = 0, CUDA_ERROR_INVALID_VALUE = 1 } CUresult;
typedef enum { CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8 } CUfunction_attribute;
typedef enum { CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16 } CUdevice_attribute;
typedef struct CUtensorMap_st {
#ifdef __cplusplus
  alignas(128)
#else
  _Alignas(128)
#endif
  cuuint64_t opaque[16];
} CUtensorMap;
typedef enum {
  CU_TENSOR_MAP_DATA_TYPE_UINT8 = 0, CU_TENSOR_MAP_DATA_TYPE_INT32 = 3,
  CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6, CU_TENSOR_MAP_DATA_TYPE_FLOAT32 = 7,
  CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9
} CUtensorMapDataType;
typedef enum { CU_TENSOR_MAP_INTERLEAVE_NONE = 0 } CUtensorMapInterleave;
typedef enum {
  CU_TENSOR_MAP_SWIZZLE_NONE = 0, CU_TENSOR_MAP_SWIZZLE_32B, CU_TENSOR_MAP_SWIZZLE_64B,
  CU_TENSOR_MAP_SWIZZLE_128B
} CUtensorMapSwizzle;
typedef enum { CU_TENSOR_MAP_L2_PROMOTION_L2_128B = 2 } CUtensorMapL2promotion;
typedef enum { CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0 } CUtensorMapFloatOOBfill;
#ifdef __cplusplus
extern "C" {
#endif
CUresult cuInit(unsigned int Flags);
CUresult cuDeviceGet(CUdevice *device, int ordinal);
CUresult cuDevicePrimaryCtxRetain(CUcontext *pctx, CUdevice dev);
CUresult cuCtxSetCurrent(CUcontext ctx);
CUresult cuCtxSynchronize(void);
CUresult cuCtxGetDevice(CUdevice *device);
CUresult cuDeviceGetAttribute(int *pi, CUdevice_attribute attrib, CUdevice dev);
CUresult cuModuleLoad(CUmodule *module, const char *fname);
CUresult cuModuleUnload(CUmodule hmod);
CUresult cuModuleGetFunction(CUfunction *hfunc, CUmodule hmod, const char *name);
CUresult cuFuncSetAttribute(CUfunction hfunc, CUfunction_attribute attrib, int value);
CUresult cuTensorMapEncodeTiled(
    CUtensorMap *tensorMap, CUtensorMapDataType tensorDataType, cuuint32_t tensorRank,
    void *globalAddress, const cuuint64_t *globalDim, const cuuint64_t *globalStrides,
    const cuuint32_t *boxDim, const cuuint32_t *elementStrides, CUtensorMapInterleave interleave,
    CUtensorMapSwizzle swizzle, CUtensorMapL2promotion l2Promotion,
    CUtensorMapFloatOOBfill oobFill);
CUresult cuLaunchKernel(
    CUfunction f, unsigned int gridDimX, unsigned int gridDimY, unsigned int gridDimZ,
    unsigned int blockDimX, unsigned int blockDimY, unsigned int blockDimZ,
    unsigned int sharedMemBytes, CUstream hStream, void **kernelParams, void **extra);
#ifdef __cplusplus
}
#endif
"""

# Every call is a line of `record`; `answers` are what the calls return, in the order of ANSWERS.
DRIVER_C = """
#include <cuda.h>
#include <stdio.h>
#include <string.h>
char record[65536];
int answers[7], sizes[64], maps;
#define SAY(...) sprintf(record + strlen(record), __VA_ARGS__)
#define SAY_ALL(word, n, from) SAY(word); \\
  for (unsigned i = 0; i < (n); ++i) SAY(" %llu", (unsigned long long)(from)[i])
CUresult cuModuleLoad(CUmodule *m, const char *path) {
  SAY("load %s\\n", path); *m = (CUmodule)0x30; return (CUresult)answers[0];
}
CUresult cuModuleUnload(CUmodule m) {
  SAY("unload %d\\n", m == (CUmodule)0x30); return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction *f, CUmodule m, const char *name) {
  SAY("function %s %d\\n", name, m == (CUmodule)0x30); *f = (CUfunction)0x40;
  return (CUresult)answers[1];
}
CUresult cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int value) {
  SAY("attribute %d %d %d\\n", f == (CUfunction)0x40, (int)a, value); return (CUresult)answers[2];
}
CUresult cuCtxGetDevice(CUdevice *device) { *device = 7; return (CUresult)answers[5]; }
CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
  *value = attribute == 16 && device == 7 ? 132 : -1; return (CUresult)answers[6];
}
CUresult cuTensorMapEncodeTiled(
    CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *array,
    const cuuint64_t *dims, const cuuint64_t *strides, const cuuint32_t *box,
    const cuuint32_t *steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
    CUtensorMapL2promotion l2, CUtensorMapFloatOOBfill fill) {
  SAY("map %llu type %d rank %u", (unsigned long long)(uintptr_t)array, (int)type, rank);
  SAY_ALL(" dims", rank, dims); SAY_ALL(" strides", rank - 1, strides);
  SAY_ALL(" box", rank, box); SAY_ALL(" steps", rank, steps);
  SAY(" modes %d %d %d %d", (int)interleave, (int)swizzle, (int)l2, (int)fill);
  SAY(" aligned %d\\n", (uintptr_t)map % 64 == 0);
  memset(map, ++maps, 128);
  return (CUresult)answers[3];
}
CUresult cuLaunchKernel(
    CUfunction f, unsigned x, unsigned y, unsigned z, unsigned tx, unsigned ty, unsigned tz,
    unsigned shared, CUstream stream, void **parameters, void **extra) {
  SAY("launch %d grid %u %u %u threads %u %u %u shared %u stream %d extra %d\\n",
      f == (CUfunction)0x40, x, y, z, tx, ty, tz, shared, stream == (CUstream)0x50, extra != 0);
  for (int i = 0; sizes[i]; ++i) {
    for (int j = 0; j < sizes[i]; ++j) SAY("%02x", ((unsigned char *)parameters[i])[j]);
    SAY("\\n");
  }
  return (CUresult)answers[4];
}
"""


def compile_with(folder: Path, compiler: str, *options: str) -> None:
    """Run a compiler on files of the folder; its complaints are the failure's text."""
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler} on this machine")
    (folder / "cuda.h").write_text(CUDA_H)
    command = [compiler, *STRICT, "-I.", *options]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


class Launcher:
    """A launcher linked with the driver that writes down."""

    def __init__(self, program: WarpProgram, folder: Path) -> None:
        self.launch = launch_description(program, "", "")
        self.tensors = [a for a in self.launch["arguments"] if a["kind"] == "tensor"]
        self.scalars = [a for a in self.launch["arguments"] if a["kind"] == "scalar"]
        self.addresses = {a["name"]: 0x7F0000001000 + 16 * i for i, a in enumerate(self.tensors)}
        (folder / "launcher.c").write_text(launcher_source(program))
        (folder / "driver.c").write_text(DRIVER_C)
        files = ("launcher.c", "driver.c", "-o", "launcher.so")
        compile_with(folder, "gcc", "-std=c11", "-shared", "-fPIC", *files)
        self.library = ctypes.CDLL(str(folder / "launcher.so"))

    def answer(self, call: str, result: int) -> None:
        """What a call of the driver returns from now on."""
        answers = (ctypes.c_int * 7).in_dll(self.library, "answers")
        answers[ANSWERS.index(call)] = result

    @property
    def record(self) -> list[str]:
        """The calls so far, one a line."""
        return ctypes.string_at(ctypes.addressof(self._record())).decode().splitlines()

    def _record(self) -> ctypes.Array[ctypes.c_char]:
        return (ctypes.c_char * 65536).in_dll(self.library, "record")

    def load(self) -> int:
        """Call the function that loads."""
        out = ctypes.c_void_p(), ctypes.c_void_p()
        call = self.library[f"twill_{self.launch['kernel']}_load"]
        return int(call(b"some.cubin", *map(ctypes.byref, out)))

    def run(self, extents: Mapping[str, int], scalar: float = 0.25, **addresses: int) -> int:
        """Call the function that launches."""
        sizes = (ctypes.c_int * 64).in_dll(self.library, "sizes")
        widths = {"tensor_map": 128, "pointer": 8, "extent": 4, "scalar": 4}
        for i, parameter in enumerate(self.launch["parameters"]):
            sizes[i] = widths[parameter["kind"]]
        where = {**self.addresses, **addresses}
        arguments: list[Any] = [ctypes.c_void_p(0x40), ctypes.c_void_p(0x50)]
        arguments += [ctypes.c_uint64(where[a["name"]]) for a in self.tensors]
        arguments += [ctypes.c_int(extents[name]) for name in self.launch["extents"]]
        arguments += [
            ctypes.c_int(COUNT) if one["dtype"] == "i32" else ctypes.c_float(scalar)
            for one in self.scalars
        ]
        return int(self.library[f"twill_{self.launch['kernel']}_launch"](*arguments))

    def expected(self, extents: Mapping[str, int], scalar: float = 0.25) -> list[str]:
        """The calls that runtime/launch.py would make."""
        maps, passed = [], []
        arguments = {a["name"]: a for a in self.launch["arguments"]}
        for one in self.launch["parameters"]:
            if one["kind"] == "tensor_map":
                maps.append(self._map(one, arguments[one["argument"]], extents))
                passed.append(bytes([len(maps)]) * 128)
            elif one["kind"] == "pointer":
                passed.append(struct.pack("<Q", self.addresses[one["argument"]]))
            elif one["kind"] == "extent":
                passed.append(struct.pack("<i", extents[one["name"]]))
            elif arguments[one["name"]]["dtype"] == "i32":
                passed.append(struct.pack("<i", COUNT))
            else:
                passed.append(struct.pack("<f", scalar))
        counts = {one["name"]: COUNT for one in self.scalars if one["dtype"] == "i32"}
        values = {**extents, **counts, "multiprocessors": MULTIPROCESSORS}
        grid = grid_of([read_expression(count) for count in self.launch["grid"]], values)
        launched = "launch 1 grid {} {} {} threads {} 1 1 shared {} stream 1 extra 0".format(
            *grid, self.launch["threads"], self.launch["shared_bytes"]
        )
        return [*maps, launched, *(value.hex() for value in passed)]

    def _map(self, one: Any, argument: Any, extents: Mapping[str, int]) -> str:
        shape = [evaluate(read_expression(size), extents) for size in argument["shape"]]
        dtype = DTYPES[argument["dtype"]]
        fields = tensor_map_fields(shape, dtype.itemsize, one["box"], one["swizzle"])
        words: list[Any] = ["map", self.addresses[one["argument"]], "type", dtype.tensor_map_code]
        words += ["rank", len(shape), "dims", *fields.dimensions, "strides", *fields.strides]
        words += ["box", *fields.box, "steps", *(1 for _ in shape)]
        words += ["modes", 0, fields.swizzle, 2, 0, "aligned", 1]
        return " ".join(map(str, words))
