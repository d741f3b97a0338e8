// Frames, paced by the clock and cut into UVC payloads, and the ways in which that can go wrong.

#include "camera.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { header_bytes = 2, end_of_header = 0x80, error_bit = 0x40, end_of_frame = 0x02, frame_identity = 0x01 };

static bool streaming;
static enum pixel_format format;
static const struct frame_size *size;
static uint64_t interval_microseconds, next_frame_at;

static unsigned long frame_number;    // of this stream, from 1
static uint8_t identity;              // flips with every frame: how the host tells them apart
static const uint8_t *frame;          // the frame under way, or NULL between two
static size_t frame_length, position;
static uint8_t *drawn;                // room for a frame that is not a picture's own bytes
static bool lost_middle;              // of the frame under way
static struct { unsigned long sent, cut, junk, lost, err; } done;  // frames of this stream, whole or damaged

void stream_start(const uint8_t probe[probe_bytes]) {
  format = camera.formats[probe[2] - 1];
  size = &camera.sizes[probe[3] - 1];
  interval_microseconds = (probe[4] | probe[5] << 8 | probe[6] << 16 | (uint32_t)probe[7] << 24) / 10;
  drawn = realloc(drawn, (size_t)size->width * size->height * 2);
  streaming = drawn != NULL;
  frame_number = 0;
  frame = NULL;
  memset(&done, 0, sizeof done);
  next_frame_at = microseconds_now() + interval_microseconds;
  if (camera.verbosity) {
    static const char *const names[] = {[mjpeg] = "MJPEG", [yuyv] = "YUYV", [grey] = "grey"};
    fprintf(stderr, "software-usb-camera: streaming %s %ux%u every %lu us\n", names[format], size->width, size->height,
            (unsigned long)interval_microseconds);
  }
}

void stream_stop(void) {
  if (!streaming) return;
  streaming = false;
  fprintf(stderr, "software-usb-camera: stream ended: %lu frames sent, %lu cut, %lu junk, %lu lost, %lu err\n",
          done.sent, done.cut, done.junk, done.lost, done.err);
}

// A gradient that moves by one level a frame; chroma tells the place in the picture.
static void draw_gradient(void) {
  uint8_t *to = drawn;
  for (unsigned y = 0; y < size->height; y++) {
    for (unsigned x = 0; x < size->width; x++) {
      *to++ = (uint8_t)(16 + (x + frame_number) % 220);
      if (format == yuyv) *to++ = (uint8_t)(x % 2 ? x * 255 / size->width : y * 255 / size->height);
    }
  }
}

// Whether a fault that strikes every Nth frame strikes this one.
static bool strikes(unsigned long every) { return every && frame_number % every == 0; }

static void end_frame(void) {
  frame = NULL;
  done.sent++;
  done.cut += strikes(faults.cut);
  done.junk += strikes(faults.junk);
  done.lost += lost_middle;
  done.err += strikes(faults.err);
}

static void begin_frame(void) {
  frame_number++;
  identity ^= frame_identity;
  position = 0;
  lost_middle = false;
  if (format == mjpeg) {
    struct picture picture = size->pictures[(frame_number - 1) % size->picture_count];
    (void)live_picture(&picture);
    frame = picture.bytes;
    frame_length = picture.length;
    if (strikes(faults.junk)) {
      memset(drawn, 0x5A, frame_length);
      frame = drawn;
    }
  } else {
    draw_gradient();
    frame = drawn;
    frame_length = (size_t)size->width * size->height * bytes_per_pixel(format);
  }
  if (strikes(faults.cut)) frame_length /= 2;
}

// Between two frames: true when the next one has begun.
static bool next_frame(uint64_t when) {
  if (faults.stall && frame_number + 1 >= faults.stall) return false;
  if (when < next_frame_at) return false;
  next_frame_at += interval_microseconds;
  if (next_frame_at < when) next_frame_at = when + interval_microseconds;  // late: drop frames, do not hurry
  if (faults.gone && frame_number + 1 >= faults.gone) {
    unplug_wanted = true;
    return false;
  }
  begin_frame();
  return true;
}

size_t stream_packet(uint8_t *to, size_t room, uint64_t when) {
  if (!streaming || room <= header_bytes) return 0;
  if (!frame && !next_frame(when)) return 0;

  size_t length = frame_length - position;
  if (length > room - header_bytes) length = room - header_bytes;
  to[0] = header_bytes;
  to[1] = end_of_header | identity;
  if (strikes(faults.err)) to[1] |= error_bit;
  memcpy(to + header_bytes, frame + position, length);
  position += length;

  if (strikes(faults.lost) && position > frame_length / 3 && position < frame_length / 2) {
    position = frame_length / 2;
    lost_middle = true;
  }
  if (position >= frame_length) {
    to[1] |= end_of_frame;
    end_frame();
  }
  return header_bytes + length;
}
