public import AVGCore
import CPNG

/// PNG files of 8-bit RGB images, through libpng's simplified interface.
///
/// That interface catches libpng's `longjmp` on its own side, so that none crosses a Swift frame.
public enum PNG {
  /// The most pixels a file may announce; a wicked header must not make us ask for terabytes.
  static let largestPixelCount = 1 << 26

  /// The image [height, width, 3] as the bytes of a PNG file.
  public static func encode(_ frame: borrowing Frame) throws(PNGError) -> [UInt8] {
    let subject = "PNG of \(frame.shape.width) × \(frame.shape.height)"
    var image = header(of: frame.shape)
    defer { png_image_free(&image) }
    // A first pass without memory tells how much the second needs.
    var byteCount: png_alloc_size_t = 0
    guard png_image_write_to_memory(&image, nil, &byteCount, 0, frame.pixels, 0, nil) != 0 else {
      throw .notWritten(subject: subject, reason: message(of: image))
    }
    var bytes = [UInt8](repeating: 0, count: Int(byteCount))
    guard png_image_write_to_memory(&image, &bytes, &byteCount, 0, frame.pixels, 0, nil) != 0 else {
      throw .notWritten(subject: subject, reason: message(of: image))
    }
    bytes.removeLast(bytes.count - Int(byteCount))
    return bytes
  }

  /// Writes the image [height, width, 3] as a PNG file at `path`, over what lies there.
  public static func write(_ frame: borrowing Frame, to path: String) throws(PNGError) {
    var image = header(of: frame.shape)
    defer { png_image_free(&image) }
    guard png_image_write_to_file(&image, path, 0, frame.pixels, 0, nil) != 0 else {
      throw .notWritten(subject: path, reason: message(of: image))
    }
  }

  /// The image in the bytes of a PNG file; grey, palette and 16-bit files are converted, and what is
  /// transparent is laid on black.
  ///
  /// - Parameter subject: what the bytes are called in errors.
  public static func decode(_ bytes: [UInt8], subject: String = "PNG data") throws(PNGError) -> Frame {
    var image = emptyHeader()
    defer { png_image_free(&image) }
    // libpng reads from `bytes` again when it finishes, so both calls stand under one pointer.
    let frame = bytes.withUnsafeBytes { memory -> Frame? in
      png_image_begin_read_from_memory(&image, memory.baseAddress, memory.count) != 0
        ? finishReading(&image) : nil
    }
    guard let frame else { throw .notRead(subject: subject, reason: message(of: image)) }
    return frame
  }

  /// The image in the PNG file at `path`, converted as `decode` does.
  public static func read(_ path: String) throws(PNGError) -> Frame {
    var image = emptyHeader()
    defer { png_image_free(&image) }
    guard png_image_begin_read_from_file(&image, path) != 0, let frame = finishReading(&image) else {
      throw .notRead(subject: path, reason: message(of: image))
    }
    return frame
  }

  private static func emptyHeader() -> png_image {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    return image
  }

  private static func header(of shape: FrameShape) -> png_image {
    var image = emptyHeader()
    image.width = png_uint_32(shape.width)
    image.height = png_uint_32(shape.height)
    image.format = png_uint_32(PNG_FORMAT_RGB)
    return image
  }

  /// The pixels of an image whose header is read; nil if they are broken or too many.
  private static func finishReading(_ image: inout png_image) -> Frame? {
    let shape = FrameShape(height: Int(image.height), width: Int(image.width))
    guard shape.height * shape.width <= largestPixelCount else { return nil }
    image.format = png_uint_32(PNG_FORMAT_RGB)
    var frame = Frame(shape: shape)
    return png_image_finish_read(&image, nil, &frame.pixels, 0, nil) != 0 ? frame : nil
  }

  /// libpng's own words for what went wrong.
  private static func message(of image: png_image) -> String {
    let words = withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return words.isEmpty ? "more than \(largestPixelCount) pixels" : words
  }
}

/// What can go wrong with a PNG file.
public enum PNGError: Error, Hashable, CustomStringConvertible {
  /// The file or the bytes are no whole PNG image of a bearable size.
  case notRead(subject: String, reason: String)
  /// The image could not be stored.
  case notWritten(subject: String, reason: String)

  /// What failed, why, and what to do.
  public var description: String {
    switch self {
    case .notRead(let subject, let reason):
      "\(subject): cannot read the PNG image: \(reason). Check that the file is whole."
    case .notWritten(let subject, let reason):
      "\(subject): cannot write the PNG image: \(reason). Check the folder and the space left."
    }
  }
}
