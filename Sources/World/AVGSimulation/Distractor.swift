import AVGCore

/// A coloured sheet on a wall that is not the target.
struct Distractor: Codable, Hashable, Sendable {
  /// The raw value of the wall.
  private(set) var wall = 0
  /// Where its middle is along the wall, in metres.
  private(set) var along = 0.0
  /// Its width, in metres.
  private(set) var width = 0.0
  /// Height of its lower edge above the floor, in metres.
  private(set) var bottom = 0.0
  /// Height of its upper edge, in metres.
  private(set) var top = 0.0
  /// Its colour in white light.
  private(set) var color = Color.black

  /// Red, orange, blue, violet, pink, brown, black and white: far from the hues of the target (60° to 170°), so that no
  /// light makes one of them pass for it.
  private static let colors = [
    Color(red: 190, green: 40, blue: 40), Color(red: 205, green: 110, blue: 30),
    Color(red: 45, green: 80, blue: 190), Color(red: 120, green: 60, blue: 170),
    Color(red: 215, green: 120, blue: 160), Color(red: 110, green: 70, blue: 45),
    Color(red: 35, green: 35, blue: 38), Color(red: 235, green: 235, blue: 235),
  ]

  /// Free wall on either side of the target, in metres.
  private static let targetMargin = 0.02

  /// Draws a sheet; on the far wall it hangs beside the target.
  mutating func draw(_ configuration: PenConfiguration, _ random: inout RandomSource) {
    wall = Int(random.next() % UInt64(Surfaces.wallColors.count))
    color = Self.colors[Int(random.next() % UInt64(Self.colors.count))]
    width = random.uniform(in: 0.06...0.30)
    let height = configuration.wallHeightMeters
    bottom = random.uniform(in: 0...0.5) * height
    top = bottom + random.uniform(in: 0.25...1) * (height - bottom)
    let isFarWall = wall == Pen.Wall.far.rawValue
    let isCrossWall = isFarWall || wall == Pen.Wall.near.rawValue
    let length = isCrossWall ? configuration.penWidthMeters : configuration.penLengthMeters
    along = random.uniform(in: 0...length)
    if isFarWall { clear(configuration) }
  }

  /// Pushes the sheet off the target, to the side on which most of it hangs; what then leaves the wall is not seen.
  private mutating func clear(_ configuration: PenConfiguration) {
    let middle = configuration.penWidthMeters / 2
    let clearance = (configuration.targetWidthMeters + width) / 2 + Self.targetMargin
    if abs(along - middle) < clearance {
      along = along < middle ? middle - clearance : middle + clearance
    }
  }

  /// Whether a place on the sheet's wall, so many metres along it, is covered at some height.
  func covers(_ place: Double) -> Bool { abs(place - along) < width / 2 }
}
