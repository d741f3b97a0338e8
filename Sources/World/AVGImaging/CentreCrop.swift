public import AVGCore

/// The largest centred part of an image that has the aspect ratio of a frame, in whole pixels.
public struct CentreCrop: Hashable, Sendable {
  /// The columns kept.
  public let columns: Range<Int>
  /// The rows kept.
  public let rows: Range<Int>

  /// Computes the crop of a `width` × `height` image to the aspect ratio of `shape`.
  public init(width: Int, height: Int, to shape: FrameShape) {
    let keptWidth = min(width, height * shape.width / shape.height)
    let keptHeight = min(height, width * shape.height / shape.width)
    let firstColumn = (width - keptWidth) / 2
    let firstRow = (height - keptHeight) / 2
    columns = firstColumn..<firstColumn + keptWidth
    rows = firstRow..<firstRow + keptHeight
  }
}

/// The limits on the size of images.
public enum ImageLimits {
  /// The maximum width and height in pixels; the 32-bit sum of a box of this size cannot overflow.
  public static let maximumSide = 4096

  /// Whether an image of this size can be shrunk to `shape`.
  public static func allow(width: Int, height: Int, for shape: FrameShape) -> Bool {
    // Compared without a range, which would trap where a shape read from an image exceeds the limit.
    width >= shape.width && width <= maximumSide && height >= shape.height && height <= maximumSide
  }
}
