// A USB webcam made of software, plugged into this kernel's own USB stack.
//
// main.c         command line, signals, the event loop
// pictures.c     the JPEG files that the camera "sees"
// live.c         what another program shows it, instead
// descriptors.c  what the camera says it is (USB 2.0, USB Video Class 1.1)
// control.c      requests on endpoint 0: descriptors, format negotiation
// settings.c     exposure, gain, white balance, focus
// stream.c       frames cut into isochronous packets, and the faults
// usbip.c        the USB/IP protocol spoken to the kernel's vhci_hcd
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  max_sizes = 8,
  // One high-bandwidth isochronous packet: 3 transactions of 1024 bytes in each 125 us microframe.
  packet_bytes = 3072,
  microframe_microseconds = 125,
  // Length of the UVC 1.1 probe and commit controls.
  probe_bytes = 34,
  // The way of the picture: lens and sensor, processing, USB.
  camera_terminal_id = 1, processing_unit_id = 2, output_terminal_id = 3,
};

// The frame rates offered at every size. UVC counts intervals in units of 100 ns.
enum { frame_interval_count = 4 };
extern const uint32_t frame_intervals[frame_interval_count];

enum pixel_format { mjpeg, yuyv, grey };

struct picture {
  uint8_t *bytes;
  size_t length;
};

struct frame_size {
  unsigned width, height;
  struct picture *pictures;
  unsigned picture_count;
};

// The whole camera. There is one, so it is one global value.
struct camera {
  struct frame_size sizes[max_sizes];
  unsigned size_count;
  enum pixel_format formats[3];
  unsigned format_count;
  int verbosity;
};
extern struct camera camera;

// Faults, each at the Nth frame of every stream (counted from 1); 0 means never.
struct faults {
  unsigned long stall, gone, cut, junk, err, lost;
};
extern struct faults faults;

// Set when the camera shall be pulled out at the next turn of the event loop.
extern volatile bool unplug_wanted;

uint64_t microseconds_now(void);
unsigned bytes_per_pixel(enum pixel_format format);

// pictures.c
void load_pictures(const char *folder);

// live.c
void live_connect(const char *path);
// Takes a picture of the present; false if there is nobody to ask. It is valid until the next is taken.
bool live_picture(struct picture *picture);

// descriptors.c
void build_descriptors(void);
const uint8_t *device_descriptor(size_t *length);
const uint8_t *configuration_descriptor(size_t *length);
// Writes string `index` at `to` (room for 256 bytes) and returns its length, 0 if there is none.
size_t string_descriptor(unsigned index, uint8_t *to);

// control.c
void control_reset(void);
// Answers one control request. `data` holds what the host sent, or takes up to 4096 bytes of answer.
// Returns the number of bytes answered, or -1 to refuse (a protocol stall).
int control_request(const uint8_t setup[8], uint8_t *data, size_t sent);

// settings.c
void settings_reset(void);
// Answers a request for a setting of the entity, as control_request() does.
int settings_request(unsigned entity, unsigned selector, unsigned request, uint8_t *data, size_t sent);

// stream.c
void stream_start(const uint8_t probe[probe_bytes]);
// Says how many frames were sent, and how many of them damaged.
void stream_stop(void);
// Fills one isochronous packet that is due at `when` and returns its length, 0 if there is nothing to send.
size_t stream_packet(uint8_t *to, size_t room, uint64_t when);

// usbip.c
bool usbip_plug(void);
void usbip_unplug(void);
// Waits for the kernel or for the next transfer that is due, and serves it. -1: the kernel hung up.
int usbip_serve(void);
bool usbip_plugged(void);
