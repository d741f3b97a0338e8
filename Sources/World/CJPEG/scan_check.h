// Whether the coded data of an image are whole although bytes were skipped before a marker.
#ifndef AVG_JPEG_SCAN_CHECK_H
#define AVG_JPEG_SCAN_CHECK_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

/// Reads the Huffman codes of the one scan that begins at `scan`, by the tables of `libjpeg`, which has decoded it.
///
/// Returns null if the data are whole, else what speaks against it. In damaged data the codes lose their step; then
/// blocks have more than 64 coefficients, or mean values run out of range, which libjpeg lets pass; and an interval
/// between restart markers does not end where it should. Surplus bytes change none of this. Of progressive and
/// arithmetically coded images and those in several scans, which no camera sends, nothing is known: they are not whole.
const char *avg_jpeg_check_scan(const struct jpeg_decompress_struct *libjpeg, const uint8_t *scan, const uint8_t *end);

#endif
