public import AVGCore

/// The largest part of an image about its centre with a frame's aspect ratio, in whole pixels.
public struct CentreCrop: Hashable, Sendable {
  /// The columns kept.
  public let columns: Range<Int>
  /// The rows kept.
  public let rows: Range<Int>

  /// Finds the crop of an image of `width` × `height` to the aspect ratio of `shape`.
  public init(width: Int, height: Int, to shape: FrameShape) {
    let keptWidth = min(width, height * shape.width / shape.height)
    let keptHeight = min(height, width * shape.height / shape.width)
    let firstColumn = (width - keptWidth) / 2
    let firstRow = (height - keptHeight) / 2
    columns = firstColumn..<firstColumn + keptWidth
    rows = firstRow..<firstRow + keptHeight
  }
}

/// What sizes of image are taken at all.
public enum ImageLimits {
  /// The greatest width and height, in pixels; 32-bit sums of a box of this size cannot overflow.
  public static let maximumSide = 4096

  /// Whether an image of this size can be shrunk to `shape`.
  public static func allow(width: Int, height: Int, for shape: FrameShape) -> Bool {
    // Not by ranges: a shape read from an image may be larger than the limit itself.
    width >= shape.width && width <= maximumSide && height >= shape.height && height <= maximumSide
  }
}
