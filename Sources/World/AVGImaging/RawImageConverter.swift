public import AVGCore

/// Why the bytes of an uncompressed image gave no frame.
public enum RawImageError: Error, Hashable, Sendable {
  /// The image is smaller than the frame, larger than any that is taken, or its rows are too short.
  case unusableLayout(RawImageLayout)
  /// Fewer bytes than the image has.
  case truncated(byteCount: Int, expected: Int)
}

extension RawImageError: CustomStringConvertible {
  /// One line: what failed and what to do.
  public var description: String {
    switch self {
    case .unusableLayout(let layout):
      "image: layout out of range: \(layout.width)x\(layout.height) \(layout.pixelFormat) in rows of "
        + "\(layout.bytesPerRow) bytes; use one between the frame's size and \(ImageLimits.maximumSide) pixels "
        + "a side"
    case .truncated(let byteCount, let expected):
      "image: cut off: \(byteCount) of \(expected) bytes; "
        + "use the next frame, and check cable and USB hub if it recurs"
    }
  }
}

/// How an uncompressed image lies in memory.
public struct RawImageLayout: Hashable, Sendable {
  /// The order of the samples.
  public var pixelFormat: RawPixelFormat
  /// Columns.
  public var width: Int
  /// Rows of a whole picture: twice as many as lie in memory where that holds a single field.
  public var height: Int
  /// From one row to the next, padding included; the same for all planes.
  public var bytesPerRow: Int
  /// When the rows were taken.
  public var fields: FieldOrder

  /// Describes a layout.
  public init(
    _ pixelFormat: RawPixelFormat, width: Int, height: Int, bytesPerRow: Int,
    fields: FieldOrder = .progressive
  ) {
    self.pixelFormat = pixelFormat
    self.width = width
    self.height = height
    self.bytesPerRow = bytesPerRow
    self.fields = fields
  }

  /// Where a plane begins: right behind the rows of the one before it.
  func firstByte(ofPlane plane: Int) -> Int {
    pixelFormat.planeRowShifts[..<plane].reduce(0) { $0 + rowCount(shift: $1) * bytesPerRow }
  }

  /// The bytes of a whole image; its last row needs no padding.
  var byteCount: Int {
    let plane = pixelFormat.planeRowShifts.count - 1
    let rows = rowCount(shift: pixelFormat.planeRowShifts[plane])
    return firstByte(ofPlane: plane) + (rows - 1) * bytesPerRow + usedBytes(ofPlane: plane)
  }

  /// The size lies within the limits and every row has room for its samples.
  func isUsable(for shape: FrameShape) -> Bool {
    ImageLimits.allow(width: width, height: height, for: shape) && bytesPerRow <= Int(UInt32.max)
      && pixelFormat.planeRowShifts.indices.allSatisfy { usedBytes(ofPlane: $0) <= bytesPerRow }
  }

  private func usedBytes(ofPlane plane: Int) -> Int {
    pixelFormat.bytes(ofColumns: 0..<width, plane: plane).upperBound
  }

  private func rowCount(shift: Int) -> Int {
    ((fields == .single ? height / 2 : height) + (1 << shift) - 1) >> shift
  }
}

/// Shrinks uncompressed images to RGB frames by box filter, cropped about the centre.
public struct RawImageConverter: Sendable {
  private let shape: FrameShape
  /// The bytes of a whole image.
  public let byteCount: Int
  private var filter: BoxFilter

  /// Prepares for images of one layout.
  ///
  /// - Parameters:
  ///   - layout: from the frame's size to `ImageLimits.maximumSide` pixels a side.
  ///   - encoding: what the codes stand for.
  ///   - shape: the shape of the frames to be filled.
  /// - Throws: `RawImageError.unusableLayout`.
  public init(
    _ layout: RawImageLayout, encoding: ColorEncoding = ColorEncoding(), shape: FrameShape = .standard
  ) throws(RawImageError) {
    guard layout.isUsable(for: shape) else { throw .unusableLayout(layout) }
    self.shape = shape
    byteCount = layout.byteCount
    filter = BoxFilter(layout, encoding: encoding, shape: shape)
  }

  /// Converts one image into the pixels of `frame`, of the shape given before; the stamp is the caller's.
  ///
  /// - Throws: `RawImageError.truncated`; `frame` is then as it was.
  public mutating func convert(
    _ bytes: UnsafeRawBufferPointer, into frame: inout Frame
  ) throws(RawImageError) {
    precondition(frame.shape == shape, "converter for \(shape) cannot fill \(frame.shape)")
    guard bytes.count >= byteCount else {
      throw .truncated(byteCount: bytes.count, expected: byteCount)
    }
    filter.shrink(bytes.bindMemory(to: UInt8.self), into: &frame.pixels)
  }
}
