// The kernels for AVX2 with FMA: 16 registers of 8 floats.
#include "pairs.h"
#include "panels.h"
#include "tables.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define AVG_SET _avx2
#define AVG_SET_NAME "avx2"
#define VL 8
#define FUSED 1
#define PIXELS_1 8
#define PIXELS_2 6
#define WEIGHTS_1 12
#define WEIGHTS_2 6
#include "vector.inc"
#include "strips.inc"
#include "row_pairs.inc"
#include "pixel_pairs_apart.inc"
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
