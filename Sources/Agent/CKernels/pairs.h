// Two rows of outputs with fewer products than the definition has (Winograd 1980; Lavin & Gray 2016 for images).
//
// Where the kernel is one larger than the stride s, neighbouring outputs share one row of inputs, aₛ:
//   y₀ = a₀w₀ + Σ aᵢwᵢ + aₛwₛ      y₁ = aₛw₀ + Σ aₛ₊ᵢwᵢ + a₂ₛwₛ      (0 < i < s)
// F(2, 2) does the outer terms with three products instead of four:
//   y₀ = (a₀ − aₛ)w₀ + Σ aᵢwᵢ + g   y₁ = (a₂ₛ − aₛ)wₛ + Σ aₛ₊ᵢwᵢ + g   g = aₛ(w₀ + wₛ)
// A sixth of the work is saved for 3×3 with stride 2, a tenth for 5×5 with stride 4. The same holds of pixels within a
// row (pixel_pairs.inc), and of both at once: 25 products in the place of 36 for 3×3 with stride 2.
//
// 3×3 with stride 1 shares two rows, and F(2, 3) has four products instead of six:
//   y₀ = (a₀ − a₂)w₀ + p + q   y₁ = (a₃ − a₁)w₂ + p − q   p = (a₁ + a₂)(w₀ + w₁ + w₂)/2   q = (a₂ − a₁)(w₀ − w₁ + w₂)/2
//
// Only sums, differences and halves are formed: rounding errors stay about as small as before.
#ifndef AVG_PAIRS_H
#define AVG_PAIRS_H

#include "include/CKernels.h"

enum {
  GRADIENT_ROWS = 8,            ///< rows of outputs per visit of a weight in its gradient: fewer loads and stores
  PAIRING_SCRATCH = 32 * 1024,  ///< floats on the stack; layers that need more follow the definition
  TWO_SHARED_CHANNELS = 32      ///< outputs from which F(2, 3) is used: fewer gain a few µs a pass
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

/// A row of the output gradient and the row of the transposed kernel, [k, O, C], that it meets.
typedef struct {
  const float *d;
  kernel_row kernel;
} output_row;

/// How many rows of inputs the outputs of a pair share; none where rows are not paired.
typedef enum { NONE_SHARED, ONE_SHARED, TWO_SHARED } row_pairing;

/// Floats of a row of inputs in one plane.
static inline long row_count(const avg_convolution *c) { return (long)c->inputWidth * c->inputChannels; }

/// Weights of one row of the kernel.
static inline long tap_count(const avg_convolution *c) {
  return (long)c->planes * c->kernelSize * c->inputChannels * c->outputChannels;
}

/// Whether pixels of a row can be taken in pairs (pixel_pairs.inc).
static inline int has_pairable_pixels(const avg_convolution *c) { return c->kernelSize == 3 && c->stride == 2; }

/// How a layer's rows would be paired if there were scratch enough.
static inline row_pairing pairing_of_shape(const avg_convolution *c) {
  if (c->kernelSize == c->stride + 1) return ONE_SHARED;
  return c->kernelSize == 3 && c->stride == 1 && c->outputChannels >= TWO_SHARED_CHANNELS ? TWO_SHARED : NONE_SHARED;
}

/// Floats of scratch that pairs of rows take in the weight gradient, twice as many where they share two; the forward
/// pass takes fewer.
static inline long pairing_count(const avg_convolution *c) {
  const long pairs = GRADIENT_ROWS / 2, outputs = (long)c->outputWidth * c->outputChannels;
  return pairing_of_shape(c) * (tap_count(c) + pairs * (2 * c->planes * row_count(c) + outputs));
}

/// How forward pass and weight gradient take rows.
static inline row_pairing pairing(const avg_convolution *c) {
  return pairing_count(c) <= PAIRING_SCRATCH ? pairing_of_shape(c) : NONE_SHARED;
}

/// How the input gradient does, with the sums of columns that pairs of pixels need.
static inline row_pairing gradient_pairing(const avg_convolution *c) {
  const row_pairing shape = pairing_of_shape(c);
  const long d = (long)c->gradientWidth * c->outputChannels;
  return shape * (tap_count(c) + 2 * d + row_count(c)) + 2 * tap_count(c) <= PAIRING_SCRATCH ? shape : NONE_SHARED;
}

#endif
