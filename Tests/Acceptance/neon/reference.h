/// The kernels' definitions in double precision, one product at a time. Layouts: CKernels.h.
#ifndef REFERENCE_H
#define REFERENCE_H

#include "CKernels.h"
#include "arrays.h"

expected *reference_convolve(const avg_convolution *c, const float *x, const float *w, const float *b, int rectify);
expected *reference_weight_gradient(const avg_convolution *c, const float *x, const float *dy);
expected *reference_bias_gradient(const avg_convolution *c, const float *dy);
/// w: not transposed. Rows of `rowStride` floats, whose ends stay untouched.
expected *reference_input_gradient(
    const avg_convolution *c, const float *dy, const float *w, const float *rectified, long rowStride);

/// The probabilities, or the points that they give.
expected *reference_probabilities(const float *image, long pixels, int channels);
expected *reference_points(const expected *probabilities, int height, int width, int channels);
expected *reference_softmax_gradient(
    const float *probabilities, const float *points, const float *pointsGradient, int height, int width, int channels,
    const float *rectified, long rowStride);

expected *reference_dense(const float *x, int inputs, const float *w, const float *b, int outputs);
expected *reference_dense_input_gradient(const float *dy, int outputs, const float *w, int inputs);

/// The moments and parameters after one step; m is null where β₁ = 0.
typedef struct {
  expected *p, *m, *v;
} adam_expected;
adam_expected reference_adam(
    const avg_adam *a, const float *p, const float *g, const float *m, const float *v, long count);

#endif
