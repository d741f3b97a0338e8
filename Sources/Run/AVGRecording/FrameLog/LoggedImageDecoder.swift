public import AVGCore
import AVGImaging
import Foundation

/// A decoder of logged images of any size to frames.
///
/// JPEG images are decoded exactly as a camera's, so replay gives the same bits. An image of the frame's shape is
/// copied, and a smaller one is first enlarged by an integer factor.
public struct LoggedImageDecoder: ~Copyable {
  private var jpeg = JPEGDecoder()
  private var converter: (layout: RawImageLayout, converter: RawImageConverter)?

  /// Makes a decoder, to keep for many images.
  public init() {}

  /// Decodes an image into the pixels of `frame`.
  ///
  /// - Returns: the problem, with `frame` unchanged; nil on success.
  public mutating func decode(_ image: SourceImage?, into frame: inout Frame) -> String? {
    do {
      switch image {
      case .compressed(let bytes, let format)?: try decode(bytes, format: format, into: &frame)
      case .raw(let bytes, let width, let height, let step, let encoding)?:
        guard let pixels = LoggedPixels(encoding) else {
          return "its encoding is '\(encoding)'; supported are \(LoggedPixels.names)"
        }
        let unpacked = try pixels.unpacked(bytes, width: width, height: height, bytesPerRow: step)
        try decode(unpacked.bytes, unpacked.layout, into: &frame)
      case nil: return "its message contains no image"
      }
      return nil
    } catch { return "\(error)" }
  }

  /// Full range for RGB and grey; limited range for luma formats, as cameras send them.
  private static func encoding(_ layout: RawImageLayout) -> ColorEncoding {
    let isLuma = [.yuyv, .uyvy, .nv12, .nv21].contains(layout.pixelFormat)
    return ColorEncoding(range: isLuma ? .limited : .full)
  }

  private mutating func decode(_ bytes: [UInt8], format: String, into frame: inout Frame) throws {
    guard !bytes.isEmpty else { throw Unreadable(description: "it is empty") }
    // ROS writes formats such as "rgb8; jpeg compressed bgr8", or "16UC1; png compressed " for depth images.
    if let original = SourceImage.original(format)?.lowercased(), ["16uc1", "32fc1"].contains(original) {
      throw Unreadable(description: "its format is '\(format)', a depth image")
    }
    guard bytes.starts(with: [0xFF, 0xD8]) else {
      if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
        let picture = try PNG.decode(bytes)
        return try scale(picture, into: &frame)
      }
      throw Unreadable(description: "its format is '\(format)'; supported are jpeg and png")
    }
    do {
      try bytes.withUnsafeBytes { try jpeg.decode($0, into: &frame) }
    } catch JPEGError.unusableSize(let width, let height)
      where width > 0 && height > 0 && (width < frame.shape.width || height < frame.shape.height)
    {
      var whole = Frame(shape: FrameShape(height: height, width: width))
      try bytes.withUnsafeBytes { try jpeg.decode($0, into: &whole) }
      try scale(whole, into: &frame)
    }
  }

  private mutating func scale(_ picture: Frame, into frame: inout Frame) throws {
    let (width, height) = (picture.shape.width, picture.shape.height)
    try decode(
      picture.pixels, RawImageLayout(.rgb24, width: width, height: height, bytesPerRow: 3 * width),
      into: &frame)
  }

  private mutating func decode(_ bytes: [UInt8], _ layout: RawImageLayout, into frame: inout Frame) throws {
    let shape = frame.shape
    if layout
      == RawImageLayout(.rgb24, width: shape.width, height: shape.height, bytesPerRow: 3 * shape.width)
    {
      guard bytes.count == shape.byteCount else {
        throw RawImageError.truncated(byteCount: bytes.count, expected: shape.byteCount)
      }
      frame.pixels = bytes
      return
    }
    let isSmall = layout.width < shape.width || layout.height < shape.height
    guard !isSmall else { return try enlarge(bytes, layout, into: &frame) }
    if converter?.layout != layout {
      converter = (layout, try RawImageConverter(layout, encoding: Self.encoding(layout), shape: shape))
    }
    try bytes.withUnsafeBytes { bytes in try converter?.converter.convert(bytes, into: &frame) }
  }

  /// Converts an image at its own size, repeats its pixels until it covers the frame, and shrinks the result.
  private mutating func enlarge(_ bytes: [UInt8], _ layout: RawImageLayout, into frame: inout Frame) throws {
    // Checked before allocating, because the size comes from the file.
    guard ImageLimits.allow(width: layout.width, height: layout.height, for: FrameShape(height: 1, width: 1))
    else { throw RawImageError.unusableLayout(layout) }
    let small = FrameShape(height: layout.height, width: layout.width)
    let factor = max(
      (frame.shape.width + small.width - 1) / small.width,
      (frame.shape.height + small.height - 1) / small.height)
    guard factor * max(small.width, small.height) <= ImageLimits.maximumSide else {
      throw RawImageError.unusableLayout(layout)
    }
    var whole = Frame(shape: small)
    var own = try RawImageConverter(layout, encoding: Self.encoding(layout), shape: small)
    try bytes.withUnsafeBytes { bytes in try own.convert(bytes, into: &whole) }
    var large = Frame(shape: FrameShape(height: small.height * factor, width: small.width * factor))
    for row in 0..<large.shape.height {
      for column in 0..<large.shape.width {
        let source = 3 * (row / factor * small.width + column / factor)
        let target = 3 * (row * large.shape.width + column)
        for channel in 0..<3 { large.pixels[target + channel] = whole.pixels[source + channel] }
      }
    }
    try scale(large, into: &frame)
  }

  private struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }
}

extension SourceImage {
  /// Whether the image has a single channel, according to its header.
  var isGrey: Bool {
    switch self {
    case .raw(_, _, _, _, let encoding): return LoggedPixels(encoding)?.isGrey == true
    case .compressed(let bytes, let format):
      if let original = Self.original(format), let pixels = LoggedPixels(original) { return pixels.isGrey }
      // PNG's colour type: 0 and 4 are grey.
      if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), bytes.count > 25 {
        return [0, 4].contains(bytes[25])
      }
      return JPEGDecoder.isGrey(bytes) == true
    }
  }

  /// The encoding before compression, if ROS's format string names one.
  fileprivate static func original(_ format: String) -> String? {
    guard let end = format.firstIndex(of: ";") else { return nil }
    return format[..<end].trimmingCharacters(in: .whitespaces)
  }
}
