public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How a robot is driven, reset and charged; `keys` describes each property. The defaults are those of ReLoD's
/// Create-Reacher.
public struct RobotSettings: ConfigurationSection {
  public var speedLimitMillimetersPerSecond = 300
  public var commandTimeoutSeconds = 0.2
  public var searchSeconds = 60.0
  public var resetSpeedMillimetersPerSecond = 300
  public var shortestFirstTurnSeconds = 0.25
  public var longestFirstTurnSeconds = 0.75
  public var shortestRetreatSeconds = 1.0
  public var longestRetreatSeconds = 1.5
  public var shortestSecondTurnSeconds = 0.5
  public var longestSecondTurnSeconds = 1.0
  public var shortestAdvanceSeconds = 0.3
  public var longestAdvanceSeconds = 0.6
  public var chargeBelowMilliampereHours = 1200
  public var chargeUntilMilliampereHours = 1850
  public var longestDockingSeconds = 300.0
  public var longestChargingSeconds = 14_400.0
  public var timeOutSteps = 67

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "speedLimitMillimetersPerSecond", \.speedLimitMillimetersPerSecond, 1...DriveSpeeds.fastest,
      unit: "mm/s",
      "Maximum speed of a wheel; the guard clamps faster commands."),
    Key(
      "commandTimeoutSeconds", \.commandTimeoutSeconds, commandTimeouts, unit: "s",
      "Time without a command after which the guard stops the wheels."),
    Key(
      "searchSeconds", \.searchSeconds, 0...1_000_000, unit: "s",
      "Time to wait for a robot that does not answer before the run ends, with its checkpoint."),
    Key(
      "resetSpeedMillimetersPerSecond", \.resetSpeedMillimetersPerSecond, 1...DriveSpeeds.fastest,
      unit: "mm/s",
      "Speed of the wheels during a reset, the way to a new start (ReLoD: 300)."),
    Key(
      "shortestFirstTurnSeconds", \.shortestFirstTurnSeconds, 0...60, unit: "s",
      "Minimum time of a reset's first turn, on the spot to either side. These times are random."),
    Key(
      "longestFirstTurnSeconds", \.longestFirstTurnSeconds,
      from: .of("shortestFirstTurnSeconds", \.shortestFirstTurnSeconds), to: 60, unit: "s",
      "Maximum time of that turn."),
    Key(
      "shortestRetreatSeconds", \.shortestRetreatSeconds, 0...60, unit: "s",
      "Minimum time of the retreat that follows."),
    Key(
      "longestRetreatSeconds", \.longestRetreatSeconds,
      from: .of("shortestRetreatSeconds", \.shortestRetreatSeconds), to: 60, unit: "s",
      "Maximum time of the retreat."),
    Key(
      "shortestSecondTurnSeconds", \.shortestSecondTurnSeconds, 0...60, unit: "s",
      "Minimum time of the second turn."),
    Key(
      "longestSecondTurnSeconds", \.longestSecondTurnSeconds,
      from: .of("shortestSecondTurnSeconds", \.shortestSecondTurnSeconds), to: 60, unit: "s",
      "Maximum time of the second turn."),
    Key(
      "shortestAdvanceSeconds", \.shortestAdvanceSeconds, 0...60, unit: "s",
      "Minimum time of the final advance."),
    Key(
      "longestAdvanceSeconds", \.longestAdvanceSeconds,
      from: .of("shortestAdvanceSeconds", \.shortestAdvanceSeconds), to: 60, unit: "s",
      "Maximum time of the advance."),
    Key(
      "chargeBelowMilliampereHours", \.chargeBelowMilliampereHours, 0...10_000, unit: "mAh",
      "Battery charge below which the robot drives to its dock between two episodes; 0 never does."),
    Key(
      "chargeUntilMilliampereHours", \.chargeUntilMilliampereHours,
      from: .of("chargeBelowMilliampereHours", \.chargeBelowMilliampereHours), to: 10_000, unit: "mAh",
      "Battery charge at which it leaves the dock."),
    Key(
      "longestDockingSeconds", \.longestDockingSeconds, 1...1_000_000, unit: "s",
      "Time to search for the dock before the run ends."),
    Key(
      "longestChargingSeconds", \.longestChargingSeconds, 1...1_000_000, unit: "s",
      "Time for charging before the run ends."),
    Key(
      "timeOutSteps", \.timeOutSteps, 0...1_000_000,
      """
      Steps added to an episode that its time limit ends, each with the reward −1 (ReLoD: 67, the time of a
      reset); nothing is learned from them.
      """),
  ]

  /// The time-outs that a guard takes, in seconds.
  public static let commandTimeouts = 0.05...5.0

  /// The least often that a moving robot is told to go on.
  static let orderInterval = Duration.milliseconds(45)

  /// The guard's time-out.
  public var commandTimeout: Duration { .seconds(commandTimeoutSeconds) }
}
