public import AVGCore
import CPNG

/// Reading and writing of PNG files of 8-bit RGB images, through libpng's simplified interface.
///
/// That interface catches libpng's `longjmp` inside the library, so that none crosses a Swift frame.
public enum PNG {
  /// The largest number of pixels accepted, so that a malicious header cannot make us allocate terabytes.
  static let largestPixelCount = 1 << 26

  /// Encodes an image [height, width, 3] as a PNG file.
  public static func encode(_ frame: borrowing Frame) throws(PNGError) -> [UInt8] {
    let subject = "PNG of \(frame.shape.width) × \(frame.shape.height)"
    var image = header(of: frame.shape)
    defer { png_image_free(&image) }
    // A first pass without memory computes the size for the second.
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

  /// Writes an image [height, width, 3] as a PNG file, replacing any file at `path`.
  public static func write(_ frame: borrowing Frame, to path: String) throws(PNGError) {
    var image = header(of: frame.shape)
    defer { png_image_free(&image) }
    guard png_image_write_to_file(&image, path, 0, frame.pixels, 0, nil) != 0 else {
      throw .notWritten(subject: path, reason: message(of: image))
    }
  }

  /// Decodes a PNG file. Grey, palette and 16-bit images are converted, and transparent pixels are composited on black.
  ///
  /// - Parameter subject: the name of the bytes in errors.
  public static func decode(_ bytes: [UInt8], subject: String = "PNG data") throws(PNGError) -> Frame {
    var image = emptyHeader()
    defer { png_image_free(&image) }
    // libpng reads `bytes` again when it finishes, so both calls must be inside the same pointer scope.
    let frame = bytes.withUnsafeBytes { memory -> Frame? in
      png_image_begin_read_from_memory(&image, memory.baseAddress, memory.count) != 0
        ? finishReading(&image) : nil
    }
    guard let frame else { throw .notRead(subject: subject, reason: message(of: image)) }
    return frame
  }

  /// Reads the PNG file at `path`, converted as by `decode`.
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

  /// Decodes the pixels of an image whose header has been read; nil if they are damaged or too many.
  private static func finishReading(_ image: inout png_image) -> Frame? {
    let shape = FrameShape(height: Int(image.height), width: Int(image.width))
    guard shape.height * shape.width <= largestPixelCount else { return nil }
    image.format = png_uint_32(PNG_FORMAT_RGB)
    var frame = Frame(shape: shape)
    return png_image_finish_read(&image, nil, &frame.pixels, 0, nil) != 0 ? frame : nil
  }

  /// libpng's error message. It is empty only if the image was refused here, for its size.
  private static func message(of image: png_image) -> String {
    let words = withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return words.isEmpty ? "more than \(largestPixelCount) pixels" : words
  }
}

/// An error of reading or writing a PNG file.
public enum PNGError: Error, Hashable, CustomStringConvertible {
  /// The file or the bytes are not a complete PNG image of an acceptable size.
  case notRead(subject: String, reason: String)
  /// The image could not be written.
  case notWritten(subject: String, reason: String)

  /// What failed, why, and what to do.
  public var description: String {
    switch self {
    case .notRead(let subject, let reason):
      "\(subject): cannot read the PNG image: \(reason). Check that the file is complete."
    case .notWritten(let subject, let reason):
      "\(subject): cannot write the PNG image: \(reason). Check the folder and the free space."
    }
  }
}
