// The tables that the files per instruction set define.
#ifndef AVG_TABLES_H
#define AVG_TABLES_H

#include "include/CKernels.h"

extern const avg_kernels avg_kernels_table_baseline;
#if defined(__x86_64__)
extern const avg_kernels avg_kernels_table_avx2;
extern const avg_kernels avg_kernels_table_avx512;
#endif

#endif
