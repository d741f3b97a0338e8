/// Results of whole computations, to be compared between instruction sets and processors.
#ifndef DIGESTS_H
#define DIGESTS_H

#include <stdint.h>

#include "CKernels.h"

/// Has the program's default encoder, or ReLoD's, with two dense layers behind it learn numbers from random frames, and
/// returns the digest of all parameters and moments after so many steps of Adam.
uint64_t train_default(const avg_kernels *k, int steps);
uint64_t train_relod(const avg_kernels *k, int steps);

/// Prints a line for each elementary function: the digest of its results for a million arguments.
void print_elementary_digests(const char *set);

/// Prints the greatest error of each elementary function over so many arguments, beside the system's `long double`, and
/// returns how many are greater than CElementary.h says.
int measure_elementary(long count);

#endif
