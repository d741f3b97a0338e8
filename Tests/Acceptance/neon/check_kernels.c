// Compares every kernel of every instruction set of this processor with its definition, on odd shapes.
//   check-kernels                runs the comparisons; exit status 1 if one fails
//   check-kernels --spoil NAME   the same with the results of one kernel spoilt: must fail
//   check-kernels --list         the kernels' names
//   check-kernels --errors COUNT measures the elementary functions over so many arguments each; exit status 1 if one errs
//                                more than it says
//   check-kernels --digests      prints SET NAME DIGEST for what must have the same bits on every processor with a fused
//                                multiply-add: each kernel's results, small trainings, and the elementary functions
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "digests.h"
#include "reference.h"
#include "traces.h"

static const char *const kernelNames[] = {
    "convolve", "convolution_weight_gradient", "convolution_input_gradient", "spatial_softmax",
    "spatial_softmax_gradient", "dense", "dense_input_gradient", "adam_step",
    "sum_of_squares", "widen", "multiply_add_chains", "adam_step_outer",
    "dense_batch", "dense_batch_input_gradient", "dense_batch_weight_gradient", "leaky_rectify", "leaky_rectify_gradient",
    "trace", "trace_outer", "add_scaled", "scaled_trace", "scaled_trace_outer", "add_scaled_trace",
    "follow",
};
enum { KERNELS = sizeof kernelNames / sizeof *kernelNames };
// A table is a name and its kernels: a new one needs a check here.
_Static_assert(sizeof(avg_kernels) == (1 + KERNELS) * sizeof(void *), "a kernel has no check");

/// An output gradient with zeros in the borders of its rows.
static array random_gradient(const avg_convolution *c) {
  array dy = array_random((long)c->outputHeight * c->gradientWidth * c->outputChannels);
  for (long i = 0; i < dy.count; i++) {
    const long x = i / c->outputChannels % c->gradientWidth - c->gradientBorderLeft;
    if (x < 0 || x >= c->outputWidth) dy.at[i] = 0;
  }
  return dy;
}

enum { PARTS = 3 };
static const avg_part whole = {0, 1};

/// Spoils what a kernel wrote as a whole if its parts wrote anything else, and frees theirs.
static void require_same(array found, array parts) {
  if (memcmp(found.at, parts.at, found.count * sizeof(float)) != 0) found.at[0] = NAN;
  array_free(parts);
}

static void check_input_gradient(
    const avg_kernels *k, const avg_convolution *c, const char *shape, const float *w, long weights, const float *dy) {
  const long row = (long)c->inputWidth * c->inputChannels;
  array wt = array_unwritten(weights), x = array_random(c->inputHeight * row);
  avg_transpose_weights(c, w, wt.at);
  for (int masked = 0; masked < 2; masked++)
    for (long gap = 0; gap <= 16; gap += 16) {
      const float *rectified = masked ? x.at : NULL;
      array dx = array_unwritten(c->inputHeight * (row + gap));
      k->convolution_input_gradient(c, whole, dy, wt.at, rectified, dx.at, row + gap);
      array parts = array_unwritten(dx.count);
      for (int i = 0; i < PARTS; i++)
        k->convolution_input_gradient(c, (avg_part){i, PARTS}, dy, wt.at, rectified, parts.at, row + gap);
      require_same(dx, parts);
      compare(kernelNames[2], shape, dx, reference_input_gradient(c, dy, w, rectified, row + gap));
    }
  array_free(wt);
  array_free(x);
}

