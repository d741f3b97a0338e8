/// The colours of an episode's world in the light of an instant.
struct SceneColors {
  private let configuration: PenConfiguration
  private let surfaces: Surfaces
  private let episode: Episode
  private let light: Color

  init(_ configuration: PenConfiguration, _ surfaces: Surfaces, _ episode: Episode, _ light: Light) {
    self.configuration = configuration
    self.surfaces = surfaces
    self.episode = episode
    self.light = light.color
  }

  /// The room above the walls, seen at an angle in radians from the x axis.
  func background(at angle: Float) -> Color {
    let level = Surfaces.background(at: angle)
    return Color(red: level, green: 0.98 * level, blue: 1.02 * level).lit(by: light)
  }

  /// The light that falls on a wall at `depth` metres: walls grow darker with distance.
  func wallLight(atDepth depth: Double) -> Color { light.scaled(by: 0.72 + 0.28 / (1 + 0.8 * Float(depth))) }

  /// A band of a wall where a ray meets it.
  func wall(_ hit: Pen.Hit, band: Int, in light: Color) -> Color {
    let column = Int(hit.along * Surfaces.wallColumnsPerMeter) & (Surfaces.wallColumnCount - 1)
    let texture = (hit.wall.rawValue * Surfaces.wallColumnCount + column) * Surfaces.wallBandCount
    let paint = Surfaces.wallColors[hit.wall.rawValue] + episode.surfaceOffsets[hit.wall.rawValue]
    return paint.brightened(by: surfaces.wallTexture[texture + band]).lit(by: light)
  }

  /// The sheets on a wall of which each covers its place at some height.
  func forEachDistractor(at hit: Pen.Hit, _ body: (Distractor) -> Void) {
    for distractor in episode.distractors
    where distractor.wall == hit.wall.rawValue && distractor.covers(hit.along) {
      body(distractor)
    }
  }

  /// Whether the target covers the place at some height.
  func hasTarget(at hit: Pen.Hit) -> Bool {
    let fromMiddle = abs(hit.along - configuration.penWidthMeters / 2)
    return hit.wall == .far && fromMiddle < configuration.targetWidthMeters / 2
  }

  /// The target's colour.
  func target(in light: Color) -> Color { episode.targetColor.lit(by: light).scaled(by: 0.95) }

  /// The floor, where texture and shade are known.
  ///
  /// - Parameters:
  ///   - x: in cells of the texture.
  ///   - y: in cells of the texture.
  func floor(x: Float, y: Float, shade: Float) -> Color {
    let cells = Surfaces.floorCellCount
    // Bound: both indices are masked to the pattern's side, a power of two.
    let cell = (Int(x) & (cells - 1)) * cells + (Int(y) & (cells - 1))
    let paint = Surfaces.floorColor + episode.surfaceOffsets[Surfaces.wallColors.count]
    return paint.brightened(by: surfaces.floorTexture[cell]).lit(by: light).scaled(by: shade)
  }

  /// How bright the floor is at a depth in metres.
  static func floorShade(atDepth depth: Float) -> Float { 0.85 + 0.15 / (1 + depth) }
}
