// The settings that a webcam has: exposure, gain, white balance and focus, three of them with an automatic.
// Units, selectors and sizes: USB Video Class 1.1, chapter 4.2.2.

#include "camera.h"

#include <stdio.h>

enum {
  set_current = 0x01, get_current = 0x81, get_minimum = 0x82, get_maximum = 0x83, get_resolution = 0x84,
  get_length = 0x85, get_info = 0x86, get_default = 0x87,
  readable_and_writable = 3, manual_exposure = 1, automatic_exposure = 8,
};

struct setting {
  const char *name;
  uint8_t entity, selector, bytes;
  int minimum, maximum, step, initial;
  // The setting that must have `manual` for this one to be changed, or -1.
  int automatic, manual;
};

enum { exposure_mode, exposure_time, focus_automatic, focus, white_balance_automatic, white_balance, gain, setting_count };

static const struct setting settings[setting_count] = {
  // Of the exposure mode's step, each bit is a mode that the camera has.
  [exposure_mode] = {"exposure mode", camera_terminal_id, 0x02, 1, 1, 8, manual_exposure | automatic_exposure,
                     automatic_exposure, -1, 0},
  [exposure_time] = {"exposure", camera_terminal_id, 0x04, 4, 3, 2047, 1, 250, exposure_mode, manual_exposure},
  [focus_automatic] = {"focus automatic", camera_terminal_id, 0x08, 1, 0, 1, 1, 1, -1, 0},
  [focus] = {"focus", camera_terminal_id, 0x06, 2, 0, 250, 5, 0, focus_automatic, 0},
  [white_balance_automatic] = {"white balance automatic", processing_unit_id, 0x0B, 1, 0, 1, 1, 1, -1, 0},
  [white_balance] = {"white balance", processing_unit_id, 0x0A, 2, 2000, 6500, 10, 4000, white_balance_automatic, 0},
  [gain] = {"gain", processing_unit_id, 0x04, 2, 0, 255, 1, 64, -1, 0},
};
static int values[setting_count];

void settings_reset(void) {
  for (int i = 0; i < setting_count; i++) values[i] = settings[i].initial;
}

static int write_number(uint8_t *to, int value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
  return bytes;
}

static int set(int which, const uint8_t *data, size_t sent) {
  const struct setting *setting = &settings[which];
  if (sent < setting->bytes) return -1;
  int value = 0;
  for (int i = 0; i < setting->bytes; i++) value |= data[i] << 8 * i;
  if (value < setting->minimum || value > setting->maximum) return -1;
  if (setting->automatic >= 0 && values[setting->automatic] != setting->manual) return -1;
  values[which] = value;
  fprintf(stderr, "software-usb-camera: %s set to %d\n", setting->name, value);
  return 0;
}

int settings_request(unsigned entity, unsigned selector, unsigned request, uint8_t *data, size_t sent) {
  int which = 0;
  while (which < setting_count && (settings[which].entity != entity || settings[which].selector != selector)) which++;
  if (which == setting_count) return -1;
  const struct setting *setting = &settings[which];
  switch (request) {
    case set_current: return set(which, data, sent);
    case get_current: return write_number(data, values[which], setting->bytes);
    case get_minimum: return write_number(data, setting->minimum, setting->bytes);
    case get_maximum: return write_number(data, setting->maximum, setting->bytes);
    case get_resolution: return write_number(data, setting->step, setting->bytes);
    case get_default: return write_number(data, setting->initial, setting->bytes);
    case get_length: return write_number(data, setting->bytes, 2);
    case get_info: return write_number(data, readable_and_writable, 1);
    default: return -1;
  }
}