static void check_convolution(const avg_kernels *k, const avg_convolution *c) {
  char shape[100];
  snprintf(shape, sizeof shape, "%d planes of %d x %d x %d, kernel %d, stride %d, %d outputs", c->planes,
           c->inputHeight, c->inputWidth, c->inputChannels, c->kernelSize, c->stride, c->outputChannels);
  const long weights = (long)c->kernelSize * c->kernelSize * c->planes * c->inputChannels * c->outputChannels;
  array x = array_random((long)c->planes * c->inputHeight * c->inputWidth * c->inputChannels);
  array w = array_random(weights), b = array_random(c->outputChannels), dy = random_gradient(c);
  for (int rectify = 0; rectify < 2; rectify++) {
    array y = array_unwritten((long)c->outputHeight * c->outputWidth * c->outputChannels);
    k->convolve(c, whole, x.at, w.at, b.at, y.at, rectify);
    array parts = array_unwritten(y.count);
    for (int i = 0; i < PARTS; i++) k->convolve(c, (avg_part){i, PARTS}, x.at, w.at, b.at, parts.at, rectify);
    require_same(y, parts);
    compare(kernelNames[0], shape, y, reference_convolve(c, x.at, w.at, b.at, rectify));
  }
  array dw = array_unwritten(weights), db = array_unwritten(c->outputChannels);
  k->convolution_weight_gradient(c, x.at, dy.at, dw.at, db.at);
  compare(kernelNames[1], shape, dw, reference_weight_gradient(c, x.at, dy.at));
  compare(kernelNames[1], shape, db, reference_bias_gradient(c, dy.at));
  if (c->planes == 1 && c->inputChannels % AVG_CHANNEL_BLOCK == 0)
    check_input_gradient(k, c, shape, w.at, weights, dy.at);
  array_free(x);
  array_free(w);
  array_free(b);
  array_free(dy);
}

static void check_softmax(const avg_kernels *k, int height, int width, int channels) {
  char shape[60];
  snprintf(shape, sizeof shape, "%d x %d x %d", height, width, channels);
  const long pixels = (long)height * width, row = (long)width * channels;
  array image = array_random(pixels * channels), p = array_unwritten(image.count);
  array points = array_unwritten(2 * channels);
  for (long i = 0; i < image.count; i++) image.at[i] *= 20;
  k->spatial_softmax(image.at, height, width, channels, p.at, points.at);
  expected *probabilities = reference_probabilities(image.at, pixels, channels);
  compare(kernelNames[3], shape, points, reference_points(probabilities, height, width, channels));
  compare(kernelNames[3], shape, p, probabilities);

  array given = array_random(image.count), centres = array_random(2 * channels), slope = array_random(2 * channels);
  for (int masked = 0; masked < 2; masked++) {
    const float *rectified = masked ? image.at : NULL;
    array gradient = array_unwritten(height * (row + 32));
    k->spatial_softmax_gradient(
        given.at, centres.at, slope.at, height, width, channels, rectified, gradient.at, row + 32);
    compare(kernelNames[4], shape, gradient, reference_softmax_gradient(
        given.at, centres.at, slope.at, height, width, channels, rectified, row + 32));
  }
  array_free(image);
  array_free(given);
  array_free(centres);
  array_free(slope);
}

static void check_dense(const avg_kernels *k, int inputs, int outputs) {
  char shape[60];
  snprintf(shape, sizeof shape, "%d to %d", inputs, outputs);
  array x = array_random(inputs), w = array_random((long)inputs * outputs), b = array_random(outputs);
  array dy = array_random(outputs), y = array_unwritten(outputs), dx = array_unwritten(inputs);
  k->dense(x.at, inputs, w.at, b.at, y.at, outputs);
  k->dense_input_gradient(dy.at, outputs, w.at, dx.at, inputs);
  compare(kernelNames[5], shape, y, reference_dense(x.at, inputs, w.at, b.at, outputs));
  compare(kernelNames[6], shape, dx, reference_dense_input_gradient(dy.at, outputs, w.at, inputs));
  array_free(x);
  array_free(w);
  array_free(b);
  array_free(dy);
}

static void check_adam(const avg_kernels *k, long count, float beta1) {
  char shape[60];
  snprintf(shape, sizeof shape, "%ld parameters, beta1 %g", count, beta1);
  const avg_adam a = {
      .stepSize = 0.01f, .beta1 = beta1, .beta2 = 0.999f, .gain1 = 1 - beta1, .gain2 = 0.001f,
      .secondMomentScale = 3.7f, .epsilon = 1e-8f};
  array p = array_random(count), g = array_random(count), m = array_random(count), v = array_random(count);
  for (long i = 0; i < count; i++) v.at[i] *= v.at[i];
  if (beta1 == 0) {  // m is neither read nor written then
    array_free(m);
    m = array_unwritten(count);
  }
  adam_expected e = reference_adam(&a, p.at, g.at, m.at, v.at, count);
  if (!e.m) {
    e.m = expected_zeros(count);
    for (long i = 0; i < count; i++) expected_untouched(e.m + i);
  }
  k->adam_step(&a, p.at, g.at, m.at, v.at, count);
  compare(kernelNames[7], shape, p, e.p);
  compare(kernelNames[7], shape, m, e.m);
  compare(kernelNames[7], shape, v, e.v);
  array_free(g);
}

