/// Numerical kernels of the network: one source, one set of machine code per instruction set, chosen at run time.
///
/// Layout: images are [height, width, channels] (NHWC without the N), weights [..., inputs, outputs], all float32.
/// `outputChannels` and the outputs of dense layers are multiples of AVG_CHANNEL_BLOCK; callers pad with zeros,
/// and zeros stay zeros through every kernel here and through Adam.
#ifndef AVG_CKERNELS_H
#define AVG_CKERNELS_H

#include <stdint.h>

/// Tells Swift that a value may cross threads.
#define AVG_SENDABLE __attribute__((swift_attr("@Sendable")))

#pragma clang assume_nonnull begin

enum { AVG_CHANNEL_BLOCK = 16 };

/// Geometry of a convolution without padding. The input may come as several planes, one after the other, whose
/// channels count as one: stacked RGB frames need no interleaving.
typedef struct {
  int planes;
  int inputHeight, inputWidth, inputChannels;  ///< of one plane
  int kernelSize, stride;
  int outputHeight, outputWidth, outputChannels;
  int gradientBorderLeft;  ///< zero pixels before each row of the output gradient
  int gradientWidth;       ///< pixels in a row of the output gradient, both borders included
} avg_convolution;

/// Fills in the derived members from the first six and `outputChannels`.
avg_convolution avg_convolution_make(
    int planes, int inputHeight, int inputWidth, int inputChannels, int kernelSize, int stride, int outputChannels);

/// One of `count` parts of a piece of work, from 0, which threads share. What the parts compute does not depend on how many
/// there are; {0, 1} is all of it.
typedef struct {
  int index, count;
} avg_part;

/// Geometry of a dense layer over a batch: x [batch, inputs] in rows of `inputStep` floats, y [batch, outputs],
/// w [inputs, outputs].
typedef struct {
  long batch, inputs, outputs, inputStep;
} avg_dense;

/// One step of Adam (Kingma & Ba 2015); the bias corrections are folded into the two factors.
typedef struct {
  float stepSize;           ///< learning rate / (1 − β₁ᵗ)
  float beta1, beta2;       ///< decay of the two moments
  float gain1, gain2;       ///< 1 − β₁, 1 − β₂, which float32 could not subtract exactly
  float secondMomentScale;  ///< 1 / √(1 − β₂ᵗ)
  float epsilon;
} avg_adam;

/// A trace whose entries are scaled by the deviation of their gradient (intentional step sizes: Sharifnassab et al. 2026).
typedef struct {
  float decay;                    ///< γλ
  float squareDecay, squareGain;  ///< β₂, 1 − β₂ of the running mean ν of the squared gradient
  float squareScale;              ///< 1 / (1 − β₂ᵗ)
  float epsilon;                  ///< is added to the deviation h = √(ν · squareScale)
} avg_scaled_trace;

/// Σ g²/h and Σ e²/h.
typedef struct {
  float gradient, trace;
} avg_scaled_sums;

