public import AVGCore

/// Decodes JPEG images to small RGB frames with libjpeg, scaling while it decodes.
///
/// An image of a frame's size times 1, 2, 4 or 8 is decoded straight to the frame's size; any other is decoded at
/// the nearest larger scale, cropped about the centre and box-filtered. Training and replay use this one path,
/// because scaling in the decoder and scaling after it differ by some levels. An image that EXIF says to turn is turned.
/// <https://libjpeg-turbo.org/Documentation/Documentation>
///
/// An image is damaged if a pixel of it may be wrong: where coded data are missing, out of order or without meaning. What
/// the decoder merely finds odd is no damage: bytes before a marker that belong to nothing (some webcams send them in
/// every image), or unusual numbers in a header. Where such bytes are met, the Huffman codes are read a second time, more
/// strictly than the decoder does, to tell them from damage (`scan_check.c` in `CJPEG`).
public struct JPEGDecoder: ~Copyable {
  /// Takes the pixels until they are known to be whole; then trades places with the frame's.
  private var spare: [UInt8] = []
  private var oversized = OversizedImage()

  /// Makes a decoder, to be kept for many images.
  public init() {}

  /// The rows and columns that an image's header states; nil if the bytes are no image.
  public static func shape(of image: [UInt8]) -> FrameShape? {
    guard let size = image.withUnsafeBytes({ try? JPEGLibrary.size(of: $0) }) else { return nil }
    return FrameShape(height: size.height, width: size.width)
  }

  /// Decodes one whole image into the pixels of `frame`; the stamp is the caller's.
  ///
  /// What comes out depends on these bytes alone. An image that is damaged leaves `frame` as it was.
  ///
  /// - Parameter image: the bytes from start marker to end marker; what follows is ignored.
  public mutating func decode(_ image: UnsafeRawBufferPointer, into frame: inout Frame) throws(JPEGError) {
    let orientation = JPEGOrientation(of: image)
    guard orientation != .upright else { return try decodeStored(image, into: &frame) }
    var stored = Frame(shape: orientation.storedShape(for: frame.shape))
    do throws(JPEGError) {
      try decodeStored(image, into: &stored)
    } catch {
      guard case .unusableSize(let width, let height) = error, orientation.isTransposed else { throw error }
      throw .unusableSize(width: height, height: width)
    }
    orientation.turn(stored, into: &frame)
  }

  /// Decodes the image as its pixels are stored.
  private mutating func decodeStored(
    _ image: UnsafeRawBufferPointer, into frame: inout Frame
  ) throws(JPEGError) {
    let shape = frame.shape
    let (width, height) = try JPEGLibrary.size(of: image)
    // Before anything is allocated: a header can claim 65535 pixels a side.
    guard ImageLimits.allow(width: width, height: height, for: shape),
      let scale = JPEGLibrary.scale(width: width, height: height, covering: shape)
    else { throw .unusableSize(width: width, height: height) }
    if spare.count != shape.byteCount {
      spare = [UInt8](repeating: 0, count: shape.byteCount)
    }
    if scale.shape == shape {
      try JPEGLibrary.decode(image, at: scale, into: &spare)
    } else {
      oversized.prepare(shape: scale.shape, for: shape)
      try JPEGLibrary.decode(image, at: scale, into: &oversized.pixels)
      oversized.shrink(into: &spare)
    }
    swap(&spare, &frame.pixels)
  }
}

extension JPEGDecoder {
  /// Whether the image's header states a single channel, luma; nil if the bytes are no image.
  public static func isGrey(_ image: [UInt8]) -> Bool? {
    image.withUnsafeBytes { JPEGSegments.channelCount(of: $0) }.map { $0 == 1 }
  }

  /// Whether the bytes begin as every JPEG does (marker SOI; ITU-T T.81, B.2).
  public static func hasStart(_ image: UnsafeRawBufferPointer) -> Bool {
    image.count >= 2 && image[0] == 0xFF && image[1] == 0xD8
  }

  /// Whether an end marker (EOI) is among the bytes, looked for from their end: some cameras pad their images.
  ///
  /// Coded data never holds these two bytes in a row; an image cut off in it has none.
  public static func hasEnd(_ image: UnsafeRawBufferPointer) -> Bool {
    var index = image.count - 1
    while index > 0 {
      if image[index] == 0xD9, image[index - 1] == 0xFF { return true }
      index -= 1
    }
    return false
  }
}

/// A decoded image larger than the frame, with what is needed to shrink it, kept from image to image.
private struct OversizedImage {
  var pixels: [UInt8] = []
  private var shape = FrameShape(height: 0, width: 0)
  private var target = FrameShape(height: 0, width: 0)
  private var filter: BoxFilter?

  mutating func prepare(shape: FrameShape, for target: FrameShape) {
    guard self.shape != shape || self.target != target else { return }
    self.shape = shape
    self.target = target
    pixels = [UInt8](repeating: 0, count: shape.byteCount)
    let layout = RawImageLayout(
      .rgb24, width: shape.width, height: shape.height, bytesPerRow: 3 * shape.width)
    filter = BoxFilter(layout, encoding: ColorEncoding(range: .full), shape: target)
  }

  mutating func shrink(into output: inout [UInt8]) {
    pixels.withUnsafeBufferPointer { filter?.shrink($0, into: &output) }
  }
}
