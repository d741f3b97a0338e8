import AVGCore
import CTurboJPEG
import Testing

/// An RGB picture with gradients, edges and noise.
func testPicture(width: Int, height: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = RandomSource(seed: seed, purpose: "picture")
  var pixels: [UInt8] = []
  pixels.reserveCapacity(3 * width * height)
  for row in 0..<height {
    for column in 0..<width {
      let noise = UInt8(random.next() % 24)
      pixels.append(UInt8(column * 200 / width) + noise)
      pixels.append(UInt8(row * 200 / height) + noise)
      pixels.append((column / 16 + row / 16) % 2 == 0 ? 200 : 40 + noise)
    }
  }
  return pixels
}

/// Encodes a picture with TurboJPEG.
func encodeJPEG(
  _ pixels: [UInt8], width: Int, height: Int, subsampling: TJSAMP = TJSAMP_420,
  format: TJPF = TJPF_RGB, flags: Int32 = 0
) throws -> [UInt8] {
  let handle = try #require(tjInitCompress())
  defer { tjDestroy(handle) }
  var buffer: UnsafeMutablePointer<UInt8>?
  var size: UInt = 0
  let status = tjCompress2(
    handle, pixels, Int32(width), 0, Int32(height), format.rawValue, &buffer, &size,
    Int32(subsampling.rawValue), 90, flags)
  defer { tjFree(buffer) }
  try #require(status == 0)
  return Array(UnsafeBufferPointer(start: buffer, count: Int(size)))
}

/// A test picture as JPEG.
func testJPEG(
  width: Int, height: Int, subsampling: TJSAMP = TJSAMP_420, flags: Int32 = 0
) throws -> [UInt8] {
  try encodeJPEG(
    testPicture(width: width, height: height), width: width, height: height, subsampling: subsampling,
    flags: flags)
}

/// Decodes with one plain TurboJPEG call at a given size.
func plainDecode(_ jpeg: [UInt8], to shape: FrameShape) throws -> [UInt8] {
  let handle = try #require(tjInitDecompress())
  defer { tjDestroy(handle) }
  var pixels = [UInt8](repeating: 0, count: shape.byteCount)
  let status = tjDecompress2(
    handle, jpeg, UInt(jpeg.count), &pixels, Int32(shape.width), 0, Int32(shape.height),
    TJPF_RGB.rawValue, 0)
  try #require(status == 0)
  return pixels
}

/// A frame with a pattern and a distinctive stamp, to show whether a failure changes it.
func patternedFrame(shape: FrameShape = .standard) -> Frame {
  var frame = Frame(shape: shape)
  for index in frame.pixels.indices {
    frame.pixels[index] = UInt8(truncatingIfNeeded: index &* 37 &+ 11)
  }
  frame.stamp = FrameStamp(captured: MonotonicInstant(nanoseconds: 42), sequence: 7)
  return frame
}

/// The centre of an image with the aspect ratio of `shape`, shrunk to `shape` in the simplest way: the exact mean of
/// the area of each output pixel, in floating point.
func referenceShrink(
  width: Int, height: Int, to shape: FrameShape, channels: Int = 3,
  sample: (_ row: Int, _ column: Int, _ channel: Int) -> Double
) -> [Double] {
  let keptWidth = min(width, height * shape.width / shape.height)
  let keptHeight = min(height, width * shape.height / shape.width)
  let left = (width - keptWidth) / 2
  let top = (height - keptHeight) / 2
  let scaleX = Double(keptWidth) / Double(shape.width)
  let scaleY = Double(keptHeight) / Double(shape.height)
  var result: [Double] = []
  for row in 0..<shape.height {
    for column in 0..<shape.width {
      let x0 = Double(column) * scaleX
      let y0 = Double(row) * scaleY
      var sums = [Double](repeating: 0, count: channels)
      for y in Int(y0)..<min(keptHeight, Int((y0 + scaleY).rounded(.up))) {
        let coverY = min(Double(y + 1), y0 + scaleY) - max(Double(y), y0)
        for x in Int(x0)..<min(keptWidth, Int((x0 + scaleX).rounded(.up))) {
          let cover = coverY * (min(Double(x + 1), x0 + scaleX) - max(Double(x), x0))
          for channel in 0..<channels {
            sums[channel] += cover * sample(top + y, left + x, channel)
          }
        }
      }
      result += sums.map { $0 / (scaleX * scaleY) }
    }
  }
  return result
}

