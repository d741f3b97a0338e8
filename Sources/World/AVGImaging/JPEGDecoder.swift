public import AVGCore

/// A decoder of JPEG images to small RGB frames with libjpeg, which scales while it decodes.
///
/// An image of 1, 2, 4 or 8 times the frame's size is decoded directly to the frame's size. Any other is decoded at the
/// smallest eighth that is not smaller than the frame, cropped about the centre and box-filtered. Training and replay
/// share this path, because scaling inside the decoder and after it differ by a few levels. EXIF orientation is
/// applied. <https://libjpeg-turbo.org/Documentation/Documentation>
///
/// An image counts as damaged if any pixel may be wrong, that is, if coded data are missing, out of order or invalid.
/// Oddities that affect no pixel are accepted: extraneous bytes before a marker, which some webcams send in every
/// image, and unusual numbers in headers. libjpeg reports the same warning for extraneous bytes and for some kinds of
/// damage. So where it warns, the Huffman codes are decoded a second time with stricter checks to tell the two apart
/// (`scan_check.c` in `CJPEG`).
public struct JPEGDecoder: ~Copyable {
  /// Receives the pixels while they are decoded; swapped with the frame's pixels once they are known to be intact.
  private var spare: [UInt8] = []
  private var oversized = OversizedImage()

  /// Makes a decoder, to keep for many images.
  public init() {}

  /// The rows and columns according to the image's header; nil if the bytes are not a JPEG image.
  public static func shape(of image: [UInt8]) -> FrameShape? {
    guard let size = image.withUnsafeBytes({ try? JPEGLibrary.size(of: $0) }) else { return nil }
    return FrameShape(height: size.height, width: size.width)
  }

  /// Decodes one complete image into the pixels of `frame`; the caller sets the stamp.
  ///
  /// The result depends on these bytes alone. A damaged image leaves `frame` unchanged.
  ///
  /// - Parameter image: the bytes from start marker to end marker; bytes after it are ignored.
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

  /// Decodes the image as stored, without applying its orientation.
  private mutating func decodeStored(
    _ image: UnsafeRawBufferPointer, into frame: inout Frame
  ) throws(JPEGError) {
    let shape = frame.shape
    let (width, height) = try JPEGLibrary.size(of: image)
    // Checked before anything is allocated: a header can claim 65535 pixels a side.
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
  /// Whether the image has a single channel, luma, according to its header; nil if the bytes are not a JPEG image.
  public static func isGrey(_ image: [UInt8]) -> Bool? {
    image.withUnsafeBytes { JPEGSegments.channelCount(of: $0) }.map { $0 == 1 }
  }

  /// Whether the bytes begin with the start marker (SOI; ITU-T T.81, B.2).
  public static func hasStart(_ image: UnsafeRawBufferPointer) -> Bool {
    image.count >= 2 && image[0] == 0xFF && image[1] == 0xD8
  }

  /// Whether the bytes contain an end marker (EOI). The search runs backwards, because some cameras pad their images.
  ///
  /// Coded data never contain these two bytes in a row, so an image that is cut off in its data has none.
  public static func hasEnd(_ image: UnsafeRawBufferPointer) -> Bool {
    var index = image.count - 1
    while index > 0 {
      if image[index] == 0xD9, image[index - 1] == 0xFF { return true }
      index -= 1
    }
    return false
  }
}

/// A decoded image larger than the frame and the filter that shrinks it, reused between images.
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
