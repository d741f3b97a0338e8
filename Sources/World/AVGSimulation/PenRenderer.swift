import AVGCore

/// Draws what the robot's camera sees: one ray for each image column, then the column from top to bottom.
struct PenRenderer {
  let shape: FrameShape
  /// How the camera must be mounted for the quick way to be right.
  private let mount: CameraMount
  private let configuration: PenConfiguration
  private let pen: Pen
  private let surfaces = Surfaces()

  /// Pixels for a slope of 1.
  private let focalLength: Double
  /// For each column the slope to the right, and its angle in radians.
  private let columnSlopes: [Double]
  private let columnAngles: [Double]
  /// For each row below the horizon the depth at which it meets the floor, and how bright the floor is there.
  private let floorDepths: [Float]
  private let floorShades: [Float]

  init(_ configuration: PenConfiguration, shape: FrameShape) {
    self.configuration = configuration
    self.shape = shape
    mount = CameraMount(configuration)
    pen = Pen(configuration)
    let halfWidth = Double(shape.width) / 2
    let focalLength = halfWidth / Elementary.tan(configuration.horizontalFieldOfViewDegrees * .pi / 360)
    self.focalLength = focalLength
    columnSlopes = (0..<shape.width).map { (Double($0) + 0.5 - halfWidth) / focalLength }
    columnAngles = columnSlopes.map { Elementary.atan($0) }
    floorDepths = (0..<shape.height).map { row in
      let slope = (Double(row) + 0.5 - Double(shape.height) / 2) / focalLength
      return slope > 0 ? Float(configuration.cameraHeightMeters / slope) : .infinity
    }
    floorShades = floorDepths.map(SceneColors.floorShade)
  }

  /// Draws the view from `pose` into `pixels` [height, width, 3], without noise.
  func render(from pose: Pose, _ light: Light, _ episode: Episode, into pixels: inout [UInt8]) {
    precondition(pixels.count == shape.byteCount, "\(pixels.count) bytes cannot take a frame of \(shape)")
    let colors = SceneColors(configuration, surfaces, episode, light)
    pixels.withUnsafeMutableBufferPointer { pixels in
      if episode.mount == mount, mount.tiltDegrees == 0 {
        renderColumns(from: pose, colors, into: pixels)
      } else {
        let renderer = TiltedRenderer(configuration, pen, episode.mount, shape)
        renderer.render(from: pose, colors, into: pixels)
      }
    }
  }

  /// Draws what a level camera sees, mounted as configured: all of a column lies in one upright plane.
  private func renderColumns(
    from pose: Pose, _ colors: SceneColors, into pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    let (cameraX, cameraY) = mount.lens(at: pose, forward: configuration.cameraForwardOffsetMeters)
    let heading = mount.heading(at: pose)
    let (forwardX, forwardY) = (Elementary.cos(heading), Elementary.sin(heading))
    for column in 0..<shape.width {
      let slope = columnSlopes[column]
      // Right of forward (x, y) is (y, −x).
      let directionX = forwardX + slope * forwardY
      let directionY = forwardY - slope * forwardX
      let image = ImageColumn(pixels: pixels, column: column, shape: shape)
      let hit = pen.firstHit(fromX: cameraX, y: cameraY, directionX: directionX, directionY: directionY)
      // The direction has length 1 along the optical axis, so the ray's length is the depth.
      let depth = max(hit.distance, 0.01)
      drawBackground(
        image, to: row(ofHeight: configuration.wallHeightMeters, depth),
        colors.background(at: Float(heading - columnAngles[column])))
      drawWall(image, hit, depth, colors)
      drawFloor(
        image, from: row(ofHeight: 0, depth),
        Ray(x: cameraX, y: cameraY, directionX: directionX, directionY: directionY), colors)
    }
  }

  /// The first row whose centre lies at or below `height` metres at `depth` metres, 0…rows.
  private func row(ofHeight height: Double, _ depth: Double) -> Int {
    let row =
      Double(shape.height) / 2 - 0.5
      - focalLength * (height - configuration.cameraHeightMeters) / depth
    return Int(max(0, min(Double(shape.height), row.rounded(.up))))
  }

  private func drawBackground(_ image: ImageColumn, to end: Int, _ color: Color) {
    guard end > 0 else { return }
    for row in 0..<end {
      // A little brighter towards the wall's edge.
      image.set(row, color.brightened(by: Surfaces.backgroundRise * Float(row)))
    }
  }

  private func drawWall(_ image: ImageColumn, _ hit: Pen.Hit, _ depth: Double, _ colors: SceneColors) {
    let light = colors.wallLight(atDepth: depth)
    var bottom = row(ofHeight: 0, depth)
    for band in 0..<Surfaces.wallBandCount {
      let height = configuration.wallHeightMeters * Double(band + 1) / Double(Surfaces.wallBandCount)
      let top = row(ofHeight: height, depth)
      image.fill(top..<bottom, colors.wall(hit, band: band, in: light))
      bottom = top
    }
    colors.forEachDistractor(at: hit) { distractor in
      let top = row(ofHeight: distractor.top, depth)
      image.fill(top..<row(ofHeight: distractor.bottom, depth), distractor.color.lit(by: light))
    }
    if colors.hasTarget(at: hit) {
      let top = row(ofHeight: configuration.targetTopMeters, depth)
      let bottom = row(ofHeight: configuration.targetBottomMeters, depth)
      image.fill(top..<bottom, colors.target(in: light))
    }
  }

  private func drawFloor(_ image: ImageColumn, from start: Int, _ ray: Ray, _ colors: SceneColors) {
    // In cells of the texture.
    let scale = Float(Surfaces.floorCellsPerMeter)
    let (x, y) = (Float(ray.x) * scale, Float(ray.y) * scale)
    let (stepX, stepY) = (Float(ray.directionX) * scale, Float(ray.directionY) * scale)
    for row in start..<shape.height {
      let depth = floorDepths[row]
      image.set(row, colors.floor(x: x + stepX * depth, y: y + stepY * depth, shade: floorShades[row]))
    }
  }
}

/// A line from the camera.
private struct Ray {
  var x: Double
  var y: Double
  var directionX: Double
  var directionY: Double
}

/// One column of an image that is drawn.
struct ImageColumn {
  let pixels: UnsafeMutableBufferPointer<UInt8>
  let column: Int
  let shape: FrameShape

  /// Sets one pixel, rounding and clamping to 0…255.
  @inline(__always)
  func set(_ row: Int, _ color: Color) {
    // Bound: rows lie within 0 ..< height, so the last index is at most height · width · 3 − 1.
    let index = (row * shape.width + column) * 3
    pixels[index] = level(color.red)
    pixels[index + 1] = level(color.green)
    pixels[index + 2] = level(color.blue)
  }

  /// Sets the pixels of `rows`.
  func fill(_ rows: Range<Int>, _ color: Color) {
    let (red, green, blue) = (level(color.red), level(color.green), level(color.blue))
    var index = (rows.lowerBound * shape.width + column) * 3
    for _ in rows {
      pixels[index] = red
      pixels[index + 1] = green
      pixels[index + 2] = blue
      index += shape.width * 3
    }
  }

  @inline(__always)
  private func level(_ value: Float) -> UInt8 {
    value < 0 ? 0 : value > 254.5 ? 255 : UInt8(value + 0.5)
  }
}