static void check_adam_outer(const avg_kernels *k, int inputs, int outputs, float beta1) {
  char shape[60];
  snprintf(shape, sizeof shape, "%d x %d weights, beta1 %g", inputs, outputs, beta1);
  const long count = (long)inputs * outputs;
  const avg_adam a = {
      .stepSize = 0.01f, .beta1 = beta1, .beta2 = 0.999f, .gain1 = 1 - beta1, .gain2 = 0.001f,
      .secondMomentScale = 3.7f, .epsilon = 1e-8f};
  array p = array_random(count), m = array_random(count), v = array_random(count), g = array_unwritten(count);
  array x = array_random(inputs), dy = array_random(outputs);
  for (long i = 0; i < count; i++) {
    v.at[i] *= v.at[i];
    g.at[i] = x.at[i / outputs] * dy.at[i % outputs];
  }
  adam_expected e = reference_adam(&a, p.at, g.at, m.at, v.at, count);
  if (!e.m) {
    e.m = expected_zeros(count);
    for (long i = 0; i < count; i++) expected_add(e.m + i, m.at[i]);
  }
  k->adam_step_outer(&a, p.at, x.at, inputs, dy.at, outputs, m.at, v.at);
  compare(kernelNames[11], shape, p, e.p);
  compare(kernelNames[11], shape, m, e.m);
  compare(kernelNames[11], shape, v, e.v);
  array_free(g);
  array_free(x);
  array_free(dy);
}

static void check_sum_of_squares(const avg_kernels *k, long count) {
  char shape[60];
  snprintf(shape, sizeof shape, "%ld numbers", count);
  const float poison[] = {0, NAN, INFINITY, -INFINITY};
  array g = array_random(count);
  for (int i = 0; i < 4; i++) {
    if (poison[i] != 0) g.at[count / 2] = poison[i];
    array sum = array_unwritten(1);
    expected *e = expected_zeros(1);
    for (long j = 0; j < count; j++) expected_add(e, (double)g.at[j] * g.at[j]);
    sum.at[0] = k->sum_of_squares(g.at, count);
    if (poison[i] != 0) {  // any number that is not finite will do
      *e = (expected){1, 1};
      sum.at[0] = isfinite(sum.at[0]) ? 0 : 1;
    }
    compare(kernelNames[8], shape, sum, e);
  }
  array_free(g);
}

static void check_widen(const avg_kernels *k, long count) {
  char shape[60];
  snprintf(shape, sizeof shape, "%ld bytes", count);
  array y = array_unwritten(count);
  expected *e = expected_zeros(count);
  uint8_t *bytes = malloc(count);
  if (!bytes) abort();
  for (long i = 0; i < count; i++) {
    bytes[i] = (uint8_t)(i * 7);
    expected_add(e + i, bytes[i] / 255.0);
    expected_add(e + i, -0.5);
  }
  k->widen(bytes, y.at, count);
  compare(kernelNames[9], shape, y, e);
  free(bytes);
}

static void check_multiply_add_chains(const avg_kernels *k, long count) {
  char shape[60];
  snprintf(shape, sizeof shape, "%ld multiply-adds", count);
  int lanes = 0;
  array sum = array_unwritten(1);
  expected *e = expected_zeros(1);
  sum.at[0] = k->multiply_add_chains(count, &lanes);
  for (int chain = 0; chain < 12; chain++) {
    double x = chain;
    for (long i = 0; i < count; i++) x = x * 0.999f + 0.999f;
    expected_add(e, lanes * x);
  }
  compare(kernelNames[10], shape, sum, e);
}

