// What the functions share. Nothing here may be contracted or reordered: the bits are the point.
#ifndef AVG_PARTS_H
#define AVG_PARTS_H

#include <stdint.h>
#include <string.h>

#include "include/CElementary.h"

#pragma STDC FP_CONTRACT OFF

#define LN2_HIGH 0x1.62e42fefa3800p-1  // 42 bits of log 2: times an exponent it is exact
#define LN2_LOW 0x1.ef35793c76730p-45
#define PER_LN2 0x1.71547652b82fep+0

static inline uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// |x|, and x with the sign of y.
static inline double magnitude(double x) { return of_bits(bits_of(x) & ~(1ull << 63)); }
static inline double with_sign(double x, double y) {
  return of_bits((bits_of(x) & ~(1ull << 63)) | (bits_of(y) & 1ull << 63));
}

static const double infinity = __builtin_inf();

static inline int is_finite(double x) { return magnitude(x) < infinity; }

/// The nearest whole number, ties to even, for |x| < 2⁵¹.
static inline double nearest(double x) {
  const double shift = 0x1.8p52;
  return (x + shift) - shift;
}

/// 2ᵏ for k in −1022…1023.
static inline double power_of_two(int k) { return of_bits((uint64_t)(k + 1023) << 52); }

/// A number with twice the digits: the sum of two, of which the second is below half an ulp of the first.
typedef struct {
  double high, low;
} twofold;

/// a + b, exactly (Knuth).
static inline twofold sum(double a, double b) {
  const double s = a + b, t = s - a;
  return (twofold){s, (a - (s - t)) + (b - t)};
}

/// a · b, exactly (Dekker), for magnitudes far from overflow.
static inline twofold product(double a, double b) {
  const double shift = 0x1p27 + 1, p = a * b;
  const double x = a * shift, y = b * shift;
  const double aHigh = x - (x - a), bHigh = y - (y - b), aLow = a - aHigh, bLow = b - bHigh;
  return (twofold){p, ((aHigh * bHigh - p) + aHigh * bLow + aLow * bHigh) + aLow * bLow};
}

static inline twofold sum_of_twofold(twofold a, twofold b) {
  const twofold s = sum(a.high, b.high);
  return sum(s.high, s.low + (a.low + b.low));
}

static inline twofold product_of_twofold(twofold a, twofold b) {
  const twofold p = product(a.high, b.high);
  return sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

/// x = 2ᵏ·m with m in √½…√2, for positive x: k. Sets m.
static inline int split(double x, double *m) {
  int k = 0;
  if (x < 0x1p-1022) x *= 0x1p54, k = -54;
  const uint64_t bits = bits_of(x), fraction = bits & 0xfffffffffffffull;
  k += (int)(bits >> 52) - 1023;
  const int isLarge = fraction > 0x6a09e667f3bccull;  // that of √2
  *m = of_bits(fraction | (uint64_t)(isLarge ? 1022 : 1023) << 52);
  return k + isLarge;
}

/// e^(high + low) for a sum within −746…710.
double avg_exp_of(twofold x);

#endif
