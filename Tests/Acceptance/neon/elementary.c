// The elementary functions: digests of their results, and on x86-64, where `long double` has 64 bits and needs no library
// of the compiler's, their errors beside the system's `long double` functions.
#include <math.h>
#include <stdio.h>

#include "CElementary.h"
#include "arrays.h"
#include "digests.h"

/// A function, and the range that its arguments are drawn from; `isWide` spreads them over the orders of magnitude.
typedef struct {
  const char *name;
  double (*function)(double);
  long double (*reference)(long double);
  double low, high;
  int isWide;
  double ulps;  ///< as CElementary.h says
} subject;

#if defined(__x86_64__)
#define REFERENCE(function) function
#else
#define REFERENCE(function) 0
#endif

static double decay(double x) { return avg_pow(0.999, x); }
static double power(double x) { return avg_pow(x, 7.3); }
static double direction(double x) { return avg_atan2(0.7, x); }

#if defined(__x86_64__)
static long double decay_reference(long double x) { return powl((long double)0.999, x); }
static long double power_reference(long double x) { return powl(x, (long double)7.3); }
static long double direction_reference(long double x) { return atan2l((long double)0.7, x); }
#endif

static const subject subjects[] = {
    {"exp", avg_exp, REFERENCE(expl), -700, 700, 0, 0.65},
    {"expm1", avg_expm1, REFERENCE(expm1l), -40, 40, 0, 1.5},
    {"expm1", avg_expm1, REFERENCE(expm1l), 1e-12, 2, 1, 1.5},
    {"log", avg_log, REFERENCE(logl), 1e-150, 1e150, 1, 0.85},
    {"log", avg_log, REFERENCE(logl), 0.5, 2, 0, 0.85},
    {"log1p", avg_log1p, REFERENCE(log1pl), 1e-12, 1e10, 1, 1.3},
    {"log1p", avg_log1p, REFERENCE(log1pl), -0.9999, 1, 0, 1.3},
    {"pow-of-0.999", decay, REFERENCE(decay_reference), 1, 700000, 1, 0.65},
    {"pow-to-7.3", power, REFERENCE(power_reference), 1e-30, 1e30, 1, 0.65},
    {"sin", avg_sin, REFERENCE(sinl), -10, 10, 0, 0.8},
    {"sin", avg_sin, REFERENCE(sinl), 1e-9, 0x1p20, 1, 0.8},
    {"cos", avg_cos, REFERENCE(cosl), -10, 10, 0, 0.8},
    {"cos", avg_cos, REFERENCE(cosl), 1e-9, 0x1p20, 1, 0.8},
    {"tan", avg_tan, REFERENCE(tanl), -10, 10, 0, 2.2},
    {"atan", avg_atan, REFERENCE(atanl), -2, 2, 0, 2.1},
    {"atan", avg_atan, REFERENCE(atanl), 1e-9, 1e9, 1, 2.1},
    {"atan2-of-0.7", direction, REFERENCE(direction_reference), -3, 3, 0, 2.2},
    {"tanh", avg_tanh, REFERENCE(tanhl), -3, 3, 0, 2.4},
    {"tanh", avg_tanh, REFERENCE(tanhl), 1e-9, 22, 1, 2.4},
    {"atanh", avg_atanh, REFERENCE(atanhl), -0.9999, 0.9999, 0, 2},
    {"atanh", avg_atanh, REFERENCE(atanhl), 1e-9, 0.9, 1, 2},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static uint64_t state;

/// Drawn without the system's functions, so that the arguments are the same everywhere.
static double argument(const subject *s) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  const double share = (double)(state >> 11) * 0x1p-53;
  if (!s->isWide) return s->low + (s->high - s->low) * share;
  return s->low * avg_exp(share * (avg_log(s->high) - avg_log(s->low)));
}

void print_elementary_digests(const char *set) {
  for (int i = 0; i < SUBJECTS; i++) {
    uint64_t hash = digest_start();
    state = 1;
    for (long j = 0; j < 1000000; j++) {
      const double y = subjects[i].function(argument(subjects + i));
      hash = digest(hash, &y, sizeof y);
    }
    printf("%s %s-from-%g %016llx\n", set, subjects[i].name, subjects[i].low, (unsigned long long)hash);
  }
}

#if defined(__x86_64__)
int measure_elementary(long count) {
  int excesses = 0;
  for (int i = 0; i < SUBJECTS; i++) {
    const subject *s = subjects + i;
    double worst = 0, place = 0;
    state = 1;
    for (long j = 0; j < count; j++) {
      const double x = argument(s);
      const long double wanted = s->reference(x);
      int exponent;
      frexp((double)wanted, &exponent);
      const double error = (double)fabsl(ldexpl(s->function(x) - wanted, 53 - exponent));
      if (!(error <= worst)) worst = error, place = x;
    }
    excesses += !(worst <= s->ulps);
    printf("%-12s %8g … %-8g at most %.2f ulp, at %.17g\n", s->name, s->low, s->high, worst, place);
  }
  return excesses;
}
#else
int measure_elementary(long count) { return count < 0; }
#endif
