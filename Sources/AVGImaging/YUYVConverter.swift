public import AVGCore

/// Why YUYV bytes gave no frame.
public enum YUYVError: Error, Hashable, Sendable {
  /// The image is smaller than the frame, larger than any that is taken, or its rows are too short.
  case unusableLayout(width: Int, height: Int, bytesPerRow: Int)
  /// Fewer bytes than the image has.
  case truncated(byteCount: Int, expected: Int)
}

extension YUYVError: CustomStringConvertible {
  /// One line: what failed and what to do.
  public var description: String {
    switch self {
    case .unusableLayout(let width, let height, let bytesPerRow):
      "YUYV: image layout out of range: \(width)x\(height) in rows of \(bytesPerRow) bytes; "
        + "use one between the frame's size and \(ImageLimits.maximumSide) pixels a side"
    case .truncated(let byteCount, let expected):
      "YUYV: image cut off: \(byteCount) of \(expected) bytes; "
        + "use the next frame, and check cable and USB hub if it recurs"
    }
  }
}

/// Shrinks YUYV images (4:2:2, Y₀ Cb Y₁ Cr) to RGB frames by box filter, cropped about the centre.
///
/// The box is averaged before the colours are converted: the same but for clamping, with far fewer products.
/// <https://docs.kernel.org/userspace-api/media/v4l/pixfmt-packed-yuv.html>
public struct YUYVConverter: Sendable {
  private let shape: FrameShape
  private let byteCount: Int
  private let transform: YCbCrTransform
  private var filter: BoxFilter

  /// Prepares for images of one layout.
  ///
  /// - Parameters:
  ///   - width: columns, from the frame's to `ImageLimits.maximumSide`.
  ///   - height: rows, likewise.
  ///   - bytesPerRow: from one row to the next, padding included.
  ///   - encoding: what the codes stand for.
  ///   - shape: the shape of the frames to be filled.
  public init(
    width: Int, height: Int, bytesPerRow: Int, encoding: YCbCrEncoding = YCbCrEncoding(),
    shape: FrameShape = .standard
  ) throws(YUYVError) {
    let pixelBytes = (width + 1) / 2 * 4
    guard ImageLimits.allow(width: width, height: height, for: shape), bytesPerRow >= pixelBytes,
      bytesPerRow <= Int(UInt32.max)
    else { throw .unusableLayout(width: width, height: height, bytesPerRow: bytesPerRow) }
    self.shape = shape
    byteCount = bytesPerRow * (height - 1) + pixelBytes
    filter = BoxFilter(width: width, height: height, bytesPerRow: bytesPerRow, shape: shape) {
      $0.lowerBound / 2 * 4..<($0.upperBound + 1) / 2 * 4
    }
    transform = YCbCrTransform(encoding, totalWeight: filter.totalWeight)
  }

  /// Converts one image into the pixels of `frame`, of the shape given before; the stamp is the caller's.
  ///
  /// Too short an image leaves `frame` as it was.
  public mutating func convert(
    _ bytes: UnsafeRawBufferPointer, into frame: inout Frame
  ) throws(YUYVError) {
    precondition(frame.shape == shape, "converter for \(shape) cannot fill \(frame.shape)")
    guard bytes.count >= byteCount else {
      throw .truncated(byteCount: bytes.count, expected: byteCount)
    }
    let source = bytes.bindMemory(to: UInt8.self)
    for row in 0..<shape.height {
      filter.sumRows(of: source, below: row)
      for column in 0..<shape.width {
        var luma: UInt32 = 0
        var cb: UInt32 = 0
        var cr: UInt32 = 0
        for tap in filter.columns[column] {
          let pair = tap.position & ~1
          luma &+= tap.weight &* filter.rowSums[2 * tap.position]
          cb &+= tap.weight &* filter.rowSums[2 * pair + 1]
          cr &+= tap.weight &* filter.rowSums[2 * pair + 3]
        }
        let color = transform.color(luma: luma, cb: cb, cr: cr)
        let pixel = 3 * (row * shape.width + column)
        frame.pixels[pixel] = color.red
        frame.pixels[pixel + 1] = color.green
        frame.pixels[pixel + 2] = color.blue
      }
    }
  }
}
