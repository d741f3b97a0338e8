// Two rows of outputs with fewer products than the definition has.
//
// Where the kernel is one larger than the stride s, neighbouring outputs share one row of inputs, aₛ:
//   y₀ = a₀w₀ + Σ aᵢwᵢ + aₛwₛ      y₁ = aₛw₀ + Σ aₛ₊ᵢwᵢ + a₂ₛwₛ      (0 < i < s)
// Winograd's F(2, 2) does the outer terms with three products instead of four:
//   y₀ = (a₀ − aₛ)w₀ + Σ aᵢwᵢ + g   y₁ = (a₂ₛ − aₛ)wₛ + Σ aₛ₊ᵢwᵢ + g   g = aₛ(w₀ + wₛ)
// (Winograd 1980; Lavin & Gray 2016 for images). A sixth of the work is saved for 3×3 with stride 2, a tenth for 5×5
// with stride 4. Only sums and differences are formed: rounding errors stay as small as before.
//
// The same holds of pixels within a row (pixel_pairs.inc), and of both at once: 25 products in the place of 36 for 3×3
// with stride 2.
#ifndef AVG_PAIRS_H
#define AVG_PAIRS_H

#include "include/CKernels.h"

enum {
  GRADIENT_ROWS = 4,           ///< rows of outputs per visit of a weight in its gradient: fewer loads and stores
  PAIRING_SCRATCH = 24 * 1024  ///< floats on the stack; layers that need more follow the definition
};

/// A row of the kernel, [planes, k, C, O], and where pixels are paired the sum of its outer columns, [planes, C, O].
typedef struct {
  const float *w, *sum;
} kernel_row;

/// A row of inputs, `plane` floats from one plane to the next, and the row of the kernel that it meets.
typedef struct {
  const float *x;
  long plane;
  kernel_row kernel;
} input_row;

/// A row of inputs and the row of the output gradient that it meets.
typedef struct {
  const float *x;
  long plane;
  const float *d;
} gradient_row;

/// A row of the output gradient and the weights [k, O, C] that it meets.
typedef struct {
  const float *d, *w;
} output_row;

/// Floats of a row of inputs in one plane.
static inline long row_count(const avg_convolution *c) { return (long)c->inputWidth * c->inputChannels; }

/// Weights of one row of the kernel.
static inline long tap_count(const avg_convolution *c) {
  return (long)c->planes * c->kernelSize * c->inputChannels * c->outputChannels;
}

/// Floats of scratch that pairs of rows take.
static inline long pairing_count(const avg_convolution *c) {
  return tap_count(c) + GRADIENT_ROWS * c->planes * row_count(c) +
         GRADIENT_ROWS / 2 * c->outputWidth * c->outputChannels;
}

/// Whether forward pass and weight gradient take rows in pairs.
static inline int is_paired(const avg_convolution *c) {
  return c->kernelSize == c->stride + 1 && pairing_count(c) <= PAIRING_SCRATCH;
}

/// Whether the input gradient does.
static inline int is_gradient_paired(const avg_convolution *c) {
  return c->kernelSize == c->stride + 1 &&
         tap_count(c) + 2L * c->gradientWidth * c->outputChannels + row_count(c) <= PAIRING_SCRATCH;
}

#endif
