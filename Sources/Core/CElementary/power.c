// xʸ = e^(y log x), the logarithm with twice the digits: y multiplies its error.
#include "parts.h"

/// log x of a positive, finite x.
static twofold log_of(double x) {
  double m;
  const double k = split(x, &m), f = m - 1;
  const twofold denominator = sum(2, f);
  twofold s = {f / denominator.high, 0};
  const twofold back = product(s.high, denominator.high);
  s.low = (((f - back.high) - back.low) - s.high * denominator.low) / denominator.high;
  const twofold z = product_of_twofold(s, s);
  double r = 2.0 / 25;
  r = r * z.high + 2.0 / 23;
  r = r * z.high + 2.0 / 21;
  r = r * z.high + 2.0 / 19;
  r = r * z.high + 2.0 / 17;
  r = r * z.high + 2.0 / 15;
  r = r * z.high + 2.0 / 13;
  r = r * z.high + 2.0 / 11;
  r = r * z.high + 2.0 / 9;
  r = r * z.high + 2.0 / 7;
  r = r * z.high + 2.0 / 5;
  const twofold twoThirds = {0x1.5555555555555p-1, 0x1.5555555555555p-55};
  const twofold inner = sum_of_twofold(twoThirds, product(z.high, r));
  const twofold cubic = product_of_twofold(product_of_twofold(s, z), inner);
  const twofold fraction = sum_of_twofold((twofold){2 * s.high, 2 * s.low}, cubic);
  const twofold whole = sum_of_twofold((twofold){k * LN2_HIGH, 0}, product(k, LN2_LOW));
  return sum_of_twofold(whole, fraction);
}

/// Whether y is whole: 0 no, 1 odd, 2 even.
static int wholeness(double y) {
  const double a = magnitude(y);
  if (a >= 0x1p53) return 2;
  if (a != (double)(int64_t)a) return 0;
  return (int64_t)a % 2 ? 1 : 2;
}

double avg_pow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return x + y;
  const double a = magnitude(x);
  const int isNegative = bits_of(x) >> 63 && wholeness(y) == 1;
  if (!is_finite(y)) return a == 1 ? 1 : (a > 1) == (y > 0) ? infinity : 0;
  if (a == 0 || !is_finite(a)) {
    const double limit = (a == 0) == (y > 0) ? 0 : infinity;
    return isNegative ? -limit : limit;
  }
  if (x < 0 && wholeness(y) == 0) return __builtin_nan("");
  const twofold log = log_of(a);
  const double estimate = y * log.high;
  double power;
  if (estimate > 710 || estimate < -746)
    power = estimate > 0 ? infinity : 0;
  else
    power = avg_exp_of(product_of_twofold((twofold){y, 0}, log));
  return isNegative ? -power : power;
}
