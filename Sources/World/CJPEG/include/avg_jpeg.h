// Decoding of JPEG images to RGB with libjpeg. Its warnings say what is wrong with an image; TurboJPEG's interface only
// says that something is. All calls of libjpeg stay in C, because it reports errors by longjmp, which must not cross a
// Swift frame. <https://libjpeg-turbo.org/Documentation/Documentation>
#ifndef AVG_JPEG_H
#define AVG_JPEG_H
#include <stddef.h>
#include <stdint.h>

/// The largest number of extraneous bytes accepted before a marker; some cameras pad for alignment.
#define AVG_JPEG_LARGEST_SURPLUS 8

/// The result of reading an image.
typedef struct {
  /// The size according to the header; 0 if none could be read.
  int32_t width, height;
  /// The reason why it cannot be used, from libjpeg or from the check of the coded data; empty if it can.
  char reason[200];
} avg_jpeg_result;

/// Reads an image's size from its header.
///
/// Returns 0, or -1 with the reason.
int avg_jpeg_read_size(const uint8_t *bytes, size_t count, avg_jpeg_result *result);

/// Decodes an image at `eighths`/8 of its size (1 to 8), rounded up, to `width` * `height` pixels R G B.
///
/// Returns 0, or -1 with the reason; `pixels` are then undefined. An image is refused if a pixel may be wrong:
///
/// * libjpeg reports an error or had to guess: coded data end early or are invalid, restart markers are out of order,
/// or the end marker is missing;
/// * libjpeg skipped bytes before a marker, and a check of the coded data (avg_jpeg_check_scan) shows that these were
/// not merely extraneous.
///
/// Oddities that affect no pixel are accepted: extraneous bytes before a marker, unusual numbers in the headers of
/// JFIF, Adobe, ICC and the scan. Progressive images of more than 500 scans are refused, because they can take hours.
int avg_jpeg_decode(const uint8_t *bytes, size_t count, int32_t eighths, int32_t width, int32_t height, uint8_t *pixels,
                    avg_jpeg_result *result);

#endif
