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
// Only sums, differences and halves are formed: rounding errors stay about as small as before. Whether a layer's rows
// and pixels are paired depends on its shape alone, never on the instruction set: the results do.
#ifndef AVG_PAIRS_H
#define AVG_PAIRS_H

#include "include/CKernels.h"

enum {
  LANES = 64,                   ///< partial sums in a sum over a row of numbers
  GRADIENT_ROWS = 4,            ///< rows of outputs per visit of a weight in its gradient: fewer loads and stores
  PAIRING_SCRATCH = 32 * 1024,  ///< floats on the stack; layers that need more follow the definition
  PAIRED_CHANNELS = 32          ///< outputs from which pixels are paired and F(2, 3) is used: fewer gain a few µs a pass
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

/// Σ_{k < count} ± x[pixel · step + k] · w[k · channels + channel], and in the same pass, k by k, the same of `x1`,
/// every `step1` floats, and `w1`, if these are not null.
typedef struct {
  const float *x, *w;
  long step, count;
  const float *x1, *w1;
  long step1;
} product;

/// Pixels of a row, [pixels, channels]: each is what it starts from, and products added one after the other.
typedef struct {
  const product *products;
  int count;
  long channels;       ///< of the outputs
  const float *start;  ///< every `startStep` floats; may be null
  long startStep;
  const float *common;  ///< added in the end, [pixels, channels]; may be null
  int rectify;          ///< y = max(y, 0)
  const float *mask;    ///< y = 0 where this is not positive, in the steps of y; may be null
  float *y;
  long yStep;
} strip;

/// How many rows of inputs the outputs of a pair share; none where rows are not paired.
typedef enum { NONE_SHARED, ONE_SHARED, TWO_SHARED } row_pairing;

/// Rows `first` ..< `end`.
typedef struct {
  int first, end;
} row_range;

/// A part of `count` rows, the first `apart` of which are not in pairs: the others are where they are in the whole.
static inline row_range rows_of_part(avg_part part, int count, int apart) {
  const long pairs = count > apart ? (count - apart) / 2 : 0;
  const int first = apart + 2 * (int)(pairs * part.index / part.count);
  const int end = apart + 2 * (int)(pairs * (part.index + 1) / part.count);
  return (row_range){part.index ? first : 0, part.index + 1 < part.count ? end : count};
}

/// Floats of a row of inputs in one plane.
static inline long row_count(const avg_convolution *c) { return (long)c->inputWidth * c->inputChannels; }

/// Weights of one row of the kernel.
static inline long tap_count(const avg_convolution *c) {
  return (long)c->planes * c->kernelSize * c->inputChannels * c->outputChannels;
}

/// Floats of a row of outputs.
static inline long output_count(const avg_convolution *c) { return (long)c->outputWidth * c->outputChannels; }

/// How a layer's rows would be paired if there were scratch enough.
static inline row_pairing pairing_of_shape(const avg_convolution *c) {
  if (c->kernelSize == c->stride + 1) return ONE_SHARED;
  return c->kernelSize == 3 && c->stride == 1 && c->outputChannels >= PAIRED_CHANNELS ? TWO_SHARED : NONE_SHARED;
}

/// Floats of scratch that pairs of rows take in the weight gradient, twice as many where they share two; the forward
/// pass takes fewer.
static inline long pairing_count(const avg_convolution *c) {
  const long pairs = GRADIENT_ROWS / 2;
  return pairing_of_shape(c) * (tap_count(c) + pairs * (2 * c->planes * row_count(c) + output_count(c)));
}

/// How forward pass and weight gradient take rows.
static inline row_pairing pairing(const avg_convolution *c) {
  return pairing_count(c) <= PAIRING_SCRATCH ? pairing_of_shape(c) : NONE_SHARED;
}

/// How the input gradient does, with what pairs of pixels need.
static inline row_pairing gradient_pairing(const avg_convolution *c) {
  const row_pairing shape = pairing_of_shape(c);
  const long d = (long)c->gradientWidth * c->outputChannels;
  return shape * (tap_count(c) + 2 * d + row_count(c)) + 2 * tap_count(c) + 2 * d + row_count(c) <= PAIRING_SCRATCH
             ? shape
             : NONE_SHARED;
}

/// Whether pixels of a row can be taken in pairs.
static inline int has_pairable_pixels(const avg_convolution *c) { return c->kernelSize == 3 && c->stride == 2; }

/// Outputs of a row that begin a pair; the last one of an odd row is alone.
static inline long pair_count(const avg_convolution *c) { return (c->outputWidth + 1) / 2; }

/// Floats from one even column of `column_differences` to the next: where channels fill vectors nothing else is kept.
static inline long difference_step(const avg_convolution *c) {
  return (c->inputChannels % AVG_CHANNEL_BLOCK ? 2 : 1) * c->inputChannels;
}

/// Floats of the differences of one plane's row.
static inline long difference_count(const avg_convolution *c) { return pair_count(c) * 2 * difference_step(c); }

/// Whether forward pass and weight gradient take pixels in pairs.
static inline int has_pixel_pairs(const avg_convolution *c) {
  if (!has_pairable_pixels(c) || c->outputChannels < PAIRED_CHANNELS) return 0;
  const long rows = GRADIENT_ROWS * (c->planes * difference_count(c) + pair_count(c) * c->outputChannels);
  return pairing(c) == ONE_SHARED && pairing_count(c) + 4 * tap_count(c) / 3 + rows <= PAIRING_SCRATCH;
}

/// Whether the input gradient does.
static inline int has_gradient_pixel_pairs(const avg_convolution *c) {
  return has_pairable_pixels(c) && c->inputChannels >= PAIRED_CHANNELS && gradient_pairing(c) == ONE_SHARED;
}

#endif
