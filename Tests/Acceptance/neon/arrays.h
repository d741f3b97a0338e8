/// Guarded arrays of floats, and their comparison with what the definitions give.
#ifndef ARRAYS_H
#define ARRAYS_H

#include <stdint.h>

/// `count` floats between two guards, which hold NaN: a kernel that reads there spoils its result, and one that
/// writes there is found out.
typedef struct {
  long count;
  float *at;
} array;

/// NaN throughout, so that an entry that was not written is found out.
array array_unwritten(long count);
/// Numbers in −1…1, a few of them 0; the same after every start.
array array_random(long count);
/// Has the next numbers be the first ones again.
void array_restart(void);
void array_free(array a);

/// What a sum should be, with the sum of its terms' magnitudes, which rounding errors are measured by.
typedef struct {
  double value, magnitude;
} expected;

/// Room for `count` sums: zeros.
expected *expected_zeros(long count);
void expected_add(expected *sum, double term);
/// Asks that the entry be left as it was: for gaps between rows.
void expected_untouched(expected *sum);

/// Compares each entry, within 10⁻⁵ of its magnitude, and the guards; frees both arrays.
/// Prints the first deviation of a comparison that fails.
void compare(const char *kernel, const char *shape, array found, expected *wanted);

/// Spoils one entry of every array that is compared for the kernel of this name by 3·10⁻⁵ of its magnitude: shows
/// that the comparison can fail.
void spoil(const char *kernel);

/// FNV-1a over bytes, from an earlier hash or `digest_start` on.
uint64_t digest(uint64_t earlier, const void *bytes, unsigned long count);
uint64_t digest_start(void);

/// The digest of all results that have been compared for the kernel of this name since the last restart.
uint64_t kernel_digest(const char *kernel);

/// Comparisons so far, those that failed, and the largest deviation as a share of the magnitude.
typedef struct {
  int comparisons, failures;
  double largest;
} outcome;
outcome comparisons_outcome(void);

#endif
