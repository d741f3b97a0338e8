import AVGCore
package import AVGCreate2

/// The way to a new start: turn, back off, turn, go forward, each for a random time.
///
/// Source: ReLoD, `create2_visual_reacher.py`.
package struct ResetScript {
  /// One stretch of the way.
  package struct Move: Hashable {
    package var speeds: WheelSpeeds
    package var duration: Duration
  }

  private let settings: RobotSettings
  private var random: RandomSource

  /// Makes the script of a seed.
  package init(_ settings: RobotSettings, seed: UInt64) {
    self.settings = settings
    random = RandomSource(seed: seed, purpose: "robot resets")
  }

  /// Draws a way.
  package mutating func draw() -> [Move] {
    let speed = Double(settings.resetSpeedMillimetersPerSecond)
    return [
      turn(speed, settings.shortestFirstTurnSeconds...settings.longestFirstTurnSeconds),
      move(-speed, -speed, settings.shortestRetreatSeconds...settings.longestRetreatSeconds),
      turn(speed, settings.shortestSecondTurnSeconds...settings.longestSecondTurnSeconds),
      move(speed, speed, settings.shortestAdvanceSeconds...settings.longestAdvanceSeconds),
    ]
  }

  /// The way from the dock, straight back and half a turn: 235 mm of wheel base, at no more than the reset's speed.
  func leaveDock() -> [Move] {
    let speed = Double(settings.resetSpeedMillimetersPerSecond)
    return [
      Move(speeds: Self.speeds(-speed, -speed), duration: .seconds(400 / speed)),
      Move(speeds: Self.speeds(speed, -speed), duration: .seconds(.pi * 235 / 2 / speed)),
    ]
  }

  private mutating func turn(_ speed: Double, _ seconds: ClosedRange<Double>) -> Move {
    let direction = random.uniform() < 0.5 ? -speed : speed
    return move(direction, -direction, seconds)
  }

  private mutating func move(_ left: Double, _ right: Double, _ seconds: ClosedRange<Double>) -> Move {
    Move(speeds: Self.speeds(left, right), duration: .seconds(random.uniform(in: seconds)))
  }

  private static func speeds(_ left: Double, _ right: Double) -> WheelSpeeds {
    WheelSpeeds(left: .millimetersPerSecond(left), right: .millimetersPerSecond(right))
  }
}
