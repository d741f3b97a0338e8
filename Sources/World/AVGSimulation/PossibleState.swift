import AVGCore

// What is read from a file can be anything. Numbers that no world can have come to are found here, before they are
// computed with; one that is not a number lies within no bound.

extension SimulatedBody.State {
  /// The key of a value that no world of `configuration` can have come to; nil if there is none.
  func impossibleKey(_ configuration: PenConfiguration, followsOwnClock: Bool) -> String? {
    // A wheel is up to twice as fast as it is told.
    let fastest = 2 * configuration.maximumWheelSpeedMillimetersPerSecond / 1000
    let checks: [(key: String, isPossible: Bool)] = [
      ("light", light.isPossible), ("episode", episode.isPossible),
      ("commandedLeft", abs(commandedLeft) <= fastest), ("commandedRight", abs(commandedRight) <= fastest),
      ("wheelLeft", abs(wheelLeft) <= fastest), ("wheelRight", abs(wheelRight) <= fastest),
      ("frameCount", ReadBounds.counts.contains(frameCount)), ("cycles", ReadBounds.counts.contains(cycles)),
      ("pastCommands", pastCommands.allSatisfy { abs($0.left) <= fastest && abs($0.right) <= fastest }),
      ("encoders", encoders.isPossible), ("clock", clock.isPossible(followsOwnClock: followsOwnClock)),
    ]
    return checks.first { !$0.isPossible }?.key
  }
}

extension Light {
  /// Whether a light can have come to this: gains and tints are below 4, and drift a little beyond.
  fileprivate var isPossible: Bool {
    [gain, redTint, greenTint, blueTint].allSatisfy { (-10...10).contains($0) }
      && [driftPerSecond, redDriftPerSecond, greenDriftPerSecond, blueDriftPerSecond]
        .allSatisfy { (-1...1).contains($0) }
  }
}

extension Episode {
  fileprivate var isPossible: Bool {
    mount.isPossible && targetColor.isPossible && surfaceOffsets.allSatisfy(\.isPossible)
      && distractors.allSatisfy(\.isPossible)
      && (-2...2).contains(leftWheelGain) && (-2...2).contains(rightWheelGain)
  }
}

extension CameraMount {
  /// Within what configuration and randomisation allow together.
  fileprivate var isPossible: Bool {
    (0.005...10.0).contains(heightMeters) && (-45.0...45).contains(tiltDegrees)
      && (-45.0...45).contains(panDegrees)
      && (5.0...150).contains(fieldOfViewDegrees)
  }
}

extension Color {
  /// Levels of 255, and differences of them.
  fileprivate var isPossible: Bool { [red, green, blue].allSatisfy { (-1000...1000).contains($0) } }
}

extension Distractor {
  /// A sheet on one of the walls of a pen of up to 20 m.
  fileprivate var isPossible: Bool {
    Surfaces.wallColors.indices.contains(wall) && color.isPossible
      && [along, width, bottom, top].allSatisfy { (-100...100).contains($0) }
  }
}

extension WorldClock {
  /// 73 years, and the longest that two events of one world are apart, 10 s: sums of both do not overflow, and no clock
  /// takes long to catch up.
  private static let (latest, span): (Int64, Int64) = (1 << 61, 10_000_000_000)

  /// Whether the clock of a world can show this: time does not run backwards, and what comes next is near.
  fileprivate func isPossible(followsOwnClock: Bool) -> Bool {
    guard [now, deadline, nextTick, nextExposure].allSatisfy((0...Self.latest).contains) else { return false }
    // A deadline can be missed for as long as images are waited for; it catches up at once.
    return abs(deadline - now) <= 1000 * Self.span && (0...Self.span).contains(nextTick - now)
      && (!followsOwnClock || (0...Self.span).contains(nextExposure - now)) && (0...now).contains(lastSight)
      && (0...now).contains(unread?.nanoseconds ?? now) && ReadBounds.counts.contains(unread?.sequence ?? 0)
      && (unread?.light.isPossible ?? true)
  }
}
