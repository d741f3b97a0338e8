// Descriptors after "Universal Serial Bus Device Class Definition for Video Devices", revision 1.1.

#include "camera.h"

#include <string.h>

// Little-endian fields of 2 and 4 bytes, for use inside a list of bytes.
#define WORD(x) (uint8_t)(x), (uint8_t)((x) >> 8)
#define DOUBLE_WORD(x) WORD(x), (uint8_t)((x) >> 16), (uint8_t)((x) >> 24)
#define ADD(...) add((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__})

enum {
  interface_association = 0x0B, interface_descriptor = 4, endpoint_descriptor = 5, class_interface = 0x24,
  video_class = 0x0E, control_subclass = 1, streaming_subclass = 2,
  streaming_endpoint = 0x81,
  clock_hertz = 48000000,
};

static const uint8_t device[18] = {
  18, 1, WORD(0x0200), 0xEF, 2, 1, 64,  // USB 2.0, class by interface association, 64-byte control packets
  WORD(0x1209), WORD(0x0001),           // pid.codes' vendor and its product number for private testing
  WORD(0x0100), 1, 2, 3, 1,             // release 1.0; strings: maker, product, serial number; one configuration
};

static const char *const strings[] = {"", "avg-vision", "Software USB camera", "0001"};

static uint8_t configuration[4096];
static size_t configuration_length;

static void add(const uint8_t *bytes, size_t count) {
  memcpy(configuration + configuration_length, bytes, count);
  configuration_length += count;
}

// The sizes and rates of one format, then its colours (sRGB primaries and transfer, BT.601 matrix).
static void add_frames(uint8_t subtype, enum pixel_format format) {
  for (unsigned i = 0; i < camera.size_count; i++) {
    unsigned width = camera.sizes[i].width, height = camera.sizes[i].height;
    uint32_t bytes = width * height * bytes_per_pixel(format);
    ADD(26 + 4 * frame_interval_count, class_interface, subtype, (uint8_t)(i + 1), 0, WORD(width), WORD(height),
        DOUBLE_WORD(bytes * 8 * 5), DOUBLE_WORD(bytes * 8 * 30), DOUBLE_WORD(bytes), DOUBLE_WORD(frame_intervals[0]),
        frame_interval_count);
    for (unsigned rate = 0; rate < frame_interval_count; rate++) ADD(DOUBLE_WORD(frame_intervals[rate]));
  }
  ADD(6, class_interface, 0x0D, 1, 1, 4);
}

static void add_format(uint8_t number, enum pixel_format format) {
  uint8_t sizes = (uint8_t)camera.size_count;
  if (format == mjpeg) {
    ADD(11, class_interface, 6, number, sizes, 0, 1, 0, 0, 0, 0);
    add_frames(7, format);
    return;
  }
  // An uncompressed format is named by a GUID: its four-character code and a fixed tail.
  const char *code = format == yuyv ? "YUY2" : "Y800";
  ADD(27, class_interface, 4, number, sizes);
  add((const uint8_t *)code, 4);
  ADD(0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71, (uint8_t)(8 * bytes_per_pixel(format)), 1, 0, 0, 0, 0);
  add_frames(5, format);
}

static void set_length(size_t at, size_t length) {
  configuration[at] = (uint8_t)length;
  configuration[at + 1] = (uint8_t)(length >> 8);
}

void build_descriptors(void) {
  configuration_length = 0;
  ADD(9, 2, WORD(0), 2, 1, 0, 0x80, 250);  // 2 interfaces, bus powered, 500 mA; the total length comes last
  ADD(8, interface_association, 0, 2, video_class, 3, 0, 2);

  ADD(9, interface_descriptor, 0, 0, 0, video_class, control_subclass, 0, 2);
  ADD(13, class_interface, 1, WORD(0x0110), WORD(13 + 18 + 12 + 9), DOUBLE_WORD(clock_hertz), 1, 1);
  // Bits 1, 3, 5, 17: exposure mode and time, focus and its automatic; 6, 9, 12: white balance, gain, automatic.
  ADD(18, class_interface, 2, camera_terminal_id, WORD(0x0201), 0, 0, WORD(0), WORD(0), WORD(0), 3, 0x2A, 0, 0x02);
  ADD(12, class_interface, 5, processing_unit_id, camera_terminal_id, WORD(0), 2, 0x40, 0x12, 0, 0);
  ADD(9, class_interface, 3, output_terminal_id, WORD(0x0101), 0, processing_unit_id, 0);

  ADD(9, interface_descriptor, 1, 0, 0, video_class, streaming_subclass, 0, 0);  // setting 0: idle, no endpoint
  size_t header = configuration_length;
  ADD((uint8_t)(13 + camera.format_count), class_interface, 1, (uint8_t)camera.format_count, WORD(0),
      streaming_endpoint, 0, output_terminal_id, 0, 0, 0, 1);
  for (unsigned i = 0; i < camera.format_count; i++) ADD(0);  // no controls for this format
  for (unsigned i = 0; i < camera.format_count; i++) add_format((uint8_t)(i + 1), camera.formats[i]);
  set_length(header + 4, configuration_length - header);

  ADD(9, interface_descriptor, 1, 1, 1, video_class, streaming_subclass, 0, 0);  // setting 1: streaming
  ADD(7, endpoint_descriptor, streaming_endpoint, 5, WORD(0x1400), 1);           // isochronous, 3 x 1024 bytes
  set_length(2, configuration_length);
}

const uint8_t *device_descriptor(size_t *length) {
  *length = sizeof device;
  return device;
}

const uint8_t *configuration_descriptor(size_t *length) {
  *length = configuration_length;
  return configuration;
}

size_t string_descriptor(unsigned index, uint8_t *to) {
  size_t length = 2;
  if (index >= sizeof strings / sizeof *strings) return 0;
  if (index == 0) {  // the list of languages: US English
    to[length++] = 0x09;
    to[length++] = 0x04;
  }
  for (const char *c = strings[index]; *c; c++) {  // UTF-16
    to[length++] = (uint8_t)*c;
    to[length++] = 0;
  }
  to[0] = (uint8_t)length;
  to[1] = 3;
  return length;
}
