// A camera for machines that have none and cannot have a virtual one: loaded into a program (LD_PRELOAD), it answers
// the V4L2 requests on one device with the images that an emulated robot's view hands out.
//
//   STAND_IN_DEVICE  the character device in whose place it stands (default /dev/full)
//   STAND_IN_VIEW    the socket of `avg-vision emulator --view`
//   STAND_IN_SIZE    the size of its images (default 320x180)
//   STAND_IN_FAULT   a file; while it holds the word "stall" no frame comes, with "gone" the device is unplugged, with
//                    "crash" the program writes to an address that is not its own
//   STAND_IN_MARK    a file, as the emulator's control, that "mark strike" is written to when the system first refuses
//                    the program a write for want of room on the disk
//
// A device's clock waits for no program: where it is permitted, the images are made at a real-time priority.
//
// No kernel driver takes part: what depends on one is shown by camera-vm and rig. This serves where a virtual
// machine is too slow: for the time that it takes to stop, and for learning at the native speed.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { max_buffers = 32, frames_per_second = 30, image_room = 1 << 20 };

static struct {
  int descriptor;  // the program's, -1 while closed: one end of a socket pair, readable while a frame is ready
  int peer;        // the other end
  int memory;      // the file behind the buffers
  bool streaming, gone;
  pthread_t producer;
  unsigned width, height, sequence;
  unsigned buffer_count, queued_count, done_count;
  unsigned queued[max_buffers], done[max_buffers];
  struct v4l2_buffer buffers[max_buffers];
  unsigned char *map;
} camera = {.descriptor = -1, .peer = -1, .memory = -1};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// libc's own syscall() is one of the functions taken over below.
static long raw(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

static const char *setting(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value ? value : otherwise;
}

static bool is_stand_in(const char *path) { return path && !strcmp(path, setting("STAND_IN_DEVICE", "/dev/full")); }

static bool has_fault(const char *name) {
  const char *path = getenv("STAND_IN_FAULT");
  char text[16] = "";
  int file = path ? (int)raw(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0) : -1;
  if (file < 0) return false;
  long count = raw(SYS_read, file, (long)text, sizeof text - 1, 0, 0, 0);
  raw(SYS_close, file, 0, 0, 0, 0, 0);
  return count > 0 && !strncmp(text, name, strlen(name));
}

static int connect_view(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, setting("STAND_IN_VIEW", ""), sizeof address.sun_path - 1);
  int view = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (view >= 0 && connect(view, (struct sockaddr *)&address, sizeof address) == 0) return view;
  if (view >= 0) raw(SYS_close, view, 0, 0, 0, 0, 0);
  return -1;
}

// Lock held: hands a frame to the program, if it has a buffer to take it.
static void deliver(const unsigned char *image, size_t length, const struct timespec *taken) {
  unsigned number = camera.sequence++;
  if (camera.queued_count == 0) return;
  unsigned index = camera.queued[0];
  memmove(camera.queued, camera.queued + 1, --camera.queued_count * sizeof *camera.queued);
  struct v4l2_buffer *buffer = &camera.buffers[index];
  if (length > buffer->length) length = buffer->length;
  memcpy(camera.map + buffer->m.offset, image, length);
  buffer->bytesused = (unsigned)length;
  buffer->sequence = number;
  buffer->timestamp = (struct timeval){taken->tv_sec, taken->tv_nsec / 1000};
  camera.done[camera.done_count++] = index;
  send(camera.peer, "f", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void *produce(void *unused) {
  pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){.sched_priority = 50});
  static unsigned char image[image_room];
  int view = connect_view();
  struct timespec next, taken;
  clock_gettime(CLOCK_MONOTONIC, &next);
  pthread_mutex_lock(&lock);
  while (camera.streaming && view >= 0) {
    pthread_mutex_unlock(&lock);
    next.tv_nsec += 1000000000 / frames_per_second;
    next.tv_sec += next.tv_nsec / 1000000000;
    next.tv_nsec %= 1000000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    clock_gettime(CLOCK_MONOTONIC, &taken);
    ssize_t length = send(view, "?", 1, MSG_NOSIGNAL) == 1 ? recv(view, image, sizeof image, 0) : -1;
    bool stalls = has_fault("stall"), leaves = has_fault("gone");
    if (has_fault("crash")) *(volatile int *)16 = 0;
    pthread_mutex_lock(&lock);
    if (length <= 0) break;
    if (leaves) {
      camera.gone = true;
      raw(SYS_close, camera.peer, 0, 0, 0, 0, 0);
      camera.peer = -1;
      break;
    }
    if (!stalls && camera.streaming) deliver(image, (size_t)length, &taken);
  }
  pthread_mutex_unlock(&lock);
  if (view >= 0) raw(SYS_close, view, 0, 0, 0, 0, 0);
  return unused;
}

