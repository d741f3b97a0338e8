import AVGCore

/// The six infrared sensors behind the Create 2's front bumper.
struct LightBumpSensors {
  private let pen: Pen
  private let radius: Double
  private let noiseShare: Double
  private let noiseUnits: Double

  /// Where the sensors look, in radians to the left of straight ahead, from the left to the right.
  private static let bearings = [1.13, 0.66, 0.22, -0.22, -0.66, -1.13]
  /// The signal with nothing in front.
  private static let ambient = 5.0
  /// The signal at a wall, and the greatest there is: 12 bits.
  private static let greatest = 4095.0
  /// The distance that halves the reflected light, in metres.
  private static let halvingDistance = 0.05

  init(_ configuration: PenConfiguration) {
    pen = Pen(configuration)
    radius = configuration.robotRadius
    noiseShare = configuration.lightBumpNoiseShare
    noiseUnits = configuration.lightBumpNoiseUnits
  }

  /// Fills `signals` [6] with whole numbers 0…4095, as the robot's packets 46–51 carry them.
  func read(at pose: Pose, _ random: inout RandomSource, into signals: inout [Float]) {
    for (index, bearing) in Self.bearings.enumerated() {
      let direction = pose.heading + bearing
      let hit = pen.firstHit(
        fromX: pose.x, y: pose.y, directionX: Elementary.cos(direction), directionY: Elementary.sin(direction)
      )
      let distance = max(0, hit.distance - radius) / Self.halvingDistance
      let reflected = Self.greatest / (1 + distance * distance) * (1 + noiseShare * random.normal())
      let signal = Self.ambient + reflected + noiseUnits * random.normal()
      signals[index] = Float(min(Self.greatest, max(0, signal)).rounded())
    }
  }
}
