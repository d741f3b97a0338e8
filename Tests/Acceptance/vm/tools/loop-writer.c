// Writes grey images to a v4l2loopback device, as ffmpeg does: it sets the format, then calls write(2) for each image.
//
//   loop-writer DEVICE WIDTH HEIGHT
//
// Twenty YUYV images a second, of a level that changes, until it is ended.
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  fprintf(stderr, "loop-writer: %s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int count, char **words) {
  if (count != 4) {
    fputs("usage: loop-writer DEVICE WIDTH HEIGHT\n", stderr);
    return 2;
  }
  int device = open(words[1], O_RDWR);
  if (device < 0) fail(words[1]);
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
  format.fmt.pix.width = (unsigned)atoi(words[2]);
  format.fmt.pix.height = (unsigned)atoi(words[3]);
  format.fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
  if (ioctl(device, VIDIOC_S_FMT, &format) < 0) fail("VIDIOC_S_FMT");
  size_t size = (size_t)format.fmt.pix.width * format.fmt.pix.height * 2;
  printf("%ux%u\n", format.fmt.pix.width, format.fmt.pix.height);
  fflush(stdout);
  unsigned char *image = malloc(size);
  if (!image) fail("malloc");
  for (unsigned number = 0;; number++) {
    for (size_t i = 0; i < size; i += 2) image[i] = (unsigned char)(16 + number % 200), image[i + 1] = 128;
    if (write(device, image, size) != (ssize_t)size) fail("write");
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
  }
}
