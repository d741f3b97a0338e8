#include "arrays.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64 };
static const double tolerance = 1e-5;
static const uint32_t guardBits = 0x7fc0beef;  // a quiet NaN with a mark of ours

static outcome total;
static const char *spoiled;
static uint64_t randomState = 1;

enum { KERNELS = 64 };
static struct {
  const char *name;
  uint64_t digest;
} digests[KERNELS];

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) abort();
  return memory;
}

static int is_guard(const float *x) { return memcmp(x, &guardBits, sizeof guardBits) == 0; }

array array_unwritten(long count) {
  array a = {count, (float *)allocate(count + 2 * GUARD, sizeof(float)) + GUARD};
  for (long i = -GUARD; i < count + GUARD; i++) memcpy(a.at + i, &guardBits, sizeof guardBits);
  return a;
}

array array_random(long count) {
  array a = array_unwritten(count);
  for (long i = 0; i < count; i++) {
    randomState = randomState * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX generator
    const int number = (int)(randomState >> 40) - (1 << 23);
    a.at[i] = number % 16 ? (float)number / (1 << 23) : 0;
  }
  return a;
}

void array_restart(void) {
  randomState = 1;
  memset(digests, 0, sizeof digests);
}

void array_free(array a) { free(a.at - GUARD); }

expected *expected_zeros(long count) { return allocate(count, sizeof(expected)); }

void expected_add(expected *sum, double term) {
  sum->value += term;
  sum->magnitude += fabs(term);
}

void expected_untouched(expected *sum) { sum->magnitude = -1; }

void spoil(const char *kernel) { spoiled = kernel; }

outcome comparisons_outcome(void) { return total; }

uint64_t digest_start(void) { return 0xcbf29ce484222325u; }

uint64_t digest(uint64_t earlier, const void *bytes, unsigned long count) {
  for (unsigned long i = 0; i < count; i++) earlier = (earlier ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
  return earlier;
}

static uint64_t *digest_of(const char *kernel) {
  int i = 0;
  while (digests[i].name && strcmp(digests[i].name, kernel) != 0) i++;
  if (i + 1 == KERNELS) abort();
  if (!digests[i].name) {
    digests[i].name = kernel;
    digests[i].digest = digest_start();
  }
  return &digests[i].digest;
}

uint64_t kernel_digest(const char *kernel) { return *digest_of(kernel); }

static int guards_stand(array a) {
  for (long i = 0; i < GUARD; i++)
    if (!is_guard(a.at - 1 - i) || !is_guard(a.at + a.count + i)) return 0;
  return 1;
}

static int entry_agrees(const float *found, const expected *wanted) {
  if (wanted->magnitude < 0) return is_guard(found);
  const double error = fabs(*found - wanted->value);
  if (!(error <= tolerance * wanted->magnitude + 1e-37)) return 0;  // NaN fails too
  if (wanted->magnitude > 1e-30 && error / wanted->magnitude > total.largest) total.largest = error / wanted->magnitude;
  return 1;
}

static void spoil_one(array found, const expected *wanted) {
  for (long i = found.count - 1; i >= 0; i--)
    if (wanted[i].magnitude > 0) {
      found.at[i] += 3e-5 * wanted[i].magnitude;
      return;
    }
}

void compare(const char *kernel, const char *shape, array found, expected *wanted) {
  int agrees = 1;
  if (spoiled && strcmp(spoiled, kernel) == 0) spoil_one(found, wanted);
  uint64_t *results = digest_of(kernel);
  *results = digest(*results, found.at, found.count * sizeof *found.at);
  for (long i = 0; agrees && i < found.count; i++) {
    agrees = entry_agrees(found.at + i, wanted + i);
    if (!agrees)
      printf("%s, %s: entry %ld of %ld is %.9g, not %.9g\n", kernel, shape, i, found.count, found.at[i],
             wanted[i].value);
  }
  if (agrees && !guards_stand(found)) {
    agrees = 0;
    printf("%s, %s: wrote outside its output\n", kernel, shape);
  }
  total.comparisons++;
  total.failures += !agrees;
  array_free(found);
  free(wanted);
}