/// The kernels for one instruction set.
typedef struct AVG_SENDABLE {
  const char *name;  ///< sse2, neon, avx2 or avx512

  /// y = b + w ∗ x, then max(y, 0) if `rectify`. x [planes, H, W, C], w [k, planes, k, C, O], y [H′, W′, O]. A part
  /// writes some rows of y.
  void (*convolve)(
      const avg_convolution *shape, avg_part part, const float *x, const float *w, const float *b, float *y,
      int rectify);

  /// dw, db = gradients for the output gradient dy [H′, gradientWidth, O] (see `gradientBorderLeft`).
  void (*convolution_weight_gradient)(
      const avg_convolution *shape, const float *x, const float *dy, float *dw, float *db);

  /// dx = gradient of the one-plane input, zero where `rectified` (the input, after its ReLU; may be null) is not
  /// positive. wt: the weights as [k, k, O, C]. dx is written in rows of `dxRowStride` floats; C a multiple of 16. A part
  /// writes some rows of dx.
  void (*convolution_input_gradient)(
      const avg_convolution *shape, avg_part part, const float *dy, const float *wt, const float *_Nullable rectified, float *dx,
      long dxRowStride);

  /// Spatial softmax over an image [height, width, channels]: `points` = (x₀ y₀ x₁ y₁ …), the expected position of
  /// each channel, columns and rows mapped to −1…1. `probabilities` has the image's shape.
  void (*spatial_softmax)(
      const float *image, int height, int width, int channels, float *probabilities, float *points);

  /// The image's gradient for the points' gradient, in rows of `rowStride` floats, zero where `rectified` is not
  /// positive (may be null).
  void (*spatial_softmax_gradient)(
      const float *probabilities, const float *points, const float *pointsGradient, int height, int width,
      int channels, const float *_Nullable rectified, float *gradient, long rowStride);

  /// y [outputs] = b + xᵀw, w [inputs, outputs].
  void (*dense)(const float *x, int inputs, const float *w, const float *b, float *y, int outputs);
  /// dx [inputs] = w dy.
  void (*dense_input_gradient)(const float *dy, int outputs, const float *w, float *dx, int inputs);

  /// y = b + x w for each sample of a batch; `packed`: w, of `avg_pack`. Each sample's y has the bits that `dense` gives.
  void (*dense_batch)(const avg_dense *shape, const float *x, const float *packed, const float *b, float *y);
  /// dx [batch, inputs] = dy wᵀ, in rows as x; `packed`: w, of `avg_pack_transposed`.
  void (*dense_batch_input_gradient)(const avg_dense *shape, const float *dy, const float *packed, float *dx);
  /// Adds xᵀ dy to the columns `first` ..< `end` of dw [inputs, outputs], multiples of AVG_CHANNEL_BLOCK, and Σ dy to
  /// those of db, one sample after the other.
  void (*dense_batch_weight_gradient)(
      const avg_dense *shape, const float *x, const float *dy, long first, long end, float *dw, float *db);

  /// y = x where x is not negative, else leak·x, in place; `count` is a multiple of AVG_CHANNEL_BLOCK.
  void (*leaky_rectify)(float leak, float *y, long count);
  /// Multiplies `gradient` by `leak` where y is not positive.
  void (*leaky_rectify_gradient)(float leak, const float *y, float *gradient, long count);

  /// One Adam step over `count` parameters; `m` is neither read nor written when β₁ = 0.
  void (*adam_step)(const avg_adam *adam, float *p, const float *g, float *m, float *v, long count);

  /// The same over the weights [inputs, outputs] of a dense layer, whose gradient is x dyᵀ: it is never stored.
  void (*adam_step_outer)(
      const avg_adam *adam, float *p, const float *x, int inputs, const float *dy, int outputs, float *m, float *v);

  /// e ← decay·e + g over `count` parameters. Returns Σ|e|.
  float (*trace)(float decay, float *e, const float *g, long count);
  /// The same over the weights of a dense layer, whose gradient is x dyᵀ.
  float (*trace_outer)(float decay, float *e, const float *x, int inputs, const float *dy, int outputs);
  /// y ← y + scale·x.
  void (*add_scaled)(float scale, const float *x, float *y, long count);
  /// y ← gain·x + rest·y: each product rounded by itself, and any `count`.
  void (*follow)(float gain, float rest, const float *x, float *y, long count);

  /// ν ← β₂ν + (1 − β₂)g², then e ← decay·e + g, over `count` parameters.
  avg_scaled_sums (*scaled_trace)(const avg_scaled_trace *trace, float *e, float *v, const float *g, long count);
  /// The same over the weights of a dense layer, whose gradient is x dyᵀ.
  avg_scaled_sums (*scaled_trace_outer)(
      const avg_scaled_trace *trace, float *e, float *v, const float *x, int inputs, const float *dy, int outputs);
  /// p ← p + scale·e/h.
  void (*add_scaled_trace)(
      const avg_scaled_trace *trace, float scale, const float *e, const float *v, float *p, long count);

  /// Σ g²: not finite when any entry is not.
  float (*sum_of_squares)(const float *g, long count);

  /// Twelve independent chains of `count` multiply-adds on vectors of `*lanes` floats: what the processor can do.
  float (*multiply_add_chains)(long count, int *lanes);

  /// y = x / 255 − 0.5.
  void (*widen)(const uint8_t *x, float *y, long count);
} avg_kernels;

/// The instruction sets of this build, from the plainest (SSE2, or NEON on aarch64) to the widest.
typedef enum { AVG_BASELINE = 0, AVG_AVX2 = 1, AVG_AVX512 = 2 } avg_instruction_set;

/// The kernels for an instruction set, or null if this processor or this build lacks it.
const avg_kernels *_Nullable avg_kernels_for(avg_instruction_set set);

/// wt [k, k, O, C] from w [k, k, C, O] (one plane).
void avg_transpose_weights(const avg_convolution *shape, const float *w, float *wt);

/// The floats of `avg_pack` and of `avg_pack_transposed`, whichever is more.
long avg_packed_count(const avg_dense *shape);
/// The weights w [inputs, outputs] as `dense_batch` takes them.
void avg_pack(const avg_dense *shape, const float *w, float *packed);
/// The weights w as `dense_batch_input_gradient` takes them.
void avg_pack_transposed(const avg_dense *shape, const float *w, float *packed);

#pragma clang assume_nonnull end
#endif
