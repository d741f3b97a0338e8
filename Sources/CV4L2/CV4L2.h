// V4L2 through libv4l2, in a form that Swift can import.
//
// Swift sees neither variadic functions (open, v4l2_ioctl) nor macros that expand to a call or a cast (every
// VIDIOC_*). So there is one function per request, whose argument the compiler checks; each returns 0 or a
// count, or -errno, so that nothing can come between a failure and the reading of errno.
#ifndef AVG_CV4L2_H
#define AVG_CV4L2_H
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#pragma clang assume_nonnull begin

/// Keeps libv4l2 from printing its own messages to standard error, unless the user asks for its log.
static inline void avg_v4l2_silence(void) {
  if (!v4l2_log_file && !getenv("LIBV4L2_LOG_FILENAME")) v4l2_log_file = fopen("/dev/null", "we");
}

/// Opens a device without waiting, and without libv4l2's format conversion.
///
/// Where libv4l2 refuses the device, the descriptor stays a plain one: libv4l2's calls hand it to the kernel.
static inline int avg_v4l2_open(const char *path) {
  int descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  // libv4l2's plugins complain on standard error of a device that is none of V4L2's.
  struct v4l2_capability capability;
  if (ioctl(descriptor, VIDIOC_QUERYCAP, &capability) == 0) (void)v4l2_fd_open(descriptor, V4L2_DISABLE_CONVERSION);
  return descriptor;
}

static inline void avg_v4l2_close(int descriptor) { (void)v4l2_close(descriptor); }

#define AVG_V4L2_REQUEST(name, request, type)                 \
  static inline int avg_v4l2_##name(int descriptor, type *argument) { \
    int result;                                               \
    do {                                                      \
      result = v4l2_ioctl(descriptor, request, argument);     \
    } while (result < 0 && errno == EINTR);                   \
    return result < 0 ? -errno : result;                      \
  }

AVG_V4L2_REQUEST(querycap, VIDIOC_QUERYCAP, struct v4l2_capability)
AVG_V4L2_REQUEST(enum_fmt, VIDIOC_ENUM_FMT, struct v4l2_fmtdesc)
AVG_V4L2_REQUEST(enum_framesizes, VIDIOC_ENUM_FRAMESIZES, struct v4l2_frmsizeenum)
AVG_V4L2_REQUEST(enum_frameintervals, VIDIOC_ENUM_FRAMEINTERVALS, struct v4l2_frmivalenum)
AVG_V4L2_REQUEST(s_fmt, VIDIOC_S_FMT, struct v4l2_format)
AVG_V4L2_REQUEST(try_fmt, VIDIOC_TRY_FMT, struct v4l2_format)
AVG_V4L2_REQUEST(g_parm, VIDIOC_G_PARM, struct v4l2_streamparm)
AVG_V4L2_REQUEST(s_parm, VIDIOC_S_PARM, struct v4l2_streamparm)
AVG_V4L2_REQUEST(queryctrl, VIDIOC_QUERYCTRL, struct v4l2_queryctrl)
AVG_V4L2_REQUEST(g_ctrl, VIDIOC_G_CTRL, struct v4l2_control)
AVG_V4L2_REQUEST(s_ctrl, VIDIOC_S_CTRL, struct v4l2_control)
AVG_V4L2_REQUEST(reqbufs, VIDIOC_REQBUFS, struct v4l2_requestbuffers)
AVG_V4L2_REQUEST(querybuf, VIDIOC_QUERYBUF, struct v4l2_buffer)
AVG_V4L2_REQUEST(qbuf, VIDIOC_QBUF, struct v4l2_buffer)
AVG_V4L2_REQUEST(dqbuf, VIDIOC_DQBUF, struct v4l2_buffer)
AVG_V4L2_REQUEST(streamon, VIDIOC_STREAMON, int)
AVG_V4L2_REQUEST(streamoff, VIDIOC_STREAMOFF, int)

#undef AVG_V4L2_REQUEST

/// Maps a buffer for reading; null with errno in `error` where that fails.
static inline void *_Nullable avg_v4l2_mmap(int descriptor, size_t length, int64_t offset, int *error) {
  void *address = v4l2_mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, offset);
  *error = address == MAP_FAILED ? errno : 0;
  return address == MAP_FAILED ? NULL : address;
}

static inline void avg_v4l2_munmap(void *address, size_t length) { (void)v4l2_munmap(address, length); }

_Static_assert(sizeof(struct v4l2_buffer) == 88, "the V4L2 buffer of 64-bit machines");

#pragma clang assume_nonnull end
#endif
