// Requests on the control endpoint: USB 2.0 chapter 9, and the video class's probe and commit negotiation.

#include "camera.h"

#include <stdio.h>
#include <string.h>

// Request types (direction, kind, recipient) and request codes that the kernel uses with a camera.
enum {
  to_device = 0x00, to_interface = 0x01, to_endpoint = 0x02, from_device = 0x80,
  class_to_interface = 0x21, class_from_interface = 0xA1,
  get_status = 0, clear_feature = 1, get_descriptor = 6, set_configuration = 9, set_interface = 11,
  set_current = 0x01, get_current = 0x81, get_minimum = 0x82, get_maximum = 0x83, get_length = 0x85,
  get_info = 0x86, get_default = 0x87,
  streaming_interface = 1, probe_selector = 1, commit_selector = 2, error_code_selector = 2,
};

static uint8_t probe[probe_bytes];

static uint32_t read_double_word(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void write_double_word(uint8_t *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t nearest_interval(uint32_t wanted) {
  uint32_t nearest = frame_intervals[0], smallest = UINT32_MAX;
  for (unsigned i = 0; i < frame_interval_count; i++) {
    uint32_t offered = frame_intervals[i];
    uint32_t distance = offered > wanted ? offered - wanted : wanted - offered;
    if (distance < smallest) {
      smallest = distance;
      nearest = offered;
    }
  }
  return nearest;
}

// Turns what the host asks for into what the camera can do. Layout: UVC 1.1, table 4-47.
static void settle(uint8_t *request) {
  uint8_t *format = &request[2], *size = &request[3];
  if (*format < 1 || *format > camera.format_count) *format = 1;
  if (*size < 1 || *size > camera.size_count) *size = 1;
  write_double_word(request + 4, nearest_interval(read_double_word(request + 4)));
  const struct frame_size *chosen = &camera.sizes[*size - 1];
  uint32_t frame_bytes = chosen->width * chosen->height * bytes_per_pixel(camera.formats[*format - 1]);
  write_double_word(request + 18, frame_bytes);
  write_double_word(request + 22, packet_bytes);
  write_double_word(request + 26, 48000000);  // the clock of the descriptors
  request[30] = 3;                            // frame identity and end-of-frame bits are used
  memset(request + 31, 0, 3);
}

void control_reset(void) {
  memset(probe, 0, sizeof probe);
  settle(probe);
  settings_reset();
}

static int standard_descriptor(unsigned type, unsigned index, uint8_t *data) {
  size_t length = 0;
  const uint8_t *bytes = NULL;
  if (type == 1) bytes = device_descriptor(&length);
  if (type == 2) bytes = configuration_descriptor(&length);
  if (bytes) memcpy(data, bytes, length);
  if (type == 3) length = string_descriptor(index, data);
  return length ? (int)length : -1;
}

static int answer_probe(unsigned request, uint8_t *data) {
  switch (request) {
    case get_current: memcpy(data, probe, probe_bytes); return probe_bytes;
    case get_length: data[0] = probe_bytes; data[1] = 0; return 2;
    case get_info: data[0] = 3; return 1;  // can be read and written
    case get_minimum: case get_maximum: case get_default:
      memcpy(data, probe, probe_bytes);
      write_double_word(data + 4, frame_intervals[request == get_maximum ? frame_interval_count - 1 : 0]);
      settle(data);
      return probe_bytes;
    default: return -1;
  }
}

static int answer(const uint8_t setup[8], uint8_t *data, size_t sent) {
  unsigned type = setup[0], request = setup[1], value = setup[2] | setup[3] << 8, index = setup[4] | setup[5] << 8;
  unsigned interface = index & 0xFF, entity = index >> 8, selector = value >> 8;
  bool negotiation =
    interface == streaming_interface && (selector == probe_selector || selector == commit_selector);
  switch (type) {
    case to_device: return request == set_configuration ? 0 : -1;
    case to_endpoint: return request == clear_feature ? 0 : -1;
    case to_interface:
      if (request != set_interface) return -1;
      if (interface == streaming_interface && value == 1) stream_start(probe);
      if (interface == streaming_interface && value == 0) stream_stop();
      return 0;
    case class_to_interface:
      if (entity) return settings_request(entity, selector, request, data, sent);
      if (!negotiation || request != set_current) return -1;
      memcpy(probe, data, sent < probe_bytes ? sent : probe_bytes);
      settle(probe);
      return 0;
    case class_from_interface:
      if (negotiation) return answer_probe(request, data);
      if (entity) return settings_request(entity, selector, request, data, 0);
      if (interface != 0 || selector != error_code_selector) return -1;
      data[0] = 6;  // "invalid control": why the last request was refused
      return 1;
    default:
      if (type == from_device && request == get_descriptor) return standard_descriptor(value >> 8, value & 0xFF, data);
      if ((type & 0xE0) != from_device || request != get_status) return -1;
      data[0] = data[1] = 0;
      return 2;
  }
}

int control_request(const uint8_t setup[8], uint8_t *data, size_t sent) {
  int answered = answer(setup, data, sent);
  if (camera.verbosity > 1) {
    fprintf(stderr, "software-usb-camera: control %02x %02x %02x%02x %02x%02x -> %d\n", setup[0], setup[1], setup[3],
            setup[2], setup[5], setup[4], answered);
  }
  return answered;
}
