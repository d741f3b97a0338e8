#include "batches.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arrays.h"

/// y [batch, outputs] = b + x w.
static expected *definition(const avg_dense *d, const float *x, const float *w, const float *b) {
  expected *y = expected_zeros(d->batch * d->outputs);
  for (long n = 0; n < d->batch; n++)
    for (long o = 0; o < d->outputs; o++) {
      expected *sum = y + n * d->outputs + o;
      expected_add(sum, b[o]);
      for (long i = 0; i < d->inputs; i++)
        expected_add(sum, (double)x[n * d->inputStep + i] * w[i * d->outputs + o]);
    }
  return y;
}

/// dx [batch, inputs] = dy wᵀ; what stands between its rows stays as it is.
static expected *input_gradient(const avg_dense *d, const float *dy, const float *w) {
  expected *dx = expected_zeros(d->batch * d->inputStep);
  for (long n = 0; n < d->batch; n++)
    for (long i = 0; i < d->inputStep; i++) {
      expected *sum = dx + n * d->inputStep + i;
      if (i >= d->inputs) expected_untouched(sum);
      for (long o = 0; i < d->inputs && o < d->outputs; o++)
        expected_add(sum, (double)dy[n * d->outputs + o] * w[i * d->outputs + o]);
    }
  return dx;
}

/// What the columns `first` ..< `end` become of dw, [inputs, outputs], and of db, which is a row of ones' gradient.
static expected *weight_gradient(
    const avg_dense *d, const float *x, const float *dy, long first, long end, array dw, long rows) {
  expected *sums = expected_zeros(dw.count);
  for (long i = 0; i < rows; i++)
    for (long o = 0; o < d->outputs; o++) {
      expected *sum = sums + i * d->outputs + o;
      expected_add(sum, dw.at[i * d->outputs + o]);
      for (long n = 0; o >= first && o < end && n < d->batch; n++)
        expected_add(sum, (x ? (double)x[n * d->inputStep + i] : 1) * dy[n * d->outputs + o]);
    }
  return sums;
}

static void check_weight_gradient(
    const avg_kernels *k, const avg_dense *d, const char *shape, const float *x, const float *dy) {
  // All columns, and all but the first block.
  for (long first = 0; first < d->outputs && first <= AVG_CHANNEL_BLOCK; first += AVG_CHANNEL_BLOCK) {
    array dw = array_random(d->inputs * d->outputs), db = array_random(d->outputs);
    expected *w = weight_gradient(d, x, dy, first, d->outputs, dw, d->inputs);
    expected *b = weight_gradient(d, NULL, dy, first, d->outputs, db, 1);
    k->dense_batch_weight_gradient(d, x, dy, first, d->outputs, dw.at, db.at);
    compare("dense_batch_weight_gradient", shape, dw, w);
    compare("dense_batch_weight_gradient", shape, db, b);
  }
}

static void check_dense_batch(const avg_kernels *k, long batch, long inputs, long outputs, long gap) {
  const avg_dense d = {.batch = batch, .inputs = inputs, .outputs = outputs, .inputStep = inputs + gap};
  char shape[80];
  snprintf(shape, sizeof shape, "%ld samples, %ld to %ld, rows of %ld", batch, inputs, outputs, d.inputStep);
  array x = array_random(batch * d.inputStep), w = array_random(inputs * outputs), b = array_random(outputs);
  array packed = array_unwritten(avg_packed_count(&d)), dy = array_random(batch * outputs);
  array y = array_unwritten(batch * outputs), dx = array_unwritten(batch * d.inputStep);
  avg_pack(&d, w.at, packed.at);
  k->dense_batch(&d, x.at, packed.at, b.at, y.at);
  array single = array_unwritten(outputs);
  for (long n = 0; n < batch; n++) {
    // To the bit: a sample's outputs do not depend on its company.
    k->dense(x.at + n * d.inputStep, (int)inputs, w.at, b.at, single.at, (int)outputs);
    if (memcmp(single.at, y.at + n * outputs, outputs * sizeof(float)) != 0) y.at[n * outputs] = NAN;
  }
  compare("dense_batch", shape, y, definition(&d, x.at, w.at, b.at));
  avg_pack_transposed(&d, w.at, packed.at);
  k->dense_batch_input_gradient(&d, dy.at, packed.at, dx.at);
  compare("dense_batch_input_gradient", shape, dx, input_gradient(&d, dy.at, w.at));
  check_weight_gradient(k, &d, shape, x.at, dy.at);
  array_free(single);
  array_free(x);
  array_free(w);
  array_free(b);
  array_free(packed);
  array_free(dy);
}

static void check_rectification(const avg_kernels *k, long count) {
  char shape[40];
  snprintf(shape, sizeof shape, "%ld numbers", count);
  const float leak = 0.01f;
  array y = array_random(count), gradient = array_random(count);
  expected *rectified = expected_zeros(count), *slopes = expected_zeros(count);
  for (long i = 0; i < count; i++) {
    expected_add(rectified + i, y.at[i] < 0 ? (double)leak * y.at[i] : y.at[i]);
    expected_add(slopes + i, y.at[i] <= 0 ? (double)leak * gradient.at[i] : gradient.at[i]);
  }
  k->leaky_rectify_gradient(leak, y.at, gradient.at, count);
  k->leaky_rectify(leak, y.at, count);
  compare("leaky_rectify", shape, y, rectified);
  compare("leaky_rectify_gradient", shape, gradient, slopes);
}

void check_batches(const avg_kernels *k) {
  // samples, inputs, outputs, floats between rows: fewer and more than blocks, panels and depths hold
  static const long shapes[][4] = {
      {1, 1, 16, 0}, {2, 17, 48, 15}, {37, 23, 32, 0}, {13, 130, 80, 3}, {131, 16, 16, 0}, {7, 257, 144, 0}, {33, 48, 64, 16}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    check_dense_batch(k, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3]);
  for (long count = 16; count <= 272; count += 128) check_rectification(k, count);
}