static void check_all(const avg_kernels *k) {
  // planes, height, width, channels, kernel, stride, outputs
  static const int convolutions[][7] = {
      {3, 9, 11, 3, 3, 2, 32}, {3, 17, 23, 3, 5, 4, 16}, {2, 6, 31, 1, 1, 1, 64}, {1, 7, 9, 16, 3, 2, 32},
      {1, 8, 19, 32, 3, 1, 32}, {1, 5, 6, 32, 3, 2, 48}, {1, 3, 3, 16, 3, 1, 16}, {1, 13, 10, 16, 5, 3, 16},
      {1, 6, 37, 48, 4, 3, 16}, {1, 4, 26, 16, 2, 3, 32}, {3, 5, 35, 3, 3, 2, 16}, {1, 10, 19, 32, 3, 1, 32},
      // Pairs of rows, with none, one, two or three rows left over.
      {3, 18, 43, 3, 3, 2, 32}, {1, 19, 22, 16, 3, 2, 48}, {2, 7, 20, 3, 2, 1, 16}, {1, 31, 30, 32, 5, 4, 32},
      // Pairs of pixels: as few as there may be, odd and even.
      {1, 11, 15, 32, 3, 2, 32}, {3, 7, 18, 3, 3, 2, 32}};
  for (size_t i = 0; i < sizeof convolutions / sizeof *convolutions; i++) {
    const int *s = convolutions[i];
    const avg_convolution c = avg_convolution_make(s[0], s[1], s[2], s[3], s[4], s[5], s[6]);
    check_convolution(k, &c);
  }
  static const int images[][3] = {{1, 1, 16}, {1, 9, 16}, {7, 1, 32}, {8, 17, 48}, {3, 5, 32}};
  for (size_t i = 0; i < sizeof images / sizeof *images; i++)
    check_softmax(k, images[i][0], images[i][1], images[i][2]);
  static const int layers[][2] = {{1, 16}, {7, 48}, {72, 256}, {74, 144}, {256, 16}, {13, 80}};
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
    check_dense(k, layers[i][0], layers[i][1]);
    check_adam_outer(k, layers[i][0], layers[i][1], i % 2 ? 0.9f : 0);
    check_outer_traces(k, layers[i][0], layers[i][1]);
  }
  check_batches(k);
  static const long counts[] = {1, 15, 16, 100, 257, 1023};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    check_sum_of_squares(k, counts[i]);
    check_widen(k, counts[i]);
    check_adam(k, 16 * counts[i], i % 2 ? 0.9f : 0);
    check_traces(k, 16 * counts[i]);
    check_multiply_add_chains(k, (long)i);
  }
}

/// What must be the same everywhere, of every instruction set that has a fused multiply-add.
static void print_digests(int steps) {
  for (avg_instruction_set set = AVG_BASELINE; set <= AVG_AVX512; set++) {
    const avg_kernels *k = avg_kernels_for(set);
    if (!k || strcmp(k->name, "sse2") == 0) continue;
    array_restart();
    check_all(k);
    // The chains of multiply-adds measure the processor: their sum has as many lanes as a vector.
    for (int i = 0; i < KERNELS; i++)
      if (strcmp(kernelNames[i], "multiply_add_chains") != 0)
        printf("%s %s %016llx\n", k->name, kernelNames[i], (unsigned long long)kernel_digest(kernelNames[i]));
    printf("%s training-of-the-default-encoder %016llx\n", k->name, (unsigned long long)train_default(k, steps));
    printf("%s training-of-relod's-encoder %016llx\n", k->name, (unsigned long long)train_relod(k, steps / 10));
    print_elementary_digests(k->name);
  }
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "--digests") == 0) {
    print_digests(500);
    return comparisons_outcome().failures > 0;
  }
  if (count == 3 && strcmp(arguments[1], "--errors") == 0) return measure_elementary(atol(arguments[2])) > 0;
  if (count == 2 && strcmp(arguments[1], "--list") == 0) {
    for (int i = 0; i < KERNELS; i++) puts(kernelNames[i]);
    return 0;
  }
  if (count == 3 && strcmp(arguments[1], "--spoil") == 0) spoil(arguments[2]);
  for (avg_instruction_set set = AVG_BASELINE; set <= AVG_AVX512; set++) {
    const avg_kernels *k = avg_kernels_for(set);
    if (!k) continue;
    const outcome before = comparisons_outcome();
    array_restart();
    check_all(k);
    const outcome after = comparisons_outcome();
    printf("%s: %d comparisons, %d failed; largest deviation so far %.1e\n", k->name,
           after.comparisons - before.comparisons, after.failures - before.failures, after.largest);
  }
  return comparisons_outcome().failures > 0;
}
