// The natural logarithm and what is made of it: x = 2ᵏ(1 + f), and log(1 + f) = 2 artanh(s) with s = f/(2 + f).
#include "parts.h"

double avg_log(double x) {
  if (x != x || x == infinity) return x;
  if (x <= 0) return x == 0 ? -infinity : __builtin_nan("");
  double m;
  const double k = split(x, &m), f = m - 1, s = f / (2 + f), z = s * s;
  double r = 2.0 / 23;
  r = r * z + 2.0 / 21;
  r = r * z + 2.0 / 19;
  r = r * z + 2.0 / 17;
  r = r * z + 2.0 / 15;
  r = r * z + 2.0 / 13;
  r = r * z + 2.0 / 11;
  r = r * z + 2.0 / 9;
  r = r * z + 2.0 / 7;
  r = r * z + 2.0 / 5;
  r = r * z + 2.0 / 3;
  // 2s = f − s·f, and s·f = f²/2 − s·f²/2: the greatest term, f, is exact.
  const double half = 0.5 * f * f;
  return k * LN2_HIGH - ((half - (s * (half + r * z) + k * LN2_LOW)) - f);
}

double avg_log1p(double x) {
  const double u = 1 + x;
  if (u == 1 || u != u || u == infinity) return x;
  if (u <= 0) return avg_log(u);
  return avg_log(u) + (x - (u - 1)) / u;
}

double avg_atanh(double x) {
  const double a = magnitude(x);
  if (x != x || a < 0x1p-28) return x;
  if (a >= 1) return a == 1 ? with_sign(infinity, x) : __builtin_nan("");
  const double twice = a + a;
  return with_sign(0.5 * avg_log1p(a < 0.5 ? twice + twice * a / (1 - a) : twice / (1 - a)), x);
}
