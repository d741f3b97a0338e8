#include "scan_check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "avg_jpeg.h"

enum { lookahead = 9, longest_code = 16 };

// A Huffman table (ITU-T T.81, annex C). An entry is length << 8 | symbol, of a code of up to `lookahead` bits with
// anything behind it; 0 where the code is longer.
struct table {
  uint16_t entries[1 << lookahead];
  int32_t past_last[longest_code + 1];  // the code behind the last of each length
  int32_t first_symbol[longest_code + 1];  // to be added to a code of that length
  const uint8_t *symbols;
};

// libjpeg has looked at the counts: no length has more codes than it can have, and there are at most 256.
static void build(struct table *table, const JHUFF_TBL *source) {
  memset(table->entries, 0, sizeof table->entries);
  table->symbols = source->huffval;
  int32_t code = 0, symbol = 0;
  for (int length = 1; length <= longest_code; length++, code <<= 1) {
    table->first_symbol[length] = symbol - code;
    for (int left = source->bits[length]; left > 0; left--, code++, symbol++) {
      if (length > lookahead) continue;
      int first = code << (lookahead - length);
      for (int i = 0; i < 1 << (lookahead - length); i++) {
        table->entries[first + i] = (uint16_t)(length << 8 | source->huffval[symbol]);
      }
    }
    table->past_last[length] = code;
  }
}

// The bits of an interval, the next one the highest.
struct reader {
  const uint8_t *next, *end;
  uint64_t bits;
  int count;
};

static void fill(struct reader *reader) {
  while (reader->count <= 56 && reader->next < reader->end) {
    uint8_t byte = *reader->next++;
    // FF in the data has a zero behind it, at times after more FF.
    if (byte == 0xFF) {
      while (reader->next < reader->end && *reader->next == 0xFF) reader->next++;
      if (reader->next < reader->end) reader->next++;
    }
    reader->bits |= (uint64_t)byte << (56 - reader->count);
    reader->count += 8;
  }
}

static bool skip(struct reader *reader, int count) {
  if (count > reader->count) return false;
  reader->bits = count < 64 ? reader->bits << count : 0;
  reader->count -= count;
  return true;
}

// The next symbol; -1 if there is none.
static int read_symbol(struct reader *reader, const struct table *table) {
  if (reader->count < 32) fill(reader);
  uint16_t entry = table->entries[reader->bits >> (64 - lookahead)];
  if (entry) return skip(reader, entry >> 8) ? entry & 0xFF : -1;
  for (int length = lookahead + 1; length <= longest_code; length++) {
    int32_t code = (int32_t)(reader->bits >> (64 - length));
    if (code < table->past_last[length]) {
      return skip(reader, length) ? table->symbols[(code + table->first_symbol[length]) & 0xFF] : -1;
    }
  }
  return -1;
}

// Reads the size bits of a coefficient (T.81, F.2.2.1); the caller knows that they are there.
static int32_t extend(const struct reader *reader, int size) {
  if (size == 0) return 0;
  int32_t value = (int32_t)(reader->bits >> (64 - size));
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

// A component's tables and the last mean value.
struct component {
  const struct table *dc, *ac;
  int32_t step;  // of quantisation
  int32_t mean;
};

static const char *check_block(struct reader *reader, struct component *component) {
  static const char early[] = "coded data end early or mean nothing";
  // 8 times a sample of -128 to 127; encoders' rounding and filters may go beyond it by some.
  enum { largest_mean = 1024 + 256 };
  int size = read_symbol(reader, component->dc);
  if (size < 0 || size > 11) return early;
  int32_t difference = extend(reader, size);
  if (!skip(reader, size)) return early;
  component->mean += difference;
  if (abs(component->mean) * component->step > largest_mean + component->step) return "a mean value out of range";
  for (int index = 1; index < DCTSIZE2; index++) {
    int symbol = read_symbol(reader, component->ac);
    if (symbol < 0) return early;
    if (symbol == 0) return NULL;
    int run = symbol >> 4;
    size = symbol & 15;
    if (size == 0 && run != 15) return early;
    index += run;
    if (index >= DCTSIZE2) return "a block of more than 64 coefficients";
    if (!skip(reader, size)) return early;
  }
  return NULL;
}

// The first FF of the marker at or behind `from`; `end` if there is none.
static const uint8_t *find_marker(const uint8_t *from, const uint8_t *end) {
  while (from < end && (from = memchr(from, 0xFF, (size_t)(end - from)))) {
    const uint8_t *code = from;
    while (code < end && *code == 0xFF) code++;
    if (code < end && *code != 0) return from;
    from = code;
  }
  return end;
}

// What is left of an interval: bits that fill its last byte, whatever they are, and surplus bytes.
static const char *check_rest(struct reader *reader) {
  int surplus = 0;
  skip(reader, reader->count % 8);
  for (fill(reader); reader->count > 0; fill(reader)) {
    surplus += reader->count / 8;
    skip(reader, reader->count);
    if (surplus > AVG_JPEG_LARGEST_SURPLUS) return "too many bytes before a marker";
  }
  return NULL;
}

static const char *check_interval(const struct jpeg_decompress_struct *libjpeg, struct reader *reader,
                                  struct component *components, unsigned long units) {
  const char *problem = NULL;
  for (int i = 0; i < libjpeg->comps_in_scan; i++) components[i].mean = 0;
  for (; units > 0; units--) {
    for (int block = 0; block < libjpeg->blocks_in_MCU; block++) {
      problem = check_block(reader, &components[libjpeg->MCU_membership[block]]);
      if (problem) return problem;
    }
  }
  return check_rest(reader);
}

const char *avg_jpeg_check_scan(const struct jpeg_decompress_struct *libjpeg, const uint8_t *scan, const uint8_t *end) {
  struct table tables[2 * NUM_HUFF_TBLS];
  struct component components[MAX_COMPS_IN_SCAN];
  if (libjpeg->progressive_mode || libjpeg->arith_code || libjpeg->comps_in_scan != libjpeg->num_components) {
    return "bytes before a marker, in an image that is not of a camera's kind";
  }
  for (int i = 0; i < libjpeg->comps_in_scan; i++) {
    const jpeg_component_info *source = libjpeg->cur_comp_info[i];
    struct table *dc = &tables[source->dc_tbl_no], *ac = &tables[NUM_HUFF_TBLS + source->ac_tbl_no];
    build(dc, libjpeg->dc_huff_tbl_ptrs[source->dc_tbl_no]);
    build(ac, libjpeg->ac_huff_tbl_ptrs[source->ac_tbl_no]);
    components[i] = (struct component){.dc = dc, .ac = ac, .step = source->quant_table->quantval[0]};
  }
  unsigned long left = (unsigned long)libjpeg->MCUs_per_row * libjpeg->MCU_rows_in_scan;
  while (left > 0) {
    unsigned long units = libjpeg->restart_interval && libjpeg->restart_interval < left ? libjpeg->restart_interval : left;
    struct reader reader = {.next = scan, .end = find_marker(scan, end)};
    const char *problem = check_interval(libjpeg, &reader, components, units);
    if (problem) return problem;
    left -= units;
    // Behind the marker: all FF of it, and its code, which libjpeg has found to be the right one.
    for (scan = reader.end; scan < end && *scan == 0xFF;) scan++;
    if (scan < end) scan++;
  }
  return NULL;
}
