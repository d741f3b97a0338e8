// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// What of a simulated world is drawn anew for every episode, each uniformly about its setting: domain randomisation
/// (Tobin et al., *Domain Randomization for Transferring Deep Neural Networks from Simulation to the Real World*,
/// IROS 2017). The ranges of light and the sheets on the walls have keys of their own.
///
/// `PenConfiguration.keys` describes each property. With the defaults every episode is in the same world.
public struct PenRandomization: Hashable, Sendable {
  public var targetLevels = 0.0
  public var surfaceLevels = 0.0
  public var cameraTiltDegrees = 0.0
  public var cameraHeightMeters = 0.0
  public var fieldOfViewDegrees = 0.0
  public var motorDelayCycles = 0
  public var wheelSpeedShare = 0.0

  public init() {}
}