// Lock held.
static void stop_streaming(void) {
  if (camera.streaming) {
    camera.streaming = false;
    pthread_mutex_unlock(&lock);
    pthread_join(camera.producer, NULL);
    pthread_mutex_lock(&lock);
  }
  camera.queued_count = camera.done_count = 0;
  char byte;
  while (recv(camera.descriptor, &byte, 1, MSG_DONTWAIT) > 0) {}
}

static void describe(struct v4l2_pix_format *format) {
  *format = (struct v4l2_pix_format){
    .width = camera.width, .height = camera.height, .pixelformat = V4L2_PIX_FMT_MJPEG, .field = V4L2_FIELD_NONE,
    .sizeimage = image_room, .colorspace = V4L2_COLORSPACE_SRGB};
}

static int allocate(struct v4l2_requestbuffers *request) {
  stop_streaming();
  if (camera.map) munmap(camera.map, (size_t)camera.buffer_count * image_room);
  camera.map = NULL;
  camera.buffer_count = request->count < max_buffers ? request->count : max_buffers;
  request->count = camera.buffer_count;
  if (camera.buffer_count == 0) return 0;
  size_t length = (size_t)camera.buffer_count * image_room;
  if (ftruncate(camera.memory, (off_t)length)) return -ENOMEM;
  long map = raw(SYS_mmap, 0, (long)length, PROT_READ | PROT_WRITE, MAP_SHARED, camera.memory, 0);
  if (map == -1) return -ENOMEM;
  camera.map = (unsigned char *)map;
  for (unsigned i = 0; i < camera.buffer_count; i++) {
    camera.buffers[i] = (struct v4l2_buffer){
      .index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .length = image_room,
      .field = V4L2_FIELD_NONE, .m.offset = i * image_room,
      .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_TSTAMP_SRC_SOE};
  }
  return 0;
}

static int dequeue(struct v4l2_buffer *buffer) {
  if (!camera.streaming) return -EINVAL;
  if (camera.done_count == 0) return -EAGAIN;
  *buffer = camera.buffers[camera.done[0]];
  memmove(camera.done, camera.done + 1, --camera.done_count * sizeof *camera.done);
  char byte;
  recv(camera.descriptor, &byte, 1, MSG_DONTWAIT);
  return 0;
}

// Lock held. Returns 0 or a negative errno.
static int answer(unsigned request, void *argument) {
  if (camera.gone) return -ENODEV;
  switch (request) {
    case (unsigned)VIDIOC_QUERYCAP: {
      struct v4l2_capability *capability = argument;
      *capability = (struct v4l2_capability){
        .driver = "stand-in", .card = "Stand-in camera", .bus_info = "none",
        .device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING,
        .capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS};
      return 0;
    }
    case (unsigned)VIDIOC_ENUM_FMT: {
      struct v4l2_fmtdesc *format = argument;
      if (format->index > 0 || format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return -EINVAL;
      format->pixelformat = V4L2_PIX_FMT_MJPEG;
      format->flags = V4L2_FMT_FLAG_COMPRESSED;
      return 0;
    }
    case (unsigned)VIDIOC_ENUM_FRAMESIZES: {
      struct v4l2_frmsizeenum *size = argument;
      if (size->index > 0) return -EINVAL;
      size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
      size->discrete = (struct v4l2_frmsize_discrete){camera.width, camera.height};
      return 0;
    }
    case (unsigned)VIDIOC_ENUM_FRAMEINTERVALS: {
      struct v4l2_frmivalenum *interval = argument;
      if (interval->index > 0) return -EINVAL;
      interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
      interval->discrete = (struct v4l2_fract){1, frames_per_second};
      return 0;
    }
    case (unsigned)VIDIOC_G_FMT:
    case (unsigned)VIDIOC_S_FMT:
    case (unsigned)VIDIOC_TRY_FMT: describe(&((struct v4l2_format *)argument)->fmt.pix); return 0;
    case (unsigned)VIDIOC_G_PARM:
    case (unsigned)VIDIOC_S_PARM: {
      struct v4l2_captureparm *parameters = &((struct v4l2_streamparm *)argument)->parm.capture;
      *parameters = (struct v4l2_captureparm){
        .capability = V4L2_CAP_TIMEPERFRAME, .timeperframe = {1, frames_per_second}};
      return 0;
    }
    case (unsigned)VIDIOC_REQBUFS: return allocate(argument);
    case (unsigned)VIDIOC_QUERYBUF: {
      struct v4l2_buffer *buffer = argument;
      if (buffer->index >= camera.buffer_count) return -EINVAL;
      *buffer = camera.buffers[buffer->index];
      return 0;
    }
    case (unsigned)VIDIOC_QBUF: {
      unsigned index = ((struct v4l2_buffer *)argument)->index;
      if (index >= camera.buffer_count || camera.queued_count == max_buffers) return -EINVAL;
      camera.queued[camera.queued_count++] = index;
      return 0;
    }
    case (unsigned)VIDIOC_DQBUF: return dequeue(argument);
    case (unsigned)VIDIOC_STREAMON:
      camera.sequence = 0;
      camera.streaming = pthread_create(&camera.producer, NULL, produce, NULL) == 0;
      return camera.streaming ? 0 : -ENOMEM;
    case (unsigned)VIDIOC_STREAMOFF: stop_streaming(); return 0;
    default: return -ENOTTY;
  }
}

static int open_camera(void) {
  int ends[2];
  if (camera.descriptor >= 0) return errno = EBUSY, -1;
  if (has_fault("gone")) return errno = ENOENT, -1;
  if (sscanf(setting("STAND_IN_SIZE", "320x180"), "%ux%u", &camera.width, &camera.height) != 2) return errno = EINVAL, -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends)) return -1;
  if (camera.memory < 0) camera.memory = memfd_create("stand-in", MFD_CLOEXEC);
  camera.gone = false;
  camera.peer = ends[1];
  return camera.descriptor = ends[0];
}

