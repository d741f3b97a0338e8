import AVGCore
import Glibc

/// Draws what the robot's camera sees: one ray for each image column, then the column from top to bottom.
struct PenRenderer {
  let shape: FrameShape
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
    pen = Pen(configuration)
    let halfWidth = Double(shape.width) / 2
    let focalLength = halfWidth / tan(configuration.horizontalFieldOfViewDegrees * .pi / 360)
    self.focalLength = focalLength
    columnSlopes = (0..<shape.width).map { (Double($0) + 0.5 - halfWidth) / focalLength }
    columnAngles = columnSlopes.map { atan($0) }
    floorDepths = (0..<shape.height).map { row in
      let slope = (Double(row) + 0.5 - Double(shape.height) / 2) / focalLength
      return slope > 0 ? Float(configuration.cameraHeightMeters / slope) : .infinity
    }
    floorShades = floorDepths.map { 0.85 + 0.15 / (1 + $0) }
  }

  /// Draws the view from `pose` into `pixels` [height, width, 3], without noise.
  func render(from pose: Pose, _ light: Light, into pixels: inout [UInt8]) {
    precondition(pixels.count == shape.byteCount, "\(pixels.count) bytes cannot take a frame of \(shape)")
    let (forwardX, forwardY) = (cos(pose.heading), sin(pose.heading))
    let cameraX = pose.x + configuration.cameraForwardOffsetMeters * forwardX
    let cameraY = pose.y + configuration.cameraForwardOffsetMeters * forwardY
    let lightColor = Color(
      red: Float(light.gain * light.redTint), green: Float(light.gain * light.greenTint),
      blue: Float(light.gain * light.blueTint))
    pixels.withUnsafeMutableBufferPointer { pixels in
      for column in 0..<shape.width {
        let slope = columnSlopes[column]
        // Right of forward (x, y) is (y, −x).
        let directionX = forwardX + slope * forwardY
        let directionY = forwardY - slope * forwardX
        let image = ImageColumn(pixels: pixels, column: column, shape: shape)
        let hit = pen.firstHit(
          fromX: cameraX, y: cameraY, directionX: directionX, directionY: directionY)
        // The direction has length 1 along the optical axis, so the ray's length is the depth.
        let depth = max(hit.distance, 0.01)
        drawBackground(
          image, to: row(ofHeight: configuration.wallHeightMeters, depth),
          Float(pose.heading - columnAngles[column]), lightColor)
        drawWall(image, hit, depth, lightColor)
        drawFloor(
          image, from: row(ofHeight: 0, depth),
          Ray(x: cameraX, y: cameraY, directionX: directionX, directionY: directionY), lightColor)
      }
    }
  }

  /// The first row whose centre lies at or below `height` metres at `depth` metres, 0…rows.
  private func row(ofHeight height: Double, _ depth: Double) -> Int {
    let row =
      Double(shape.height) / 2 - 0.5
      - focalLength * (height - configuration.cameraHeightMeters) / depth
    return Int(max(0, min(Double(shape.height), row.rounded(.up))))
  }

  private func drawBackground(_ image: ImageColumn, to end: Int, _ angle: Float, _ light: Color) {
    guard end > 0 else { return }
    let level = Surfaces.background(at: angle)
    let color = Color(red: level, green: 0.98 * level, blue: 1.02 * level).lit(by: light)
    for row in 0..<end {
      // A little brighter towards the wall's edge.
      image.set(row, color.brightened(by: 0.2 * Float(row)))
    }
  }

  private func drawWall(_ image: ImageColumn, _ hit: Pen.Hit, _ depth: Double, _ light: Color) {
    // Walls grow darker with distance.
    let light = light.scaled(by: 0.72 + 0.28 / (1 + 0.8 * Float(depth)))
    let column = Int(hit.along * Surfaces.wallColumnsPerMeter) & (Surfaces.wallColumnCount - 1)
    let texture = (hit.wall.rawValue * Surfaces.wallColumnCount + column) * Surfaces.wallBandCount
    var bottom = row(ofHeight: 0, depth)
    for band in 0..<Surfaces.wallBandCount {
      let height = configuration.wallHeightMeters * Double(band + 1) / Double(Surfaces.wallBandCount)
      let top = row(ofHeight: height, depth)
      let level = surfaces.wallTexture[texture + band]
      image.fill(
        top..<bottom, Surfaces.wallColors[hit.wall.rawValue].brightened(by: level).lit(by: light))
      bottom = top
    }
    let fromMiddle = abs(hit.along - configuration.penWidthMeters / 2)
    if hit.wall == .far, fromMiddle < configuration.targetWidthMeters / 2 {
      let top = row(ofHeight: configuration.targetTopMeters, depth)
      let bottom = row(ofHeight: configuration.targetBottomMeters, depth)
      image.fill(top..<bottom, Surfaces.targetColor.lit(by: light).scaled(by: 0.95))
    }
  }

  private func drawFloor(_ image: ImageColumn, from start: Int, _ ray: Ray, _ light: Color) {
    // In cells of the texture.
    let scale = Float(Surfaces.floorCellsPerMeter)
    let cells = Surfaces.floorCellCount
    let (x, y) = (Float(ray.x) * scale, Float(ray.y) * scale)
    let (stepX, stepY) = (Float(ray.directionX) * scale, Float(ray.directionY) * scale)
    surfaces.floorTexture.withUnsafeBufferPointer { texture in
      for row in start..<shape.height {
        let depth = floorDepths[row]
        // Bound: both indices are masked to the pattern's side, a power of two.
        let cellX = Int(x + stepX * depth) & (cells - 1)
        let cellY = Int(y + stepY * depth) & (cells - 1)
        let color = Surfaces.floorColor.brightened(by: texture[cellX * cells + cellY])
        image.set(row, color.lit(by: light).scaled(by: floorShades[row]))
      }
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
private struct ImageColumn {
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
