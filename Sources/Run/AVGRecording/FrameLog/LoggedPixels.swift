import AVGCore
import AVGImaging

/// A pixel encoding of an uncompressed image in a log, by its name in ROS and Foxglove.
///
/// Sources: sensor_msgs/image_encodings.hpp; <https://docs.foxglove.dev/docs/visualization/message-schemas/raw-image>.
struct LoggedPixels {
  /// The order of the samples in memory.
  private enum Order {
    case raw(RawPixelFormat)
    /// A Bayer pattern: the channel (0 red, 1 green, 2 blue) of each pixel in a block of 2 × 2, row by row.
    case bayer([Int])
  }

  private let order: Order
  /// Whether samples have 16 bits, little-endian.
  let isWide: Bool
  /// Whether there is a single channel.
  let isGrey: Bool

  /// The encoding with this name; nil if it is not supported.
  init?(_ name: String) {
    let name = name.lowercased()
    if let order = Self.bayerOrders[name.hasPrefix("bayer_") ? String(name.dropFirst(6).prefix(4)) : ""],
      name.hasSuffix("8") && name.count == 11 || name.hasSuffix("16") && name.count == 12
    {
      (self.order, isWide, isGrey) = (.bayer(order), name.hasSuffix("16"), false)
      return
    }
    guard let format = Self.formats[name] ?? Self.wideFormats[name] else { return nil }
    (order, isWide, isGrey) = (.raw(format), Self.wideFormats[name] != nil, format == .grey)
  }

  /// The supported names, for messages.
  static let names =
    (formats.keys.map { String($0) } + wideFormats.keys).sorted().joined(separator: ", ")
    + ", bayer_{rggb, bggr, gbrg, grbg}{8, 16}"

  private static let formats: [String: RawPixelFormat] = [
    "rgb8": .rgb24, "bgr8": .bgr24, "rgba8": .rgba32, "bgra8": .bgra32, "mono8": .grey, "8uc1": .grey,
    "8uc3": .bgr24, "8uc4": .bgra32, "yuyv": .yuyv, "yuv422_yuy2": .yuyv, "uyvy": .uyvy, "yuv422": .uyvy,
    "nv12": .nv12, "nv21": .nv21,
  ]

  private static let wideFormats: [String: RawPixelFormat] = [
    "mono16": .grey, "rgb16": .rgb24, "bgr16": .bgr24, "rgba16": .rgba32, "bgra16": .bgra32, "16uc3": .bgr24,
    "16uc4": .bgra32,
  ]

  private static let bayerOrders = [
    "rggb": [0, 1, 1, 2], "bggr": [2, 1, 1, 0], "gbrg": [1, 2, 0, 1], "grbg": [1, 0, 2, 1],
  ]

  /// Converts an image to 8 bits a sample, in a layout that `RawImageConverter` supports.
  ///
  /// - Parameter bytesPerRow: the distance between two rows of `bytes`.
  func unpacked(
    _ bytes: [UInt8], width: Int, height: Int, bytesPerRow: Int
  ) throws(RawImageError) -> (bytes: [UInt8], layout: RawImageLayout) {
    var (bytes, bytesPerRow) = (bytes, bytesPerRow)
    if isWide {
      // Rows of an odd length would split a sample.
      guard bytesPerRow % 2 == 0 else { throw .unusableLayout(layout(.grey, width, height, bytesPerRow)) }
      bytes = Self.narrowed(bytes)
      bytesPerRow /= 2
    }
    switch order {
    case .raw(let format): return (bytes, layout(format, width, height, bytesPerRow))
    case .bayer(let channels):
      let mosaic = layout(.grey, width, height, bytesPerRow)
      return try Self.blocks(bytes, mosaic, channels)
    }
  }

  private func layout(_ format: RawPixelFormat, _ width: Int, _ height: Int, _ bytesPerRow: Int)
    -> RawImageLayout
  {
    RawImageLayout(format, width: width, height: height, bytesPerRow: bytesPerRow)
  }

  /// Converts 16-bit samples to 8 bits, rounded: 65535 becomes 255.
  private static func narrowed(_ bytes: [UInt8]) -> [UInt8] {
    var samples = [UInt8](repeating: 0, count: bytes.count / 2)
    for index in samples.indices {
      samples[index] = UInt8((UInt32(bytes[2 * index]) + UInt32(bytes[2 * index + 1]) << 8 + 128) / 257)
    }
    return samples
  }

  /// Converts a Bayer mosaic to one pixel for each block of 2 × 2, with the mean of the two greens; an odd last column
  /// or row is dropped.
  private static func blocks(
    _ bytes: [UInt8], _ mosaic: RawImageLayout, _ channels: [Int]
  ) throws(RawImageError) -> (bytes: [UInt8], layout: RawImageLayout) {
    let (width, height, bytesPerRow) = (mosaic.width / 2, mosaic.height / 2, mosaic.bytesPerRow)
    guard ImageLimits.allow(width: mosaic.width, height: mosaic.height, for: FrameShape(height: 2, width: 2)),
      bytesPerRow >= mosaic.width, bytesPerRow <= Int(UInt32.max)
    else { throw .unusableLayout(mosaic) }
    let expected = (mosaic.height - 1) * bytesPerRow + mosaic.width
    guard bytes.count >= expected else { throw .truncated(byteCount: bytes.count, expected: expected) }
    var pixels = [UInt8](repeating: 0, count: 3 * width * height)
    for row in 0..<height {
      for column in 0..<width {
        let first = 2 * row * bytesPerRow + 2 * column
        var sums = [0, 0, 0] as InlineArray<3, UInt16>
        sums[channels[0]] += UInt16(bytes[first])
        sums[channels[1]] += UInt16(bytes[first + 1])
        sums[channels[2]] += UInt16(bytes[first + bytesPerRow])
        sums[channels[3]] += UInt16(bytes[first + bytesPerRow + 1])
        let pixel = 3 * (row * width + column)
        pixels[pixel] = UInt8(sums[0])
        pixels[pixel + 1] = UInt8((sums[1] + 1) / 2)
        pixels[pixel + 2] = UInt8(sums[2])
      }
    }
    return (pixels, RawImageLayout(.rgb24, width: width, height: height, bytesPerRow: 3 * width))
  }
}