/// A JPEG image of single-colour blocks, with features that TurboJPEG's encoder never produces: any sampling factors,
/// extraneous bytes before markers, and no Huffman tables (those of ITU-T T.81, annex K, apply).
struct BlockJPEG {
  var width = 640
  var height = 360
  /// Sampling factors of Y, Cb and Cr.
  var sampling: [(across: Int, down: Int)] = [(2, 1), (1, 1), (1, 1)]
  /// Minimum coded units between two restart markers; 0 for none.
  var restartInterval = 0
  /// The bytes inserted after coded data, before each marker.
  var surplus: [UInt8] = []
  /// The bit that pads the last byte of an interval.
  var filler: UInt8 = 1

  /// The luma of a block; Cb and Cr are 90 and 170 everywhere.
  static func luma(row: Int, column: Int) -> Int { 40 + (row * 31 + column * 17) % 150 }

  /// The red, green and blue that a decoder should produce, by JFIF's formulas.
  static func color(row: Int, column: Int) -> [Double] {
    let luma = Double(luma(row: row, column: column))
    return [luma + 1.402 * 42, luma - 0.344136 * -38 - 0.714136 * 42, luma + 1.772 * -38]
  }

  var bytes: [UInt8] {
    let (across, down) = (sampling.map(\.across).max() ?? 1, sampling.map(\.down).max() ?? 1)
    let unitsAcross = (width + 8 * across - 1) / (8 * across)
    let unitCount = unitsAcross * ((height + 8 * down - 1) / (8 * down))
    var writer = BlockWriter(bytes: header)
    var means = [0, 0, 0]
    for unit in 0..<unitCount {
      if restartInterval > 0, unit > 0, unit % restartInterval == 0 {
        writer.endInterval(filler: filler, surplus: surplus)
        writer.bytes += [0xFF, 0xD0 + UInt8((unit / restartInterval - 1) % 8)]
        means = [0, 0, 0]
      }
      for component in 0..<3 {
        for block in 0..<sampling[component].across * sampling[component].down {
          let row = unit / unitsAcross * sampling[component].down + block / sampling[component].across
          let column = unit % unitsAcross * sampling[component].across + block % sampling[component].across
          let mean = [Self.luma(row: row, column: column), 90, 170][component] - 128
          writer.writeBlock(difference: mean - means[component])
          means[component] = mean
        }
      }
    }
    writer.endInterval(filler: filler, surplus: surplus)
    return writer.bytes + [0xFF, 0xD9]
  }

  private var header: [UInt8] {
    func segment(_ code: UInt8, _ content: [UInt8]) -> [UInt8] {
      [0xFF, code, UInt8((content.count + 2) >> 8), UInt8((content.count + 2) & 255)] + content
    }
    func halves(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
    var frame: [UInt8] = [8]
    frame += halves(height)
    frame += halves(width)
    frame.append(3)
    for (index, factors) in sampling.enumerated() {
      frame += [UInt8(index + 1), UInt8(factors.across << 4 | factors.down), 0]
    }
    var bytes: [UInt8] = [0xFF, 0xD8]
    bytes += segment(0xE0, Array("JFIF".utf8) + [0, 1, 1, 0, 0, 1, 0, 1, 0, 0])
    // Quantisation steps of 8, so that the DC coefficient equals the block's mean.
    bytes += segment(0xDB, [0] + [UInt8](repeating: 8, count: 64))
    bytes += segment(0xC0, frame)
    if restartInterval > 0 { bytes += segment(0xDD, halves(restartInterval)) }
    bytes += segment(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
    return bytes
  }
}

/// Writes single-colour blocks with the luma Huffman tables of annex K.
private struct BlockWriter {
  var bytes: [UInt8]
  private var bits = 0
  private var bitCount = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func write(_ value: Int, count: Int) {
    for index in (0..<count).reversed() {
      bits = bits << 1 | value >> index & 1
      bitCount += 1
      guard bitCount == 8 else { continue }
      bytes.append(UInt8(bits))
      if bits == 0xFF { bytes.append(0) }
      (bits, bitCount) = (0, 0)
    }
  }

  mutating func writeBlock(difference: Int) {
    let size = Int.bitWidth - abs(difference).leadingZeroBitCount
    // The code lengths of table K.3: 2, five times 3, then one more each.
    switch size {
    case 0: write(0b00, count: 2)
    case 1...5: write(size + 1, count: 3)
    default: write(1 << (size - 2) - 2, count: size - 2)
    }
    write(difference < 0 ? difference + (1 << size) - 1 : difference, count: size)
    // End of block.
    write(0b1010, count: 4)
  }

  mutating func endInterval(filler: UInt8, surplus: [UInt8]) {
    while bitCount > 0 { write(Int(filler), count: 1) }
    bytes += surplus
  }
}
