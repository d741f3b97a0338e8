// A check that an image's coded data are intact although libjpeg skipped bytes before a marker.
#ifndef AVG_JPEG_SCAN_CHECK_H
#define AVG_JPEG_SCAN_CHECK_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

/// Decodes the Huffman codes of the single scan that starts at `scan`, with the tables of `libjpeg`, which has already
/// decoded it.
///
/// Returns null if the data are intact, otherwise the problem found. Damaged data put a Huffman decoder out of step. It
/// then soon meets a block with more than 64 coefficients or a DC coefficient out of range, both of which libjpeg
/// tolerates, or an interval that does not end at its restart marker. Extraneous bytes before a marker cause none of
/// these. Progressive, arithmetically coded and multi-scan images, which no camera sends, are not checked; they count
/// as damaged.
const char *avg_jpeg_check_scan(const struct jpeg_decompress_struct *libjpeg, const uint8_t *scan, const uint8_t *end);

#endif
