/// Eligibility traces, and the steps along them, beside their definitions.
#ifndef TRACES_H
#define TRACES_H

#include "CKernels.h"

/// Over `count` parameters, a multiple of AVG_CHANNEL_BLOCK.
void check_traces(const avg_kernels *k, long count);
/// Over the weights [inputs, outputs] of a dense layer.
void check_outer_traces(const avg_kernels *k, int inputs, int outputs);

#endif
