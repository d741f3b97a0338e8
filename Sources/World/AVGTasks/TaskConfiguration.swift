public import AVGCore
public import AVGImaging

/// The settings of a task; each key says if one of them alone uses it.
public struct TaskConfiguration: Codable, Hashable, Sendable {
  /// The tasks there are.
  public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Drive to the green target.
    case createReacher = "create-reacher"
    /// Move forward without touching anything.
    case createMover = "create-mover"
  }

  /// Which task it is.
  public var kind = Kind.createReacher
  /// Share of the image that the target must fill for the goal to be reached, 0…1 (Create-Reacher).
  public var minimumTargetArea = 0.12
  /// The share of the image that ends the first episodes, 0…`minimumTargetArea`: a curriculum; 0 for none (Create-Reacher).
  public var firstTargetArea = 0.0
  /// By how much that share grows with every episode that it ends: 0.01 is one hundredth.
  public var targetAreaGrowth = 0.01
  /// Steps after which an episode is cut off: 15 s.
  public var timeLimitSteps = 333
  /// Length of a control cycle, in seconds.
  public var controlPeriodSeconds = 0.045
  /// The wheel speed that an action of 1 stands for, in millimetres per second (the Create 2 takes up to 500).
  public var maximumWheelSpeedMillimetersPerSecond = 300.0
  /// The reward of a step in which a wheel loses the floor, which ends the episode (Create-Reacher).
  public var wheelDropReward = -333.0
  /// The reward of a millimetre moved forward (Create-Mover).
  public var rewardPerMillimeter = 0.15
  /// The colours of the target (Create-Reacher).
  public var targetColor = ColorCriteria()

  /// Makes the settings with which the default learner is known to learn the task.
  public init(_ kind: Kind = .createReacher) {
    self.kind = kind
    if kind == .createMover {
      // SenseAct's: 90 s in cycles of 150 ms, at ±150 mm/s.
      timeLimitSteps = 600
      controlPeriodSeconds = 0.15
      maximumWheelSpeedMillimetersPerSecond = 150
    }
  }

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("minimumTargetArea", minimumTargetArea, in: 0.001...1)
    try InvalidSetting.check("firstTargetArea", firstTargetArea, in: 0...minimumTargetArea)
    try InvalidSetting.check("targetAreaGrowth", targetAreaGrowth, in: 1e-6...1)
    try InvalidSetting.check("timeLimitSteps", timeLimitSteps, in: 1...1_000_000)
    try InvalidSetting.check("controlPeriodSeconds", controlPeriodSeconds, in: 0.005...2)
    try InvalidSetting.check(
      "maximumWheelSpeedMillimetersPerSecond", maximumWheelSpeedMillimetersPerSecond, in: 1...500)
    try InvalidSetting.check("wheelDropReward", wheelDropReward, in: -1_000_000...0)
    try InvalidSetting.check("rewardPerMillimeter", rewardPerMillimeter, in: 0...1000)
    do { try targetColor.validate() } catch {
      throw InvalidSetting(key: "targetColor." + error.key, value: error.value, allowed: error.allowed)
    }
  }

  /// What an environment of the task is like, with the standard stack of frames.
  public var specification: EnvironmentSpecification {
    EnvironmentSpecification(
      signalCount: CreateProprioception.count, actionCount: 2, controlPeriod: controlPeriod,
      measures: kind == .createMover ? [CreateMover.distance] : [],
      score: kind == .createMover ? .total(of: CreateMover.distance) : .success)
  }

  /// The length of a control cycle, in whole nanoseconds.
  public var controlPeriod: Duration { .nanoseconds(Int64((controlPeriodSeconds * 1e9).rounded())) }
}
