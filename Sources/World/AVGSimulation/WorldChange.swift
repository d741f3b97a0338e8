public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// A change that a training goes through: from some step on the world is another; `keys` describes each property.
public struct WorldChange: ConfigurationSection {
  public var step = 1
  public var set: [String] = []

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "step", \.step, 1...1_000_000_000,
      "The first episode that begins after so many control steps of the training is in the changed world."),
    Key(
      "set", \.set, allowed: "at least one key=value", where: { !$0.isEmpty },
      """
      What changes, as --set takes it: keys of simulation and of task.targetColor, such as
      simulation.cameraTiltDegrees=20. All else stays as the change before left it.
      """),
  ]
}

/// A world that another one becomes.
public struct ComingWorld: Sendable {
  /// The control steps after which the next episode begins in it.
  public var step: Int
  /// The world.
  public var configuration: PenConfiguration

  /// Names a world and when it comes.
  public init(step: Int, _ configuration: PenConfiguration) {
    self.step = step
    self.configuration = configuration
  }
}
