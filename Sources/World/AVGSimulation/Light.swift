import AVGCore

/// The light of an episode.
public struct Light: Codable, Hashable, Sendable {
  /// Brightness; 1 is the light that the colours are given for.
  public var gain: Double
  /// Change of the gain per second.
  public var driftPerSecond: Double
  /// Factor of the red channel.
  public var redTint: Double
  /// Factor of the green channel.
  public var greenTint: Double
  /// Factor of the blue channel.
  public var blueTint: Double
  /// Change of the red factor per second.
  public var redDriftPerSecond: Double
  /// Change of the green factor per second.
  public var greenDriftPerSecond: Double
  /// Change of the blue factor per second.
  public var blueDriftPerSecond: Double

  /// Draws the light of a new episode.
  ///
  /// - Parameters:
  ///   - random: draws the light that the episode starts in.
  ///   - drifts: draws how its colour changes, so that a world without such a change draws the same light.
  init(_ configuration: PenConfiguration, _ random: inout RandomSource, drifts: inout RandomSource) {
    gain = random.uniform(in: configuration.minimumLightGain...configuration.maximumLightGain)
    let drift = configuration.maximumLightDriftPerSecond
    driftPerSecond = random.uniform(in: -drift...drift)
    let tints = 1 - configuration.maximumLightTint...1 + configuration.maximumLightTint
    redTint = random.uniform(in: tints)
    greenTint = random.uniform(in: tints)
    blueTint = random.uniform(in: tints)
    let tintDrift = configuration.maximumTintDriftPerSecond
    redDriftPerSecond = drifts.uniform(in: -tintDrift...tintDrift)
    greenDriftPerSecond = drifts.uniform(in: -tintDrift...tintDrift)
    blueDriftPerSecond = drifts.uniform(in: -tintDrift...tintDrift)
  }

  /// Lets the light drift; at the bounds of its range it turns back.
  mutating func advance(seconds: Double, _ configuration: PenConfiguration) {
    let gains = configuration.minimumLightGain...configuration.maximumLightGain
    Self.drift(&gain, by: &driftPerSecond, in: gains, seconds)
    let tints = 1 - configuration.maximumLightTint...1 + configuration.maximumLightTint
    Self.drift(&redTint, by: &redDriftPerSecond, in: tints, seconds)
    Self.drift(&greenTint, by: &greenDriftPerSecond, in: tints, seconds)
    Self.drift(&blueTint, by: &blueDriftPerSecond, in: tints, seconds)
  }

  private static func drift(
    _ value: inout Double, by rate: inout Double, in range: ClosedRange<Double>, _ seconds: Double
  ) {
    value += rate * seconds
    if value < range.lowerBound { rate = abs(rate) }
    if value > range.upperBound { rate = -abs(rate) }
  }

  /// The light as factors of the three channels.
  var color: Color {
    Color(red: Float(gain * redTint), green: Float(gain * greenTint), blue: Float(gain * blueTint))
  }
}
