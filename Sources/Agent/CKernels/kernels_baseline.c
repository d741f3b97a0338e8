// The kernels for what every processor has: SSE2 on x86-64 (16 registers of 4 floats), NEON on aarch64 (32).
#include "pairs.h"
#include "panels.h"
#include "tables.h"

#define AVG_SET _baseline
#define VL 4
#if defined(__aarch64__)
#define AVG_SET_NAME "neon"
#define FUSED 1
#define PIXELS_1 8
#define PIXELS_2 8
#define WEIGHTS_1 12
#define WEIGHTS_2 10
#else
#define AVG_SET_NAME "sse2"
#define FUSED 0
#define PIXELS_1 8
#define PIXELS_2 6
#define WEIGHTS_1 12
#define WEIGHTS_2 6
#endif
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
