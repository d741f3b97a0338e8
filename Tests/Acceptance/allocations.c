#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "include/CAllocations.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t allocated;

static void count(size_t size) { atomic_fetch_add_explicit(&allocated, size, memory_order_relaxed); }

uint64_t avg_allocated_bytes(void) { return atomic_load_explicit(&allocated, memory_order_relaxed); }

// Swift has no word for memory that is not there: it would end the program by a signal, with a page of addresses. Only
// what a signal handler may do: nothing here may need memory.
static void *checked(void *memory, size_t size) {
  if (memory || size == 0) return memory;
  char digits[24];
  int start = sizeof digits;
  for (size_t rest = size; rest || start == sizeof digits; rest /= 10) digits[--start] = (char)('0' + rest % 10);
  static const char begin[] = "error: memory: cannot get ", end[] =
    " bytes more. End other programs, raise the limit (ulimit -v), or use smaller settings; a run goes on from its last "
    "checkpoint with --resume.\n";
  if (write(STDERR_FILENO, begin, sizeof begin - 1) < 0 ||
      write(STDERR_FILENO, digits + start, sizeof digits - (size_t)start) < 0 ||
      write(STDERR_FILENO, end, sizeof end - 1) < 0) {
    // Nobody can be told.
  }
  _exit(1);
}

void *malloc(size_t size) {
  count(size);
  return checked(__libc_malloc(size), size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return checked(__libc_calloc(number, size), number * size);
}

void *realloc(void *old, size_t size) {
  count(size);
  return checked(__libc_realloc(old, size), size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return checked(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  void *memory = memalign(alignment, size);
  if (!memory) return ENOMEM;
  *result = memory;
  return 0;
}
