import AVGImaging

/// The length in bytes of the shortest row of `width` pixels.
func smallestRow(_ format: RawPixelFormat, width: Int) -> Int {
  switch format {
  case .yuyv, .uyvy: (width + 1) / 2 * 4
  case .nv12, .nv21: (width + 1) / 2 * 2
  case .rgb24, .bgr24: 3 * width
  case .rgba32, .bgra32: 4 * width - 1
  case .grey: width
  }
}

/// The index of a pixel's sample, as the kernel's documentation draws each format.
///
/// - Parameter channel: 0…2 for Y Cb Cr or R G B.
func sampleIndex(_ layout: RawImageLayout, row: Int, column: Int, channel: Int) -> Int {
  let start = row * layout.bytesPerRow
  let pair = start + column / 2 * 4
  return switch layout.pixelFormat {
  case .yuyv: channel == 0 ? start + 2 * column : pair + [0, 1, 3][channel]
  case .uyvy: channel == 0 ? start + 2 * column + 1 : pair + [0, 0, 2][channel]
  case .nv12, .nv21:
    channel == 0
      ? start + column
      : (layout.height + row / 2) * layout.bytesPerRow + column / 2 * 2
        + (layout.pixelFormat == .nv12 ? channel - 1 : 2 - channel)
  case .rgb24: start + 3 * column + channel
  case .bgr24: start + 3 * column + 2 - channel
  case .rgba32: start + 4 * column + channel
  case .bgra32: start + 4 * column + 2 - channel
  case .grey: start + column
  }
}

/// An image with these codes, Y Cb Cr or R G B; where pixels share a sample, the last one determines it.
func rawImage(_ layout: RawImageLayout, codes: (_ row: Int, _ column: Int) -> [UInt8]) -> [UInt8] {
  let rows =
    [.nv12, .nv21].contains(layout.pixelFormat) ? layout.height + (layout.height + 1) / 2 : layout.height
  var bytes = [UInt8](repeating: 0xEE, count: rows * layout.bytesPerRow)
  for row in 0..<layout.height {
    for column in 0..<layout.width {
      let codes = codes(row, column)
      for channel in 0..<3 {
        bytes[sampleIndex(layout, row: row, column: column, channel: channel)] = codes[channel]
      }
    }
  }
  return bytes
}
