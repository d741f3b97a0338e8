/// Counts the bytes that the program asks for: linked into an executable, these functions stand before glibc's.
#ifndef AVG_CALLOCATIONS_H
#define AVG_CALLOCATIONS_H

#include <stdint.h>

/// Bytes asked for so far, by any thread; freeing takes nothing away.
uint64_t avg_allocated_bytes(void);

#endif
