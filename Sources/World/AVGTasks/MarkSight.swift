import AVGCore
import AVGImaging

/// Where the mark on a tool and the target are in an image, by their colours.
struct MarkSight: Sendable {
  private let mark: ColorMask
  private let target: ColorMask
  private var pixels: PixelMask
  /// What the image shows from left to right, in metres.
  let width: Double

  init(mark: ColorCriteria, target: ColorCriteria, width: Double, _ shape: FrameShape) {
    self.mark = ColorMask(mark)
    self.target = ColorMask(target)
    self.width = width
    pixels = PixelMask(shape: shape)
  }

  /// How far apart their middles are, in metres; nil if either is not there.
  ///
  /// The mark may lie before the target: that is filled first.
  mutating func distance(in frame: borrowing Frame) -> Double? {
    mark.find(in: frame, into: &pixels)
    guard let tool = pixels.centroid else { return nil }
    target.find(in: frame, into: &pixels)
    pixels.fillHoles()
    guard let goal = pixels.centroid else { return nil }
    let (rows, columns) = (tool.row - goal.row, tool.column - goal.column)
    return (rows * rows + columns * columns).squareRoot() * width / Double(frame.shape.width)
  }
}
