// Choice of the kernels, and what needs no instruction set of its own.
#include <string.h>

#include "panels.h"
#include "tables.h"

const avg_kernels *avg_kernels_for(avg_instruction_set set) {
  switch (set) {
    case AVG_BASELINE:
      return &avg_kernels_table_baseline;
#if defined(__x86_64__)
    case AVG_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avg_kernels_table_avx2 : 0;
    case AVG_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
                 ? &avg_kernels_table_avx512
                 : 0;
#endif
    default:
      return 0;
  }
}

avg_convolution avg_convolution_make(
    int planes, int inputHeight, int inputWidth, int inputChannels, int kernelSize, int stride, int outputChannels) {
  avg_convolution c = {
      .planes = planes,
      .inputHeight = inputHeight,
      .inputWidth = inputWidth,
      .inputChannels = inputChannels,
      .kernelSize = kernelSize,
      .stride = stride,
      .outputHeight = (inputHeight - kernelSize) / stride + 1,
      .outputWidth = (inputWidth - kernelSize) / stride + 1,
      .outputChannels = outputChannels,
  };
  // An input pixel at the edge asks for outputs beyond it: zeros stand there.
  c.gradientBorderLeft = (kernelSize - 1) / stride;
  const int last = (inputWidth - 1) / stride;
  c.gradientWidth = c.gradientBorderLeft + (last + 1 > c.outputWidth ? last + 1 : c.outputWidth);
  return c;
}

typedef float quad __attribute__((vector_size(16), aligned(4)));

/// to [4, toStep] = the transpose of from [4, fromStep].
static void transpose_four(const float *from, long fromStep, float *to, long toStep) {
  const quad a = *(const quad *)from, b = *(const quad *)(from + fromStep);
  const quad c = *(const quad *)(from + 2 * fromStep), d = *(const quad *)(from + 3 * fromStep);
  const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(quad *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  *(quad *)(to + toStep) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  *(quad *)(to + 2 * toStep) = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
  *(quad *)(to + 3 * toStep) = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
}

void avg_transpose_weights(const avg_convolution *c, const float *w, float *wt) {
  const long taps = (long)c->kernelSize * c->kernelSize, inputs = c->inputChannels, outputs = c->outputChannels;
  for (long t = 0; t < taps; t++, w += inputs * outputs, wt += inputs * outputs)
    for (long i = 0; i < inputs; i += 4)
      for (long o = 0; o < outputs; o += 4)
        transpose_four(w + i * outputs + o, outputs, wt + o * inputs + i, inputs);
}

long avg_packed_count(const avg_dense *d) { return padded_columns(d->inputs) * d->outputs; }

void avg_pack(const avg_dense *d, const float *w, float *packed) {
  for (long o = 0; o < d->outputs; o += PANEL) {
    const long width = panel_width(o, d->outputs);
    for (long i = 0; i < d->inputs; i++, packed += width)
      memcpy(packed, w + i * d->outputs + o, width * sizeof(float));
  }
}

void avg_pack_transposed(const avg_dense *d, const float *w, float *packed) {
  const long columns = padded_columns(d->inputs);
  for (long first = 0; first < columns; first += PANEL) {
    const long width = panel_width(first, columns);
    for (long i = 0; i < width; i += 4)
      for (long o = 0; o < d->outputs; o += 4) {
        float *to = packed + o * width + i;
        const float *from = w + (first + i) * d->outputs + o;
        if (first + i + 4 <= d->inputs) {
          transpose_four(from, d->outputs, to, width);
          continue;
        }
        for (long column = 0; column < 4; column++)
          for (long row = 0; row < 4; row++)
            to[row * width + column] = first + i + column < d->inputs ? from[column * d->outputs + row] : 0;
      }
    packed += width * d->outputs;
  }
}
