// The kernel's V4L2 interface in a form that Swift can import.
//
// Swift sees neither variadic functions (open, ioctl) nor macros that expand to a call or a cast (every VIDIOC_*). So
// there is one function per request, whose argument the compiler checks; each returns 0 or a count, or -errno, so that
// nothing can come between a failure and the reading of errno.
//
// V4L2 has two interfaces for capture: single-planar, and multi-planar, in which an image may lie in several pieces of
// memory. A device has one of them, named by the buffer type. The structs below hold what both tell.
//
// libv4l2 is not used. With its format conversion switched off it adds nothing, but its plugin for multi-planar devices
// passes over the offset of the data in their memory, and prints on standard output.
#ifndef AVG_CV4L2_H
#define AVG_CV4L2_H
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#pragma clang assume_nonnull begin

/// Opens a device without waiting.
static inline int avg_v4l2_open(const char *path) {
  int descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

static inline int avg_v4l2_request(int descriptor, unsigned long request, void *argument) {
  int result;
  do {
    result = ioctl(descriptor, request, argument);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : result;
}

#define AVG_V4L2_REQUEST(name, request, type)                         \
  static inline int avg_v4l2_##name(int descriptor, type *argument) { \
    return avg_v4l2_request(descriptor, request, argument);           \
  }

AVG_V4L2_REQUEST(querycap, VIDIOC_QUERYCAP, struct v4l2_capability)
AVG_V4L2_REQUEST(enum_fmt, VIDIOC_ENUM_FMT, struct v4l2_fmtdesc)
AVG_V4L2_REQUEST(enum_framesizes, VIDIOC_ENUM_FRAMESIZES, struct v4l2_frmsizeenum)
AVG_V4L2_REQUEST(enum_frameintervals, VIDIOC_ENUM_FRAMEINTERVALS, struct v4l2_frmivalenum)
AVG_V4L2_REQUEST(g_parm, VIDIOC_G_PARM, struct v4l2_streamparm)
AVG_V4L2_REQUEST(s_parm, VIDIOC_S_PARM, struct v4l2_streamparm)
AVG_V4L2_REQUEST(queryctrl, VIDIOC_QUERYCTRL, struct v4l2_queryctrl)
AVG_V4L2_REQUEST(g_ctrl, VIDIOC_G_CTRL, struct v4l2_control)
AVG_V4L2_REQUEST(s_ctrl, VIDIOC_S_CTRL, struct v4l2_control)
AVG_V4L2_REQUEST(reqbufs, VIDIOC_REQBUFS, struct v4l2_requestbuffers)
AVG_V4L2_REQUEST(streamon, VIDIOC_STREAMON, int)
AVG_V4L2_REQUEST(streamoff, VIDIOC_STREAMOFF, int)

#undef AVG_V4L2_REQUEST

/// An image as a driver sends it; `plane_count` pieces of memory hold it.
struct avg_v4l2_image {
  __u32 type;  // of buffer
  __u32 width, height, pixelformat, field, bytesperline, colorspace, ycbcr_enc, quantization, plane_count;
};

static inline int avg_v4l2_exchange_format(int descriptor, unsigned long request, struct avg_v4l2_image *image) {
  struct v4l2_format format = {.type = image->type};
  struct v4l2_pix_format *single = &format.fmt.pix;
  struct v4l2_pix_format_mplane *multi = &format.fmt.pix_mp;
  int is_multi = image->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  if (is_multi) {
    multi->width = image->width, multi->height = image->height;
    multi->pixelformat = image->pixelformat, multi->field = image->field, multi->num_planes = 1;
  } else {
    single->width = image->width, single->height = image->height;
    single->pixelformat = image->pixelformat, single->field = image->field;
  }
  int result = avg_v4l2_request(descriptor, request, &format);
  if (result < 0) return result;
  *image = is_multi
    ? (struct avg_v4l2_image){image->type, multi->width, multi->height, multi->pixelformat, multi->field,
                              multi->plane_fmt[0].bytesperline, multi->colorspace, multi->ycbcr_enc,
                              multi->quantization, multi->num_planes}
    : (struct avg_v4l2_image){image->type, single->width, single->height, single->pixelformat, single->field,
                              single->bytesperline, single->colorspace, single->ycbcr_enc, single->quantization, 1};
  return result;
}

/// Reads what the driver is set to.
static inline int avg_v4l2_g_fmt(int descriptor, struct avg_v4l2_image *image) {
  return avg_v4l2_exchange_format(descriptor, VIDIOC_G_FMT, image);
}

/// Sets the image's size, pixel format and field order, and reads the driver's answer.
static inline int avg_v4l2_s_fmt(int descriptor, struct avg_v4l2_image *image) {
  return avg_v4l2_exchange_format(descriptor, VIDIOC_S_FMT, image);
}

/// Reads what the driver would answer.
static inline int avg_v4l2_try_fmt(int descriptor, struct avg_v4l2_image *image) {
  return avg_v4l2_exchange_format(descriptor, VIDIOC_TRY_FMT, image);
}

/// A buffer that the driver fills, mapped into memory. The image lies behind `data_offset` bytes, up to `bytesused`.
struct avg_v4l2_buffer {
  __u32 type, index, flags, field, sequence, plane_count;
  __u32 length, map_offset, data_offset, bytesused;
  struct timeval timestamp;
};

static inline int avg_v4l2_exchange_buffer(int descriptor, unsigned long request, struct avg_v4l2_buffer *mapped) {
  struct v4l2_plane planes[VIDEO_MAX_PLANES];
  struct v4l2_buffer buffer = {.type = mapped->type, .index = mapped->index, .memory = V4L2_MEMORY_MMAP};
  int is_multi = mapped->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
  memset(planes, 0, sizeof planes);
  if (is_multi) buffer.m.planes = planes, buffer.length = VIDEO_MAX_PLANES;
  // Only a question takes more planes than there are.
  if (is_multi && request == VIDIOC_QBUF) buffer.length = 1;
  int result = avg_v4l2_request(descriptor, request, &buffer);
  if (result < 0) return result;
  *mapped = (struct avg_v4l2_buffer){
    .type = mapped->type, .index = buffer.index, .flags = buffer.flags, .field = buffer.field,
    .sequence = buffer.sequence, .plane_count = is_multi ? buffer.length : 1,
    .length = is_multi ? planes[0].length : buffer.length,
    .map_offset = is_multi ? planes[0].m.mem_offset : buffer.m.offset,
    .data_offset = is_multi ? planes[0].data_offset : 0,
    .bytesused = is_multi ? planes[0].bytesused : buffer.bytesused, .timestamp = buffer.timestamp};
  return result;
}

static inline int avg_v4l2_querybuf(int descriptor, struct avg_v4l2_buffer *buffer) {
  return avg_v4l2_exchange_buffer(descriptor, VIDIOC_QUERYBUF, buffer);
}

static inline int avg_v4l2_qbuf(int descriptor, struct avg_v4l2_buffer *buffer) {
  return avg_v4l2_exchange_buffer(descriptor, VIDIOC_QBUF, buffer);
}

static inline int avg_v4l2_dqbuf(int descriptor, struct avg_v4l2_buffer *buffer) {
  return avg_v4l2_exchange_buffer(descriptor, VIDIOC_DQBUF, buffer);
}

/// Maps a buffer for reading; null with errno in `error` where that fails.
static inline void *_Nullable avg_v4l2_mmap(int descriptor, size_t length, off_t offset, int *error) {
  void *address = mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, offset);
  *error = address == MAP_FAILED ? errno : 0;
  return address == MAP_FAILED ? NULL : address;
}

_Static_assert(sizeof(struct v4l2_buffer) == 88, "the V4L2 buffer of 64-bit machines");

#pragma clang assume_nonnull end
#endif
