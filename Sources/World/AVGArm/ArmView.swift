public import AVGCore

/// What a camera sees that looks at the arm from the side, along the x axis: the links, the target as a disc before them, and
/// the mark on the tool.
///
/// It is far away: lengths in the y–z plane are the same wherever they lie. The mark is smaller than the target, and drawn
/// last, so that neither hides the other.
public struct ArmView: Sendable {
  /// The rows and columns of the image.
  public let shape: FrameShape
  /// How much of the y–z plane a pixel shows, in metres.
  public let metersPerPixel: Double
  private let kinematics: ArmKinematics
  private let wall: [UInt8]

  /// The middle of the tool's box, y and z in metres.
  private static let middle = SIMD2(0.05, 0.75)
  /// The radius of the target's disc, in metres.
  static let targetRadius = 0.05
  /// The radius of the tool's mark.
  static let markRadius = 0.025
  private static let linkRadius = 0.035
  private static let colors = (
    target: SIMD3<Float>(40, 185, 70), mark: SIMD3<Float>(215, 40, 160), link: SIMD3<Float>(92, 98, 108)
  )

  /// Makes a view.
  ///
  /// - Parameter width: how much of the y axis the image shows, in metres.
  public init(shape: FrameShape = .standard, width: Double, kinematics: ArmKinematics = .ur5) {
    self.shape = shape
    self.kinematics = kinematics
    metersPerPixel = width / Double(shape.width)
    // Brighter above, with a grain that stays where it is.
    var random = RandomSource(seed: 5, purpose: "wall")
    var wall: [UInt8] = []
    wall.reserveCapacity(shape.byteCount)
    for row in 0..<shape.height {
      for _ in 0..<shape.width {
        let level = UInt8(215 - 40 * row / shape.height + Int(random.next() % 8))
        wall += [level, level, level - 3]
      }
    }
    self.wall = wall
  }

  /// Draws the arm at these joint angles, and its target, into pixels of the view's shape.
  ///
  /// Allocates nothing.
  func draw(_ angles: JointVector, target: SIMD3<Double>, into pixels: inout [UInt8]) {
    precondition(
      pixels.count == wall.count, "a view of \(shape) needs \(wall.count) bytes, not \(pixels.count)")
    wall.withUnsafeBufferPointer { wall in
      pixels.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: wall) }
    }
    var end = pixel(SIMD3())
    for link in 1...JointSpeeds.jointCount {
      let start = end
      end = pixel(kinematics.end(ofLink: link, at: angles))
      drawLine(from: start, to: end, radius: Self.linkRadius, Self.colors.link, into: &pixels)
    }
    let place = pixel(target)
    drawLine(from: place, to: place, radius: Self.targetRadius, Self.colors.target, into: &pixels)
    drawLine(from: end, to: end, radius: Self.markRadius, Self.colors.mark, into: &pixels)
  }

  /// Column and row of a place, in pixels from the image's corner.
  func pixel(_ place: SIMD3<Double>) -> SIMD2<Double> {
    SIMD2(
      Double(shape.width) / 2 + (place.y - Self.middle.x) / metersPerPixel,
      Double(shape.height) / 2 - (place.z - Self.middle.y) / metersPerPixel)
  }

  /// Draws all that is within a distance of a line; its edge is a pixel wide.
  private func drawLine(
    from start: SIMD2<Double>, to end: SIMD2<Double>, radius: Double, _ color: SIMD3<Float>,
    into pixels: inout [UInt8]
  ) {
    let reach = radius / metersPerPixel
    let way = end - start
    let square = (way * way).sum()
    let low = pointwiseMin(start, end) - (reach + 1)
    let high = pointwiseMax(start, end) + (reach + 1)
    let columns = max(0, Int(low.x))..<max(0, Int(low.x), min(shape.width, Int(high.x) + 1))
    for row in max(0, Int(low.y))..<max(0, Int(low.y), min(shape.height, Int(high.y) + 1)) {
      for column in columns {
        let point = SIMD2(Double(column) + 0.5, Double(row) + 0.5) - start
        let along = square > 0 ? max(0, min(1, (point * way).sum() / square)) : 0
        let off = point - way * along
        let cover = Float(max(0, min(1, reach + 0.5 - (off * off).sum().squareRoot())))
        guard cover > 0 else { continue }
        let place = (row * shape.width + column) * 3
        for channel in 0..<3 {
          let old = Float(pixels[place + channel])
          pixels[place + channel] = UInt8(old + (color[channel] - old) * cover)
        }
      }
    }
  }
}
