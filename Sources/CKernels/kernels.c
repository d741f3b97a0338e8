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
  const long taps = (long)c->kernelSize * c->kernelSize, inputs = c->inputChannels, outputs = c->outputChannels;
  for (long t = 0; t < taps; t++)
    for (long i = 0; i < inputs; i++)
      for (long o = 0; o < outputs; o++) wt[(t * outputs + o) * inputs + i] = w[(t * inputs + i) * outputs + o];
}
