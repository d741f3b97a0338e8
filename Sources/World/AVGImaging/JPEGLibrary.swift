import AVGCore
import CJPEG

/// libjpeg's decompressor. Each call makes a new one, so that the result depends on the image's bytes alone.
enum JPEGLibrary {
  /// A scale that libjpeg applies while decoding.
  struct Scale {
    /// The scale in eighths, 1 to 8.
    var eighths: Int32
    /// The image's size at this scale.
    var shape: FrameShape
  }

  /// The smallest scale at which an image of this size covers `shape`; nil if it is smaller than `shape` at full size.
  static func scale(width: Int, height: Int, covering shape: FrameShape) -> Scale? {
    (1...8).lazy.map { eighths in
      // libjpeg rounds up.
      Scale(
        eighths: Int32(eighths),
        shape: FrameShape(height: (height * eighths + 7) / 8, width: (width * eighths + 7) / 8))
    }.first { $0.shape.height >= shape.height && $0.shape.width >= shape.width }
  }

  /// The width and height according to the image's header.
  static func size(of image: UnsafeRawBufferPointer) throws(JPEGError) -> (width: Int, height: Int) {
    var result = avg_jpeg_result()
    guard
      avg_jpeg_read_size(image.bindMemory(to: UInt8.self).baseAddress, image.count, &result) == 0
    else { throw failure(of: image, result) }
    return (Int(result.width), Int(result.height))
  }

  /// Decodes `image` to RGB; after an error the contents of `pixels` are undefined.
  static func decode(
    _ image: UnsafeRawBufferPointer, at scale: Scale, into pixels: inout [UInt8]
  ) throws(JPEGError) {
    let shape = scale.shape
    precondition(pixels.count >= shape.byteCount, "buffer of \(pixels.count) bytes cannot take \(shape)")
    var result = avg_jpeg_result()
    let status = pixels.withUnsafeMutableBufferPointer {
      avg_jpeg_decode(
        image.bindMemory(to: UInt8.self).baseAddress, image.count, scale.eighths, Int32(shape.width),
        Int32(shape.height), $0.baseAddress, &result)
    }
    guard status == 0 else { throw failure(of: image, result) }
  }

  /// The error for the call that just failed on `image`.
  private static func failure(of image: UnsafeRawBufferPointer, _ result: avg_jpeg_result) -> JPEGError {
    // Some cameras pad their images with zeros, so the end marker may be followed by some.
    let content = image.prefix((image.lastIndex { $0 != 0 } ?? -1) + 1)
    let startMarker: [UInt8] = [0xFF, 0xD8]
    let endMarker: [UInt8] = [0xFF, 0xD9]
    if content.starts(with: startMarker), !content.suffix(2).elementsEqual(endMarker) {
      return .truncated(byteCount: image.count)
    }
    let reason = withUnsafeBytes(of: result.reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return .damaged(byteCount: image.count, reason: reason)
  }
}
