/// The four walls, as rays and robots meet them.
struct Pen {
  /// Metres along x and along y.
  let length: Double
  let width: Double

  init(_ configuration: PenConfiguration) {
    length = configuration.penLengthMeters
    width = configuration.penWidthMeters
  }

  /// One of the walls; the raw value is its place in the table of textures.
  enum Wall: Int {
    case far, left, near, right
  }

  /// Where a ray meets the walls.
  struct Hit {
    var wall: Wall
    /// How many direction vectors the ray is long.
    var distance: Double
    /// Metres along the wall.
    var along: Double
  }

  /// Follows a ray from a point inside the pen.
  func firstHit(fromX x: Double, y: Double, directionX: Double, directionY: Double) -> Hit {
    // Rays this nearly parallel to two walls end at one of the others.
    let parallel = 1e-9
    var toX = Double.infinity
    if abs(directionX) > parallel { toX = ((directionX > 0 ? length : 0) - x) / directionX }
    var toY = Double.infinity
    if abs(directionY) > parallel { toY = ((directionY > 0 ? width : 0) - y) / directionY }
    if toX < toY {
      return Hit(wall: directionX > 0 ? .far : .near, distance: toX, along: y + toX * directionY)
    }
    return Hit(wall: directionY > 0 ? .left : .right, distance: toY, along: x + toY * directionX)
  }
}
