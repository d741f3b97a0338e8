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

  /// Draws the light of a new episode.
  init(_ configuration: PenConfiguration, _ random: inout RandomSource) {
    gain = random.uniform(in: configuration.minimumLightGain...configuration.maximumLightGain)
    let drift = configuration.maximumLightDriftPerSecond
    driftPerSecond = random.uniform(in: -drift...drift)
    let tints = 1 - configuration.maximumLightTint...1 + configuration.maximumLightTint
    redTint = random.uniform(in: tints)
    greenTint = random.uniform(in: tints)
    blueTint = random.uniform(in: tints)
  }

  /// Lets the light drift; at the bounds of its range it turns back.
  mutating func advance(seconds: Double, _ configuration: PenConfiguration) {
    gain += driftPerSecond * seconds
    if gain < configuration.minimumLightGain { driftPerSecond = abs(driftPerSecond) }
    if gain > configuration.maximumLightGain { driftPerSecond = -abs(driftPerSecond) }
  }
}
