import AVGCore

/// A colour in levels 0…255, before clamping.
struct Color: Codable, Hashable, Sendable {
  var red: Float
  var green: Float
  var blue: Float

  static let black = Color(red: 0, green: 0, blue: 0)

  static func + (lhs: Color, rhs: Color) -> Color {
    Color(red: lhs.red + rhs.red, green: lhs.green + rhs.green, blue: lhs.blue + rhs.blue)
  }

  /// The colour with `level` added to each channel.
  func brightened(by level: Float) -> Color {
    Color(red: red + level, green: green + level, blue: blue + level)
  }

  /// The colour under a light.
  func lit(by light: Color) -> Color {
    Color(red: red * light.red, green: green * light.green, blue: blue * light.blue)
  }

  /// The colour in light `factor` times as strong.
  func scaled(by factor: Float) -> Color {
    Color(red: red * factor, green: green * factor, blue: blue * factor)
  }
}

/// Colours and textures of the pen: the same for every seed, as the walls of a room are.
struct Surfaces {
  /// Colours of the walls, in the order of `Pen.Wall`.
  static let wallColors = [
    Color(red: 188, green: 178, blue: 160), Color(red: 170, green: 166, blue: 160),
    Color(red: 196, green: 186, blue: 172), Color(red: 160, green: 152, blue: 146),
  ]
  static let floorColor = Color(red: 112, green: 106, blue: 100)

  /// Bands that a wall is divided into from bottom to top, and columns that its pattern repeats after.
  static let wallBandCount = 8
  static let wallColumnCount = 512
  static let wallColumnsPerMeter = 300.0

  /// Cells along each side of the floor's pattern, which repeats.
  static let floorCellCount = 64
  static let floorCellsPerMeter = 60.0

  /// Levels to be added to the walls' colours [4, columns, bands].
  let wallTexture: [Float]
  /// Levels to be added to the floor's colour [cells, cells].
  let floorTexture: [Float]

  init() {
    var random = RandomSource(seed: 0, purpose: "pen surfaces")
    var wallTexture: [Float] = []
    for _ in Self.wallColors {
      let coarsePhase = random.uniform(in: 0...2 * .pi)
      let finePhase = random.uniform(in: 0...2 * .pi)
      for column in 0..<Self.wallColumnCount {
        for band in 0..<Self.wallBandCount {
          let coarse = 7 * Elementary.sin(Double(column) * 0.06 + coarsePhase)
          let fine = 5 * Elementary.sin(Double(column) * 0.17 + finePhase + Double(band) * 0.4)
          wallTexture.append(Float(coarse + fine + 2.5 * random.normal()))
        }
      }
    }
    self.wallTexture = wallTexture

    // White noise, smoothed over 3 × 3 cells so that it shows at a distance.
    let cells = Self.floorCellCount
    let noise = (0..<cells * cells).map { _ in Float(random.normal()) }
    floorTexture = (0..<cells * cells).map { index in
      var sum: Float = 0
      for row in [cells - 1, 0, 1] {
        for column in [cells - 1, 0, 1] {
          sum += noise[(index / cells + row) % cells * cells + (index + column) % cells]
        }
      }
      return 2 * sum
    }
  }

  /// Levels by which the room above the walls grows brighter from row to row of a level camera's image.
  static let backgroundRise: Float = 0.2

  /// Brightness of the room above the walls, seen at `angle` radians from the x axis.
  static func background(at angle: Float) -> Float {
    120 + 25 * Elementary.sin(2 * angle + 0.7) + 12 * Elementary.sin(5 * angle)
  }
}
