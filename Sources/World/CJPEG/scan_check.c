#include "scan_check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "avg_jpeg.h"

enum { lookahead = 9, longest_code = 16 };

// A Huffman table (ITU-T T.81, annex C). `entries` is indexed by the next `lookahead` bits: an entry is length << 8 |
// symbol of the code that they begin with, or 0 if that code is longer.
struct table {
  uint16_t entries[1 << lookahead];
  int32_t past_last[longest_code + 1];  // one more than the last code of each length
  int32_t first_symbol[longest_code + 1];  // add a code of this length to get its index in symbols
  const uint8_t *symbols;
};

// libjpeg has validated the counts: no length has more codes than fit in it, and there are at most 256 in all. So
// `first + i` stays below 1 << lookahead, and `symbol` below 256.
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

// The bits of one restart interval, the next one in the highest bit of `bits`.
struct reader {
  const uint8_t *next, *end;
  uint64_t bits;
  int count;
};

static void fill(struct reader *reader) {
  while (reader->count <= 56 && reader->next < reader->end) {
    uint8_t byte = *reader->next++;
    // FF in the data is followed by a stuffed zero, sometimes after fill bytes FF.
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

// Returns the next symbol, or -1 if there is none.
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

// Returns the value of the next `size` bits (EXTEND; T.81, F.2.2.1) without consuming them. Missing bits read as zeros;
// the caller's skip then fails.
static int32_t peek_value(const struct reader *reader, int size) {
  if (size == 0) return 0;
  int32_t value = (int32_t)(reader->bits >> (64 - size));
  return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

// A component's tables and DC predictor.
struct component {
  const struct table *dc, *ac;
  int32_t step;  // of quantisation, of the DC coefficient
  int32_t dc_value;
};

static const char *check_block(struct reader *reader, struct component *component) {
  static const char invalid[] = "coded data end early or are invalid";
  // A DC coefficient is 8 times the block's mean sample, -128 to 127. Encoders exceed that slightly by rounding and
  // filtering.
  enum { largest_dc = 1024 + 256 };
  int size = read_symbol(reader, component->dc);
  if (size < 0 || size > 11) return invalid;
  int32_t difference = peek_value(reader, size);
  if (!skip(reader, size)) return invalid;
  component->dc_value += difference;
  if (abs(component->dc_value) * component->step > largest_dc + component->step) return "a DC coefficient out of range";
  for (int index = 1; index < DCTSIZE2; index++) {
    int symbol = read_symbol(reader, component->ac);
    if (symbol < 0) return invalid;
    if (symbol == 0) return NULL;
    int run = symbol >> 4;
    size = symbol & 15;
    if (size == 0 && run != 15) return invalid;
    index += run;
    if (index >= DCTSIZE2) return "a block of more than 64 coefficients";
    if (!skip(reader, size)) return invalid;
  }
  return NULL;
}

// Returns the first FF of the next marker at or after `from`; `end` if there is none.
static const uint8_t *find_marker(const uint8_t *from, const uint8_t *end) {
  while (from < end && (from = memchr(from, 0xFF, (size_t)(end - from)))) {
    const uint8_t *code = from;
    while (code < end && *code == 0xFF) code++;
    if (code < end && *code != 0) return from;
    from = code;
  }
  return end;
}

// Checks the rest of an interval, which may be padding bits in the last byte and a few extraneous bytes.
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
  for (int i = 0; i < libjpeg->comps_in_scan; i++) components[i].dc_value = 0;
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
    return "bytes before a marker, in an image that is not baseline in a single scan";
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
    // Skip the marker: all its FF and its code, which libjpeg has found to be the right one.
    for (scan = reader.end; scan < end && *scan == 0xFF;) scan++;
    if (scan < end) scan++;
  }
  return NULL;
}
