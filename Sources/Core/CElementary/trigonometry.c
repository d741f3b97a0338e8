// Sine, cosine, tangent and arc tangent: reduction to a small angle, and its Taylor polynomial.
#include <math.h>  // remainder alone, which is exact, whoever computes it

#include "parts.h"

#define HALF_PI 0x1.921fb54442d18p+0
#define HALF_PI_LOW 0x1.1a62633145c07p-54

/// x = quarter · π/2 + r + rest, |r| ≤ π/4, the quarter modulo 4.
typedef struct {
  double r, rest;
  int quarter;
} turn;

static turn reduce(double x) {
  if (magnitude(x) <= 0x1.921fb54442d18p-1) return (turn){x, 0, 0};
  if (magnitude(x) > 0x1p20) x = remainder(x, 4 * HALF_PI);
  const double n = nearest(x * 0x1.45f306dc9c883p-1);
  // π/2 in parts of 33 bits, whose products with n are exact.
  const twofold first = sum(x - n * 0x1.921fb54400000p+0, -n * 0x1.0b4611a600000p-34);
  const twofold second = sum(first.high, -n * 0x1.3198a2e000000p-69);
  const twofold r = sum(second.high, (first.low + second.low) - n * 0x1.b839a252049c1p-104);
  return (turn){r.high, r.low, (int)n & 3};
}

static double small_sine(turn a) {
  const double z = a.r * a.r;
  double p = 1.0 / 355687428096000;  // 1/17!
  p = p * z - 1.0 / 1307674368000;
  p = p * z + 1.0 / 6227020800;
  p = p * z - 1.0 / 39916800;
  p = p * z + 1.0 / 362880;
  p = p * z - 1.0 / 5040;
  p = p * z + 1.0 / 120;
  p = p * z - 1.0 / 6;
  return a.r + (a.r * z * p + a.rest * (1 - 0.5 * z));
}

static double small_cosine(turn a) {
  const double z = a.r * a.r, half = 0.5 * z, w = 1 - half;
  double p = 1.0 / 20922789888000;  // 1/16!
  p = p * z - 1.0 / 87178291200;
  p = p * z + 1.0 / 479001600;
  p = p * z - 1.0 / 3628800;
  p = p * z + 1.0 / 40320;
  p = p * z - 1.0 / 720;
  p = p * z + 1.0 / 24;
  return w + (((1 - w) - half) + (z * z * p - a.r * a.rest));
}

/// The sine of an angle and so many quarters.
static double sine(turn a) {
  const double y = a.quarter & 1 ? small_cosine(a) : small_sine(a);
  return a.quarter & 2 ? -y : y;
}

double avg_sin(double x) { return is_finite(x) ? sine(reduce(x)) : x - x; }

double avg_cos(double x) {
  if (!is_finite(x)) return x - x;
  turn a = reduce(x);
  a.quarter++;
  return sine(a);
}

double avg_tan(double x) {
  if (!is_finite(x)) return x - x;
  const turn a = reduce(x);
  const double s = small_sine(a), c = small_cosine(a);
  return a.quarter & 1 ? -c / s : s / c;
}

/// The arc tangent of 0…1: from the nearest of eight tabled ones, arctan x = arctan c + arctan((x − c)/(1 + cx)).
static double arc_tangent(double x) {
  static const twofold table[9] = {
      {0x0.0p+0, 0x0.0p+0},
      {0x1.fd5ba9aac2f6ep-4, -0x1.cd37686760c17p-59},
      {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
      {0x1.6f61941e4def1p-2, -0x1.c63aae6f6e918p-56},
      {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
      {0x1.1e00babdefeb4p-1, -0x1.928df287a668fp-58},
      {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
      {0x1.700a7c5784634p-1, -0x1.8c34d25aadef6p-56},
      {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55},
  };
  const double eighths = nearest(8 * x), c = eighths / 8;
  const double t = (x - c) / (1 + x * c), z = t * t;
  double p = 1.0 / 13;
  p = 1.0 / 11 - p * z;
  p = 1.0 / 9 - p * z;
  p = 1.0 / 7 - p * z;
  p = 1.0 / 5 - p * z;
  p = 1.0 / 3 - p * z;
  const twofold near = table[(int)eighths];
  return near.high + (near.low + (t - t * z * p));
}

/// The arc tangent of y/x for y, x ≥ 0, not both zero or infinite.
static double arc_tangent_of(double y, double x) {
  if (y <= x) return arc_tangent(y / x);
  return HALF_PI - (arc_tangent(x / y) - HALF_PI_LOW);
}

double avg_atan(double x) {
  if (x != x || magnitude(x) < 0x1p-28) return x;
  return with_sign(arc_tangent_of(magnitude(x), 1), x);
}

double avg_atan2(double y, double x) {
  if (x != x || y != y) return x + y;
  double a = magnitude(y), b = magnitude(x);
  if (a == b && (a == 0 || a == infinity)) a = a == 0 ? 0 : 1, b = 1;
  const double angle = arc_tangent_of(a, b);
  return with_sign(bits_of(x) >> 63 ? 2 * HALF_PI - (angle - 2 * HALF_PI_LOW) : angle, y);
}
