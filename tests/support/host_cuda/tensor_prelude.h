// What stands for the device functions of Tensor Memory that hold other PTX than tcgen05.
#pragma once
#include "host_prelude.h"
#include "tensor_products.h"

inline u32 __float_as_uint(float x) {
  u32 bits;
  memcpy(&bits, &x, sizeof x);
  return bits;
}
inline float __uint_as_float(u32 bits) { return __int_as_float(bits); }

DEV u32 tensors_address(u32 slot) { return *host::at<u32>(slot); }

DEV void tensor_boundary(u32 slot) {
  if (*host::at<u32>(slot) >> 31) host::fault("a boundary that is never passed");
}

DEV void store_quad(u32 address, u32 a, u32 b, u32 c, u32 d) {
  host::put<int4>(address, {int(a), int(b), int(c), int(d)});
}

namespace host {

const bool has_tensors = [] {
  kinds = TENSOR_STORE + 1;
  at_start = {start_tensors, start_products};
  at_thread_end = {end_moves, end_products};
  at_end = {end_tensors};
  return true;
}();

}  // namespace host
