// Files that are memory alone, for Swift, which sees neither memfd_create(2) nor variadic functions (fcntl, syscall).
#ifndef AVG_CMEMORYFILE_H
#define AVG_CMEMORYFILE_H
#include <errno.h>
#include <linux/memfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

#pragma clang assume_nonnull begin

/// Makes a file in memory, of zeros, whose size nobody can change: who maps it can read to its end as long as it lives.
/// Returns its descriptor, or -errno.
static inline int avg_memory_file(const char *name, long size) {
  int descriptor = (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -errno;
  // F_ADD_SEALS with F_SEAL_SEAL, F_SEAL_SHRINK and F_SEAL_GROW of linux/fcntl.h, which cannot stand beside fcntl.h.
  if (ftruncate(descriptor, size) == 0 && fcntl(descriptor, 1024 + 9, 1 | 2 | 4) == 0) return descriptor;
  int code = errno;
  close(descriptor);
  return -code;
}

#pragma clang assume_nonnull end
#endif
