// Numbers: narrow types, and the functions of CUDA that a kernel calls.
#pragma once
#include <cmath>

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { u32 x, y; };
struct alignas(16) int4 { int x, y, z, w; };

template <class T> T max(T a, T b) { return a > b ? a : b; }
template <class T> T min(T a, T b) { return a < b ? a : b; }
inline float max(float a, float b) { return fmaxf(a, b); }
inline float min(float a, float b) { return fminf(a, b); }

inline float __int_as_float(u32 bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

inline float __fdiv_rn(float x, float y) { return x / y; }

namespace host {

struct Format { int exponent_bits, mantissa_bits; bool finite; };  // finite: no infinity, saturates
constexpr Format BF16{8, 7, false}, FP16{5, 10, false}, E4M3{4, 3, true};

// To the nearest, ties to even.
u32 narrow(float x, Format f) {
  const u32 sign = u32(std::signbit(x)) << (f.exponent_bits + f.mantissa_bits);
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  const u32 infinite = ((1u << f.exponent_bits) - 1) << f.mantissa_bits;
  const u32 largest = f.finite ? infinite + (1u << f.mantissa_bits) - 2 : infinite;
  if (std::isnan(x)) return f.finite ? sign | (infinite + (1u << f.mantissa_bits) - 1)
                                     : infinite | (1u << (f.mantissa_bits - 1));
  if (std::isinf(x)) return sign | largest;
  if (x == 0) return sign;
  int exponent = std::ilogb(x);
  if (exponent < 1 - bias) exponent = 1 - bias;
  const double steps = std::nearbyint(std::ldexp(std::fabs(double(x)), f.mantissa_bits - exponent));
  // A subnormal has no leading one; a carry goes into the exponent by itself.
  const u32 bits = u32(steps) + (u32(exponent + bias - 1) << f.mantissa_bits);
  return sign | (bits > largest ? largest : bits);
}

float widen(u32 bits, Format f) {
  const u32 mantissa = bits & ((1u << f.mantissa_bits) - 1);
  const u32 exponent = bits >> f.mantissa_bits & ((1u << f.exponent_bits) - 1);
  const bool negative = bits >> (f.mantissa_bits + f.exponent_bits) & 1;
  const u32 top = (1u << f.exponent_bits) - 1;
  const int bias = (1 << (f.exponent_bits - 1)) - 1;
  double x = exponent ? std::ldexp(double(mantissa + (1u << f.mantissa_bits)),
                                   int(exponent) - bias - f.mantissa_bits)
                      : std::ldexp(double(mantissa), 1 - bias - f.mantissa_bits);
  if (exponent == top && !f.finite) x = mantissa ? NAN : INFINITY;
  if (exponent == top && f.finite && mantissa == (1u << f.mantissa_bits) - 1) x = NAN;
  return float(negative ? -x : x);
}

inline u32 narrow_bf16(float x) {
  u32 bits;
  memcpy(&bits, &x, 4);
  if (x != x) return 0x7fff;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

template <class Type> float flushed(Type x) { return std::fpclassify(x) == FP_SUBNORMAL ? 0 : x; }

}  // namespace host
