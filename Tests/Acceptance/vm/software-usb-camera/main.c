// usage: software-usb-camera [-f FORMAT[,FORMAT]] [-x FAULT=N]... [-l SOCKET] [-v] FOLDER
//
// FOLDER/WxH/*.jpg are the sizes that the camera offers and the MJPEG frames that it sends, in the order of their
// names, over and over. It attaches itself to vhci_hcd, so that /dev/videoN appears, and runs until SIGTERM.
//
//   -f FORMAT  mjpeg, yuyv, grey: what the camera offers (default mjpeg,yuyv); the latter two show a moving gradient
//   -x FAULT=N misbehave at frame N of every stream, or at every Nth frame:
//                stall  no data from N on               gone  pull the plug at N
//                cut    every Nth ends half way         junk  every Nth is not a JPEG
//                err    every Nth has UVC's error bit   lost  the middle of every Nth never arrives
//              What the kernel's driver (6.1) makes of them: MJPEG frames cut, junk and lost reach the program with
//              no error flag; a frame with err, and a YUYV frame cut or lost, are dropped and leave a sequence gap.
//   -l SOCKET  show what a program says that listens there (avg-vision emulator --view), in FOLDER's first size
//   -v         say what happens; twice: every control request too
//
// Signals: USR1 pulls the plug, USR2 puts it back in, TERM ends the program.

#include "camera.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct camera camera = {.formats = {mjpeg, yuyv}, .format_count = 2};
struct faults faults;
const uint32_t frame_intervals[frame_interval_count] = {10000000 / 30, 10000000 / 15, 10000000 / 10, 10000000 / 5};

volatile bool unplug_wanted;
static volatile sig_atomic_t plug_wanted, end_wanted;

uint64_t microseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

unsigned bytes_per_pixel(enum pixel_format format) {
  // For MJPEG this is only the promised upper bound of a frame.
  return format == grey ? 1 : 2;
}

static void on_signal(int signal) {
  if (signal == SIGUSR1) unplug_wanted = true;
  else if (signal == SIGUSR2) plug_wanted = 1;
  else end_wanted = 1;
}

// The signals stay blocked except while usbip_serve() waits, so none can slip in unseen just before it does.
static void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  const int signals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  sigset_t blocked;
  sigemptyset(&blocked);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    sigaction(signals[i], &action, NULL);
    sigaddset(&blocked, signals[i]);
  }
  sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void usage(void) {
  fprintf(stderr,
          "usage: software-usb-camera [-f mjpeg,yuyv,grey] [-x stall|gone|cut|junk|err|lost=N]... [-l SOCKET] [-v] FOLDER\n");
  exit(2);
}

static void parse_formats(char *list) {
  static const char *const names[] = {[mjpeg] = "mjpeg", [yuyv] = "yuyv", [grey] = "grey"};
  camera.format_count = 0;
  for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
    enum pixel_format format = mjpeg;
    while (format <= grey && strcmp(name, names[format])) format++;
    if (format > grey || camera.format_count == 3) usage();
    camera.formats[camera.format_count++] = format;
  }
}

static void parse_fault(const char *text) {
  const struct { const char *name; unsigned long *frame; } known[] = {
    {"stall=", &faults.stall}, {"gone=", &faults.gone}, {"cut=", &faults.cut},
    {"junk=", &faults.junk}, {"err=", &faults.err}, {"lost=", &faults.lost},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    size_t length = strlen(known[i].name);
    if (strncmp(text, known[i].name, length)) continue;
    *known[i].frame = strtoul(text + length, NULL, 10);
    return;
  }
  usage();
}

// After a pull of the plug the kernel needs a moment before the port is free again.
static bool plug_patiently(void) {
  for (int attempt = 0; attempt < 50; attempt++) {
    if (usbip_plug()) return true;
    usleep(20000);
  }
  return false;
}

int main(int count, char **arguments) {
  int option;
  while ((option = getopt(count, arguments, "f:x:l:v")) != -1) {
    switch (option) {
      case 'f': parse_formats(optarg); break;
      case 'x': parse_fault(optarg); break;
      case 'l': live_connect(optarg); break;
      case 'v': camera.verbosity++; break;
      default: usage();
    }
  }
  if (optind != count - 1 || camera.format_count == 0) usage();
  load_pictures(arguments[optind]);
  build_descriptors();
  catch_signals();
  if (!plug_patiently()) {
    perror("software-usb-camera: cannot attach to vhci_hcd (is the module loaded?)");
    return 1;
  }
  while (!end_wanted) {
    if (unplug_wanted) {
      unplug_wanted = false;
      usbip_unplug();
    }
    if (plug_wanted) {
      plug_wanted = 0;
      if (!usbip_plugged()) plug_patiently();
    }
    if (usbip_serve() < 0) usbip_unplug();
  }
  usbip_unplug();
  return 0;
}
