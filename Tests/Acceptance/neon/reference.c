#include "reference.h"

#include <math.h>
#include <stdlib.h>

/// Indices of one product x·w that goes into an output y; `dy` is that output's place among the gradients.
typedef struct {
  long x, w, y, dy;
} tap;

static void visit(const avg_convolution *c, void (*each)(const tap *, void *), void *context) {
  for (int oy = 0; oy < c->outputHeight; oy++)
    for (int ox = 0; ox < c->outputWidth; ox++)
      for (int ky = 0; ky < c->kernelSize; ky++)
        for (int plane = 0; plane < c->planes; plane++)
          for (int kx = 0; kx < c->kernelSize; kx++)
            for (int i = 0; i < c->inputChannels; i++)
              for (int o = 0; o < c->outputChannels; o++) {
                const long row = (long)plane * c->inputHeight + oy * c->stride + ky, column = ox * c->stride + kx;
                const tap t = {
                    .x = (row * c->inputWidth + column) * c->inputChannels + i,
                    .w = ((((long)ky * c->planes + plane) * c->kernelSize + kx) * c->inputChannels + i) *
                             c->outputChannels + o,
                    .y = ((long)oy * c->outputWidth + ox) * c->outputChannels + o,
                    .dy = ((long)oy * c->gradientWidth + c->gradientBorderLeft + ox) * c->outputChannels + o,
                };
                each(&t, context);
              }
}

typedef struct {
  const avg_convolution *shape;
  const float *a, *b;
  long rowStride;
  expected *sums;
} products;

static void add_forward(const tap *t, void *context) {
  const products *p = context;
  expected_add(p->sums + t->y, (double)p->a[t->x] * p->b[t->w]);
}

static void add_weight_gradient(const tap *t, void *context) {
  const products *p = context;
  expected_add(p->sums + t->w, (double)p->a[t->x] * p->b[t->dy]);
}

static void add_input_gradient(const tap *t, void *context) {
  const products *p = context;
  const long row = (long)p->shape->inputWidth * p->shape->inputChannels;
  expected_add(p->sums + t->x / row * p->rowStride + t->x % row, (double)p->a[t->dy] * p->b[t->w]);
}

/// Zero where `rectified` is not positive, and nothing at all behind the end of a row.
static void mask_rows(expected *sums, const float *rectified, long rows, long row, long rowStride) {
  for (long y = 0; y < rows; y++)
    for (long i = 0; i < rowStride; i++) {
      expected *sum = sums + y * rowStride + i;
      if (i >= row)
        expected_untouched(sum);
      else if (rectified && !(rectified[y * row + i] > 0))
        *sum = (expected){0, 0};
    }
}

expected *reference_convolve(const avg_convolution *c, const float *x, const float *w, const float *b, int rectify) {
  const long count = (long)c->outputHeight * c->outputWidth * c->outputChannels;
  products p = {c, x, w, 0, expected_zeros(count)};
  for (long i = 0; i < count; i++) expected_add(p.sums + i, b[i % c->outputChannels]);
  visit(c, add_forward, &p);
  for (long i = 0; rectify && i < count; i++) p.sums[i].value = fmax(p.sums[i].value, 0);
  return p.sums;
}

expected *reference_weight_gradient(const avg_convolution *c, const float *x, const float *dy) {
  const long count = (long)c->kernelSize * c->kernelSize * c->planes * c->inputChannels * c->outputChannels;
  products p = {c, x, dy, 0, expected_zeros(count)};
  visit(c, add_weight_gradient, &p);
  return p.sums;
}

expected *reference_bias_gradient(const avg_convolution *c, const float *dy) {
  expected *sums = expected_zeros(c->outputChannels);
  for (int y = 0; y < c->outputHeight; y++)
    for (int x = 0; x < c->outputWidth; x++)
      for (int o = 0; o < c->outputChannels; o++)
        expected_add(sums + o, dy[((long)y * c->gradientWidth + c->gradientBorderLeft + x) * c->outputChannels + o]);
  return sums;
}

