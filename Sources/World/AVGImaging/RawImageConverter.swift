public import AVGCore

/// An error of converting an uncompressed image.
public enum RawImageError: Error, Hashable, Sendable {
  /// The image is smaller than the frame or larger than `ImageLimits` allows, or its rows are too short.
  case unusableLayout(RawImageLayout)
  /// There are fewer bytes than the image has.
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

/// The memory layout of an uncompressed image.
public struct RawImageLayout: Hashable, Sendable {
  /// The order of the samples.
  public var pixelFormat: RawPixelFormat
  /// Columns.
  public var width: Int
  /// Rows of the whole picture: twice as many as are in memory if that holds a single field.
  public var height: Int
  /// The distance between two rows, padding included; the same for all planes.
  public var bytesPerRow: Int
  /// The field order.
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

  /// The offset of a plane, which follows the one before it directly.
  func firstByte(ofPlane plane: Int) -> Int {
    pixelFormat.planeRowShifts[..<plane].reduce(0) { $0 + rowCount(shift: $1) * bytesPerRow }
  }

  /// The size of a complete image; its last row needs no padding.
  var byteCount: Int {
    let plane = pixelFormat.planeRowShifts.count - 1
    let rows = rowCount(shift: pixelFormat.planeRowShifts[plane])
    return firstByte(ofPlane: plane) + (rows - 1) * bytesPerRow + usedBytes(ofPlane: plane)
  }

  /// Whether the size is within the limits and every row has room for its samples.
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

/// A converter of uncompressed images to RGB frames, cropped about the centre and shrunk by a box filter.
public struct RawImageConverter: Sendable {
  private let shape: FrameShape
  /// The size of a complete image.
  public let byteCount: Int
  private var filter: BoxFilter

  /// Prepares the converter for images of one layout.
  ///
  /// - Parameters:
  ///   - layout: from the frame's size to `ImageLimits.maximumSide` pixels a side.
  ///   - encoding: the meaning of the codes.
  ///   - shape: the shape of the frames to fill.
  /// - Throws: `RawImageError.unusableLayout`.
  public init(
    _ layout: RawImageLayout, encoding: ColorEncoding = ColorEncoding(), shape: FrameShape = .standard
  ) throws(RawImageError) {
    guard layout.isUsable(for: shape) else { throw .unusableLayout(layout) }
    self.shape = shape
    byteCount = layout.byteCount
    filter = BoxFilter(layout, encoding: encoding, shape: shape)
  }

  /// Converts one image into the pixels of `frame`, which must have the shape given to `init`; the caller sets the
  /// stamp.
  ///
  /// - Throws: `RawImageError.truncated`; `frame` is then unchanged.
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
