// The exponential function and what is made of it: x = k·log 2 + r with |r| ≤ ½ log 2, and a Taylor polynomial in r.
#include "parts.h"

/// r, with what it is too small by, and k.
typedef struct {
  double r, rest;
  int k;
} reduced;

static reduced reduce(twofold x) {
  const double k = nearest(x.high * PER_LN2);
  const double high = x.high - k * LN2_HIGH, low = x.low - k * LN2_LOW;
  const double r = high + low;
  return (reduced){r, (high - r) + low, (int)k};
}

/// e^r − 1 − r for |r| ≤ ½ log 2.
static double tail(double r) {
  double p = 1.0 / 6227020800;  // 1/13!
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  return r * r * p;
}

double avg_exp_of(twofold x) {
  const reduced a = reduce(x);
  const twofold one = sum(1, a.r);
  const double y = one.high + (one.low + (tail(a.r) + a.rest * (1 + a.r)));
  // In two steps where one power of two would not do; only the second can round.
  if (a.k > 1023) return y * 0x1p1023 * power_of_two(a.k - 1023);
  if (a.k < -1022) return y * power_of_two(a.k + 1000) * 0x1p-1000;
  return y * power_of_two(a.k);
}

double avg_exp(double x) {
  if (x != x) return x;
  if (x > 710) return infinity;
  if (x < -746) return 0;
  return avg_exp_of((twofold){x, 0});
}

double avg_expm1(double x) {
  if (x != x || magnitude(x) < 0x1p-54) return x;
  if (x > 710) return infinity;
  if (x < -40) return -1;
  const reduced a = reduce((twofold){x, 0});
  const double p = a.r + (tail(a.r) + a.rest * (1 + a.r));
  if (a.k == 0) return p;
  if (a.k > 1023) return (p + 1) * 0x1p1023 * power_of_two(a.k - 1023);
  const double scale = power_of_two(a.k);
  return a.k > 53 ? scale * (p + (1 - power_of_two(-a.k))) : scale * p + (scale - 1);
}

double avg_tanh(double x) {
  const double a = magnitude(x);
  if (x != x || a < 0x1p-28) return x;
  if (a > 22) return with_sign(1, x);
  const double t = avg_expm1(2 * a);
  return with_sign(a < 0.5 ? t / (t + 2) : 1 - 2 / (t + 2), x);
}
