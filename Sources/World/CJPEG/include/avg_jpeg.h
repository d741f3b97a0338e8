// JPEG images to RGB with libjpeg, which tells by its warnings what is wrong with an image; TurboJPEG tells only that
// something is. The calls of libjpeg stay in C: its errors are longjmps, which must not cross a Swift frame.
// <https://libjpeg-turbo.org/Documentation/Documentation>
#ifndef AVG_JPEG_H
#define AVG_JPEG_H
#include <stddef.h>
#include <stdint.h>

/// Surplus bytes that may stand before a marker: some cameras align their data so, or are careless.
#define AVG_JPEG_LARGEST_SURPLUS 8

/// What became of an image.
typedef struct {
  /// As its header states; 0 where none could be read.
  int32_t width, height;
  /// Why it cannot be used: libjpeg's words, or those of the check of its coded data; empty if it can.
  char reason[200];
} avg_jpeg_result;

/// Reads an image's size from its header.
///
/// Returns 0, or -1 with the reason.
int avg_jpeg_read_size(const uint8_t *bytes, size_t count, avg_jpeg_result *result);

/// Decodes an image at `eighths`/8 of its size (1 to 8), rounded up, to `width` * `height` pixels R G B.
///
/// Returns 0, or -1 with the reason; `pixels` are then undefined. An image is refused where a pixel may be wrong:
///
/// * libjpeg meets an error, or had to guess: coded data that end early or mean nothing, restart markers out of order,
///   no end marker;
/// * it skipped bytes before a marker, and a check of the coded data (avg_jpeg_check_scan) shows that they are not
///   merely surplus.
///
/// What concerns no pixel is passed over: bytes before a marker that belong to nothing, unusual numbers in the headers
/// of JFIF, Adobe, ICC and the scan. Progressive images of more than 500 scans are refused: they can take hours.
int avg_jpeg_decode(const uint8_t *bytes, size_t count, int32_t eighths, int32_t width, int32_t height, uint8_t *pixels,
                    avg_jpeg_result *result);

#endif
