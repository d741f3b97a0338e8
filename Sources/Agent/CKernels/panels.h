// How the weights of a dense layer lie while a batch goes by: in panels of PANEL columns, [rows, PANEL] one after the
// other, the last one as wide as the columns that are left over, padded with zeros to AVG_CHANNEL_BLOCK. A panel's part
// that is in use stays in the first cache; rows of a matrix that is 256 columns wide would push each other out.
#ifndef AVG_PANELS_H
#define AVG_PANELS_H

#include "include/CKernels.h"

enum {
  PANEL = 32,  ///< two vectors of AVX-512, four of AVX2
  DEPTH = 128  ///< rows of a panel, or samples, at a time: 16 kB
};

/// Columns with their padding.
static inline long padded_columns(long columns) {
  return (columns + AVG_CHANNEL_BLOCK - 1) / AVG_CHANNEL_BLOCK * AVG_CHANNEL_BLOCK;
}

/// The width of the panel that begins at `column`.
static inline long panel_width(long column, long columns) {
  return columns - column < PANEL ? columns - column : PANEL;
}

#endif
