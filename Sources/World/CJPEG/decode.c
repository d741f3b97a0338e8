#include "avg_jpeg.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "scan_check.h"

enum { max_scans = 500 };

struct decoder {
  struct jpeg_decompress_struct libjpeg;  // must be first: callbacks cast libjpeg's pointer to struct decoder
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  avg_jpeg_result *result;
  bool skipped_bytes;  // before a marker
};

static void escape_from(j_common_ptr libjpeg) {
  struct decoder *decoder = (struct decoder *)libjpeg;
  _Static_assert(sizeof decoder->result->reason >= JMSG_LENGTH_MAX, "room for libjpeg's longest message");
  decoder->errors.format_message(libjpeg, decoder->result->reason);
  longjmp(decoder->escape, 1);
}

// libjpeg's emit_message: a negative level is a warning, others are trace messages. Warnings that affect no pixel are
// ignored; skipped bytes are remembered and checked after decoding; every other warning means damage and aborts.
static void emit_message(j_common_ptr libjpeg, int level) {
  struct decoder *decoder = (struct decoder *)libjpeg;
  if (level >= 0) return;
  switch (decoder->errors.msg_code) {
    case JWRN_EXTRANEOUS_DATA: decoder->skipped_bytes = true; break;
    // Unusual headers; the pixels are not affected.
    case JWRN_ADOBE_XFORM: case JWRN_BOGUS_ICC: case JWRN_JFIF_MAJOR: case JWRN_NOT_SEQUENTIAL: break;
    default: escape_from(libjpeg);
  }
}

static void limit_scans(j_common_ptr libjpeg) {
  struct decoder *decoder = (struct decoder *)libjpeg;
  if (decoder->libjpeg.input_scan_number <= max_scans) return;
  snprintf(decoder->result->reason, sizeof decoder->result->reason, "more than %d scans", max_scans);
  longjmp(decoder->escape, 1);
}

static void start(struct decoder *decoder, const uint8_t *bytes, size_t count) {
  jpeg_create_decompress(&decoder->libjpeg);
  decoder->progress.progress_monitor = limit_scans;
  decoder->libjpeg.progress = &decoder->progress;
  jpeg_mem_src(&decoder->libjpeg, bytes, count);
  jpeg_read_header(&decoder->libjpeg, TRUE);
  decoder->result->width = (int32_t)decoder->libjpeg.image_width;
  decoder->result->height = (int32_t)decoder->libjpeg.image_height;
}

// Must precede the first call of libjpeg, whose errors need a handler.
static void prepare(struct decoder *decoder, avg_jpeg_result *result) {
  memset(decoder, 0, sizeof *decoder);
  memset(result, 0, sizeof *result);
  decoder->result = result;
  decoder->libjpeg.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = escape_from;
  decoder->errors.emit_message = emit_message;
}

// Each image gets a new decompressor. A reused one would keep tables from damaged images and then refuse intact ones.
int avg_jpeg_read_size(const uint8_t *bytes, size_t count, avg_jpeg_result *result) {
  struct decoder decoder;
  int status = -1;
  prepare(&decoder, result);
  if (setjmp(decoder.escape) == 0) {
    start(&decoder, bytes, count);
    status = 0;
  }
  jpeg_destroy_decompress(&decoder.libjpeg);
  return status;
}

static void decode(struct decoder *decoder, const uint8_t *bytes, size_t count, int32_t eighths, int32_t width,
                   int32_t height, uint8_t *pixels) {
  struct jpeg_decompress_struct *libjpeg = &decoder->libjpeg;
  start(decoder, bytes, count);
  const uint8_t *scan = libjpeg->src->next_input_byte;
  libjpeg->out_color_space = JCS_EXT_RGB;
  libjpeg->scale_num = (unsigned)eighths;
  libjpeg->scale_denom = 8;
  jpeg_start_decompress(libjpeg);
  if (libjpeg->output_width != (JDIMENSION)width || libjpeg->output_height != (JDIMENSION)height) {
    ERREXIT(libjpeg, JERR_BAD_LENGTH);
  }
  while (libjpeg->output_scanline < libjpeg->output_height) {
    JSAMPROW row = pixels + 3 * (size_t)width * libjpeg->output_scanline;
    jpeg_read_scanlines(libjpeg, &row, 1);
  }
  // Read on to the end marker, so that damage after the last row is found too. jpeg_finish_decompress would do the
  // same, but also reset the tables that the check below needs.
  while (jpeg_consume_input(libjpeg) != JPEG_REACHED_EOI) continue;
  if (!decoder->skipped_bytes) return;
  const char *problem = avg_jpeg_check_scan(libjpeg, scan, bytes + count);
  if (!problem) return;
  snprintf(decoder->result->reason, sizeof decoder->result->reason, "%s", problem);
  longjmp(decoder->escape, 1);
}

int avg_jpeg_decode(const uint8_t *bytes, size_t count, int32_t eighths, int32_t width, int32_t height, uint8_t *pixels,
                    avg_jpeg_result *result) {
  struct decoder decoder;
  int status = -1;
  prepare(&decoder, result);
  if (setjmp(decoder.escape) == 0) {
    decode(&decoder, bytes, count, eighths, width, height, pixels);
    status = 0;
  }
  jpeg_destroy_decompress(&decoder.libjpeg);
  return status;
}
