// The kernels for AVX-512: 32 registers of 16 floats.
#include "pairs.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define AVG_SET _avx512
#define AVG_SET_NAME "avx512"
#define VL 16
#define FUSED 1
#define PIXELS_1 14
#define PIXELS_2 10
#define PIXEL_PAIRS 3
#define GRADIENT_CHANNELS 3
#define GRADIENT_PAIRS 2
#define WEIGHTS_1 16
#define WEIGHTS_2 12
#include "vector.inc"
#include "strips.inc"
#include "row_pairs.inc"
#include "pixel_pairs_joint.inc"
#include "convolution.inc"
#include "weight_gradient.inc"
#include "input_gradient.inc"
#include "softmax.inc"
#include "traces.inc"
#include "batch.inc"
#include "activations.inc"
#include "dense.inc"
#pragma clang attribute pop
#endif
