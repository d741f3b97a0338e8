public import AVGCore

/// Whose actions a robot with a learner on another computer carries out.
public enum ActingPlace: String, SettingChoice {
  case robot, learner

  /// What the name stands for.
  public var meaning: String {
    switch self {
    case .robot: "The robot's own, by the policy that it was sent last."
    case .learner:
      "The learner's: it is asked at each step, and where its answer is late the robot acts by its own policy."
    }
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How a robot and a learner on another computer work together; `keys` describes each property.
public struct RemoteSettings: ConfigurationSection {
  public var acting = ActingPlace.robot
  public var longestActionMilliseconds = 20.0
  public var longestStalePolicySeconds = 30.0
  public var queueMegabytes = 64
  public var policyIntervalUpdates = 22
  public var policyIntervalMilliseconds = 1000

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("acting", \.acting, "Whose actions the robot carries out."),
    Key(
      "longestActionMilliseconds", \.longestActionMilliseconds, 0.1...10_000,
      "How long the robot waits for an action of the learner's, before it acts by its own policy."),
    Key(
      "longestStalePolicySeconds", \.longestStalePolicySeconds, 0.1...86_400,
      "How long the robot acts by a policy of which nothing new is heard; then it stands still until the learner is back."
    ),
    Key(
      "queueMegabytes", \.queueMegabytes, 1...65_536,
      "Memory of the robot for steps that the learner may still need; beyond it the oldest are dropped and counted."
    ),
    Key(
      "policyIntervalUpdates", \.policyIntervalUpdates, 1...1_000_000_000,
      "Updates after which the learner sends its policy."),
    Key(
      "policyIntervalMilliseconds", \.policyIntervalMilliseconds, 1...86_400_000,
      "The same as a time: what comes first counts."),
  ]
}
