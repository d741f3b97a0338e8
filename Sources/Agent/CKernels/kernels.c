// Choice of the kernels, and what needs no instruction set of its own.
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

void avg_transpose_weights(const avg_convolution *c, const float *w, float *wt) {
  typedef float quad __attribute__((vector_size(16), aligned(4)));
  const long taps = (long)c->kernelSize * c->kernelSize, inputs = c->inputChannels, outputs = c->outputChannels;
  for (long t = 0; t < taps; t++, w += inputs * outputs, wt += inputs * outputs)
    for (long i = 0; i < inputs; i += 4)
      for (long o = 0; o < outputs; o += 4) {
        const float *from = w + i * outputs + o;
        float *to = wt + o * inputs + i;
        const quad a = *(const quad *)from, b = *(const quad *)(from + outputs);
        const quad d = *(const quad *)(from + 2 * outputs), e = *(const quad *)(from + 3 * outputs);
        const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const quad de = __builtin_shufflevector(d, e, 0, 4, 1, 5), de2 = __builtin_shufflevector(d, e, 2, 6, 3, 7);
        *(quad *)to = __builtin_shufflevector(ab, de, 0, 1, 4, 5);
        *(quad *)(to + inputs) = __builtin_shufflevector(ab, de, 2, 3, 6, 7);
        *(quad *)(to + 2 * inputs) = __builtin_shufflevector(ab2, de2, 0, 1, 4, 5);
        *(quad *)(to + 3 * inputs) = __builtin_shufflevector(ab2, de2, 2, 3, 6, 7);
      }
}
