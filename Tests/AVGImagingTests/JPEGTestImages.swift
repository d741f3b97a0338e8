import AVGCore
import CTurboJPEG
import Testing

/// A picture with smooth parts, edges and noise, RGB.
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

/// A frame with a pattern and a stamp of its own, to see whether a failure touches it.
func patternedFrame(shape: FrameShape = .standard) -> Frame {
  var frame = Frame(shape: shape)
  for index in frame.pixels.indices {
    frame.pixels[index] = UInt8(truncatingIfNeeded: index &* 37 &+ 11)
  }
  frame.stamp = FrameStamp(captured: MonotonicInstant(nanoseconds: 42), sequence: 7)
  return frame
}

/// The centre of an image with `shape`'s aspect ratio shrunk to `shape`, in the plainest way: an exact mean of
/// the area under each output pixel, in floating point.
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
