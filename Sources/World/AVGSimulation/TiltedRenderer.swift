import AVGCore

/// Draws what a camera sees that looks up or down: one ray for each pixel, for the columns of its image lean.
struct TiltedRenderer {
  private let configuration: PenConfiguration
  private let pen: Pen
  private let mount: CameraMount
  private let height: Double
  private let tilt: Double
  private let focalLength: Double
  private let shape: FrameShape

  init(_ configuration: PenConfiguration, _ pen: Pen, _ mount: CameraMount, _ shape: FrameShape) {
    self.configuration = configuration
    self.pen = pen
    self.shape = shape
    self.mount = mount
    height = mount.heightMeters
    tilt = mount.tiltDegrees * .pi / 180
    focalLength = Double(shape.width) / 2 / Elementary.tan(mount.fieldOfViewDegrees * .pi / 360)
  }

  /// Draws the view from `pose` into `pixels` [height, width, 3].
  func render(from pose: Pose, _ colors: SceneColors, into pixels: UnsafeMutableBufferPointer<UInt8>) {
    let (x, y) = mount.lens(at: pose, forward: configuration.cameraForwardOffsetMeters)
    let heading = mount.heading(at: pose)
    let (forwardX, forwardY) = (Elementary.cos(heading), Elementary.sin(heading))
    let (cosine, sine) = (Elementary.cos(tilt), Elementary.sin(tilt))
    for column in 0..<shape.width {
      let image = ImageColumn(pixels: pixels, column: column, shape: shape)
      let right = (Double(column) + 0.5 - Double(shape.width) / 2) / focalLength
      for row in 0..<shape.height {
        let down = (Double(row) + 0.5 - Double(shape.height) / 2) / focalLength
        // The optical axis turned down by the tilt, and the image's own right and down from there.
        let ahead = cosine - down * sine
        let direction = Direction(
          x: ahead * forwardX + right * forwardY, y: ahead * forwardY - right * forwardX,
          z: -sine - down * cosine)
        image.set(row, color(fromX: x, y: y, direction, row: row, colors))
      }
    }
  }

  /// What a ray from the lens meets first.
  private func color(
    fromX x: Double, y: Double, _ direction: Direction, row: Int, _ colors: SceneColors
  ) -> Color {
    let hit = pen.firstHit(fromX: x, y: y, directionX: direction.x, directionY: direction.y)
    // The ray's length is the depth along the optical axis.
    let depth = max(hit.distance, 0.01)
    let level = height + depth * direction.z
    guard level >= 0 else {
      let floorDepth = Float(height / -direction.z)
      let cells = Float(Surfaces.floorCellsPerMeter)
      return colors.floor(
        x: (Float(x) + Float(direction.x) * floorDepth) * cells,
        y: (Float(y) + Float(direction.y) * floorDepth) * cells,
        shade: SceneColors.floorShade(atDepth: floorDepth))
    }
    guard level < configuration.wallHeightMeters else {
      let angle = Elementary.atan2(direction.y, direction.x)
      return colors.background(at: Float(angle)).brightened(by: Surfaces.backgroundRise * Float(row))
    }
    let light = colors.wallLight(atDepth: depth)
    if colors.hasTarget(at: hit), level >= configuration.targetBottomMeters,
      level < configuration.targetTopMeters
    {
      return colors.target(in: light)
    }
    var sheet: Color?
    colors.forEachDistractor(at: hit) { distractor in
      // The last one hangs above the others.
      if level >= distractor.bottom, level < distractor.top { sheet = distractor.color.lit(by: light) }
    }
    let band = Int(level / configuration.wallHeightMeters * Double(Surfaces.wallBandCount))
    return sheet ?? colors.wall(hit, band: band, in: light)
  }

  /// A direction in the world; its part along the optical axis has length 1.
  private struct Direction {
    var x: Double
    var y: Double
    /// Upwards.
    var z: Double
  }
}