expected *reference_input_gradient(
    const avg_convolution *c, const float *dy, const float *w, const float *rectified, long rowStride) {
  products p = {c, dy, w, rowStride, expected_zeros(c->inputHeight * rowStride)};
  visit(c, add_input_gradient, &p);
  mask_rows(p.sums, rectified, c->inputHeight, (long)c->inputWidth * c->inputChannels, rowStride);
  return p.sums;
}

/// Column or row `index` of `count`, mapped to −1…1.
static double position(int index, int count) { return count > 1 ? -1 + 2.0 * index / (count - 1) : 0; }

expected *reference_probabilities(const float *image, long pixels, int channels) {
  expected *p = expected_zeros(pixels * channels);
  for (int c = 0; c < channels; c++) {
    double total = 0;
    for (long i = 0; i < pixels; i++) total += exp(image[i * channels + c]);
    for (long i = 0; i < pixels; i++) expected_add(p + i * channels + c, exp(image[i * channels + c]) / total);
  }
  return p;
}

expected *reference_points(const expected *probabilities, int height, int width, int channels) {
  expected *points = expected_zeros(2 * channels);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) {
        const double p = probabilities[((long)y * width + x) * channels + c].value;
        expected_add(points + 2 * c, p * position(x, width));
        expected_add(points + 2 * c + 1, p * position(y, height));
      }
  return points;
}

expected *reference_softmax_gradient(
    const float *probabilities, const float *points, const float *pointsGradient, int height, int width, int channels,
    const float *rectified, long rowStride) {
  expected *sums = expected_zeros(height * rowStride);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++) {
        const double p = probabilities[((long)y * width + x) * channels + c];
        expected *sum = sums + y * rowStride + (long)x * channels + c;
        expected_add(sum, p * pointsGradient[2 * c] * position(x, width));
        expected_add(sum, p * pointsGradient[2 * c + 1] * position(y, height));
        for (int axis = 0; axis < 2; axis++)
          expected_add(sum, -p * pointsGradient[2 * c + axis] * points[2 * c + axis]);
      }
  mask_rows(sums, rectified, height, (long)width * channels, rowStride);
  return sums;
}

expected *reference_dense(const float *x, int inputs, const float *w, const float *b, int outputs) {
  expected *y = expected_zeros(outputs);
  for (int o = 0; o < outputs; o++) {
    expected_add(y + o, b[o]);
    for (int i = 0; i < inputs; i++) expected_add(y + o, (double)x[i] * w[(long)i * outputs + o]);
  }
  return y;
}

expected *reference_dense_input_gradient(const float *dy, int outputs, const float *w, int inputs) {
  expected *dx = expected_zeros(inputs);
  for (int i = 0; i < inputs; i++)
    for (int o = 0; o < outputs; o++) expected_add(dx + i, (double)dy[o] * w[(long)i * outputs + o]);
  return dx;
}

adam_expected reference_adam(
    const avg_adam *a, const float *p, const float *g, const float *m, const float *v, long count) {
  adam_expected e = {expected_zeros(count), a->beta1 == 0 ? NULL : expected_zeros(count), expected_zeros(count)};
  for (long i = 0; i < count; i++) {
    expected first = {g[i], fabs(g[i])};
    expected_add(e.v + i, (double)a->beta2 * v[i]);
    expected_add(e.v + i, (double)a->gain2 * g[i] * g[i]);
    if (e.m) {
      expected_add(e.m + i, (double)a->beta1 * m[i]);
      expected_add(e.m + i, (double)a->gain1 * g[i]);
      first = e.m[i];
    }
    const double step = a->stepSize / (sqrt(e.v[i].value) * a->secondMomentScale + a->epsilon);
    e.p[i] = (expected){p[i] - step * first.value, fabs(p[i]) + step * first.magnitude};
  }
  return e;
}