static long request_camera(unsigned long request, void *argument) {
  pthread_mutex_lock(&lock);
  int result = answer((unsigned)request, argument);
  pthread_mutex_unlock(&lock);
  return result < 0 ? (errno = -result, -1) : result;
}

static void close_camera(void) {
  pthread_mutex_lock(&lock);
  stop_streaming();
  if (camera.peer >= 0) raw(SYS_close, camera.peer, 0, 0, 0, 0, 0);
  camera.peer = camera.descriptor = -1;
  pthread_mutex_unlock(&lock);
}

static bool is_camera(long descriptor) { return descriptor >= 0 && descriptor == camera.descriptor; }

// What the program calls.

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
  va_end(list);
  return is_stand_in(path) ? open_camera() : (int)raw(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  return is_camera(descriptor) ? (int)request_camera(request, argument)
                               : (int)raw(SYS_ioctl, descriptor, (long)request, (long)argument, 0, 0, 0);
}

int close(int descriptor) {
  if (is_camera(descriptor)) close_camera();
  return (int)raw(SYS_close, descriptor, 0, 0, 0, 0, 0);
}

// Notes when the disk is first full.
static ssize_t judged(long result) {
  static bool is_noted;
  const char *path = getenv("STAND_IN_MARK");
  if (result >= 0 || errno != ENOSPC || !path || __atomic_exchange_n(&is_noted, true, __ATOMIC_RELAXED)) return result;
  int file = (int)raw(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0, 0, 0);
  raw(SYS_write, file, (long)"mark strike\n", 12, 0, 0, 0);
  raw(SYS_close, file, 0, 0, 0, 0, 0);
  errno = ENOSPC;
  return result;
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
  return judged(raw(SYS_write, descriptor, (long)bytes, (long)length, 0, 0, 0));
}

int fsync(int descriptor) { return (int)judged(raw(SYS_fsync, descriptor, 0, 0, 0, 0, 0)); }

int fdatasync(int descriptor) { return (int)judged(raw(SYS_fdatasync, descriptor, 0, 0, 0, 0, 0)); }

void *mmap(void *start, size_t length, int protection, int flags, int descriptor, off_t offset) {
  if (is_camera(descriptor)) descriptor = camera.memory;
  return (void *)raw(SYS_mmap, (long)start, (long)length, protection, flags, descriptor, offset);
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long);
  long e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_ioctl && is_camera(a)) return request_camera((unsigned long)b, (void *)c);
  if (number == SYS_mmap && is_camera(e)) e = camera.memory;
  if (number == SYS_close && is_camera(a)) close_camera();
  return raw(number, a, b, c, d, e, f);
}
