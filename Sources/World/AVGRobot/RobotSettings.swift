public import AVGCore

/// How a robot is driven, reset and charged.
public struct RobotSettings: Codable, Hashable, Sendable {
  /// The fastest that a wheel may be told to turn, in mm/s, by the policy, the reset and the way from the dock.
  public var speedLimitMillimetersPerSecond = 300
  /// The guard stops the wheels when it has got no command for so long, in seconds.
  public var commandTimeoutSeconds = 0.2
  /// How long a robot that does not answer is waited for before the run ends, in seconds.
  public var searchSeconds = 60.0
  /// The speed of the wheels on the way to a new start, in mm/s.
  public var resetSpeedMillimetersPerSecond = 300
  /// The shortest time of the first turn, in seconds.
  public var shortestFirstTurnSeconds = 0.25
  /// The longest time of the first turn, in seconds.
  public var longestFirstTurnSeconds = 0.75
  /// The shortest time of backing off, in seconds.
  public var shortestRetreatSeconds = 1.0
  /// The longest time of backing off, in seconds.
  public var longestRetreatSeconds = 1.5
  /// The shortest time of the second turn, in seconds.
  public var shortestSecondTurnSeconds = 0.5
  /// The longest time of the second turn, in seconds.
  public var longestSecondTurnSeconds = 1.0
  /// The shortest time of the last way forward, in seconds.
  public var shortestAdvanceSeconds = 0.3
  /// The longest time of the last way forward, in seconds.
  public var longestAdvanceSeconds = 0.6
  /// The battery's charge below which the robot goes to its dock between two episodes, in mAh; 0 never goes.
  public var chargeBelowMilliampereHours = 1200
  /// The charge at which it leaves the dock, in mAh.
  public var chargeUntilMilliampereHours = 1850
  /// How long the dock may be looked for, in seconds.
  public var longestDockingSeconds = 300.0
  /// How long charging may take, in seconds.
  public var longestChargingSeconds = 14_400.0

  /// What an episode counts more, in steps and in their reward of −1, when its time limit ends it: the time of a reset.
  public var timeOutSteps = 67

  /// Makes the settings of ReLoD's Create-Reacher.
  public init() {}

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check(
      "speedLimitMillimetersPerSecond", speedLimitMillimetersPerSecond, in: 1...DriveSpeeds.fastest)
    try InvalidSetting.check("commandTimeoutSeconds", commandTimeoutSeconds, in: Self.commandTimeouts)
    try InvalidSetting.check("searchSeconds", searchSeconds, in: 0...1_000_000)
    try InvalidSetting.check(
      "resetSpeedMillimetersPerSecond", resetSpeedMillimetersPerSecond, in: 1...DriveSpeeds.fastest)
    for (name, shortest, longest) in [
      ("FirstTurn", shortestFirstTurnSeconds, longestFirstTurnSeconds),
      ("Retreat", shortestRetreatSeconds, longestRetreatSeconds),
      ("SecondTurn", shortestSecondTurnSeconds, longestSecondTurnSeconds),
      ("Advance", shortestAdvanceSeconds, longestAdvanceSeconds),
    ] {
      try InvalidSetting.check("shortest\(name)Seconds", shortest, in: 0...60)
      try InvalidSetting.check("longest\(name)Seconds", longest, in: shortest...60)
    }
    try InvalidSetting.check("chargeBelowMilliampereHours", chargeBelowMilliampereHours, in: 0...10_000)
    try InvalidSetting.check(
      "chargeUntilMilliampereHours", chargeUntilMilliampereHours, in: chargeBelowMilliampereHours...10_000)
    try InvalidSetting.check("longestDockingSeconds", longestDockingSeconds, in: 1...1_000_000)
    try InvalidSetting.check("longestChargingSeconds", longestChargingSeconds, in: 1...1_000_000)
    try InvalidSetting.check("timeOutSteps", timeOutSteps, in: 0...1_000_000)
  }

  /// The time-outs that a guard takes, in seconds.
  public static let commandTimeouts = 0.05...5.0

  /// The guard's time-out.
  public var commandTimeout: Duration { .seconds(commandTimeoutSeconds) }
}
