// A library to be preloaded (LD_PRELOAD): malloc and its like, which count the bytes that a program asks for and leave
// the rest to glibc. `benchmark` finds avg_allocated_bytes and shows what a row asked for.
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocated;

static void count(size_t size) { atomic_fetch_add_explicit(&allocated, size, memory_order_relaxed); }

// Bytes asked for so far, by any thread; freeing takes nothing away.
uint64_t avg_allocated_bytes(void) { return atomic_load_explicit(&allocated, memory_order_relaxed); }

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
