// The kernels of dense layers over a batch, and of what stands between layers, beside their definitions.
#ifndef BATCHES_H
#define BATCHES_H

#include "CKernels.h"

void check_batches(const avg_kernels *k);

#endif
