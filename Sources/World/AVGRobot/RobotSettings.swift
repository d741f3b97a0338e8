public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How a robot is driven, reset and charged; `keys` say what each property sets. The defaults are those of ReLoD's
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
      "The fastest that a wheel may be told to turn; the guard clamps what is faster."),
    Key(
      "commandTimeoutSeconds", \.commandTimeoutSeconds, commandTimeouts, unit: "s",
      "The guard stops the wheels when it has got no command for this long."),
    Key(
      "searchSeconds", \.searchSeconds, 0...1_000_000, unit: "s",
      "How long a robot without an answer is waited for before the run ends, with its checkpoint."),
    Key(
      "resetSpeedMillimetersPerSecond", \.resetSpeedMillimetersPerSecond, 1...DriveSpeeds.fastest,
      unit: "mm/s",
      "Speed of the wheels on the way to a new start (ReLoD: 300)."),
    Key(
      "shortestFirstTurnSeconds", \.shortestFirstTurnSeconds, 0...60, unit: "s",
      "That way: a turn on the spot to either side, for a random time of at least this long, …"),
    Key(
      "longestFirstTurnSeconds", \.longestFirstTurnSeconds,
      from: .of("shortestFirstTurnSeconds", \.shortestFirstTurnSeconds), to: 60, unit: "s",
      "… and at most this long;"),
    Key(
      "shortestRetreatSeconds", \.shortestRetreatSeconds, 0...60, unit: "s",
      "then straight back, for at least this long, …"),
    Key(
      "longestRetreatSeconds", \.longestRetreatSeconds,
      from: .of("shortestRetreatSeconds", \.shortestRetreatSeconds), to: 60, unit: "s",
      "… and at most this long;"),
    Key(
      "shortestSecondTurnSeconds", \.shortestSecondTurnSeconds, 0...60, unit: "s",
      "then a second turn, for at least this long, …"),
    Key(
      "longestSecondTurnSeconds", \.longestSecondTurnSeconds,
      from: .of("shortestSecondTurnSeconds", \.shortestSecondTurnSeconds), to: 60, unit: "s",
      "… and at most this long;"),
    Key(
      "shortestAdvanceSeconds", \.shortestAdvanceSeconds, 0...60, unit: "s",
      "then forward, for at least this long, …"),
    Key(
      "longestAdvanceSeconds", \.longestAdvanceSeconds,
      from: .of("shortestAdvanceSeconds", \.shortestAdvanceSeconds), to: 60, unit: "s",
      "… and at most this long."),
    Key(
      "chargeBelowMilliampereHours", \.chargeBelowMilliampereHours, 0...10_000, unit: "mAh",
      "Charge of the battery below which the robot goes to its dock between two episodes; 0 never goes."),
    Key(
      "chargeUntilMilliampereHours", \.chargeUntilMilliampereHours,
      from: .of("chargeBelowMilliampereHours", \.chargeBelowMilliampereHours), to: 10_000, unit: "mAh",
      "Charge at which it leaves the dock."),
    Key(
      "longestDockingSeconds", \.longestDockingSeconds, 1...1_000_000, unit: "s",
      "How long the dock may be looked for before the run ends."),
    Key(
      "longestChargingSeconds", \.longestChargingSeconds, 1...1_000_000, unit: "s",
      "How long charging may take before the run ends."),
    Key(
      "timeOutSteps", \.timeOutSteps, 0...1_000_000,
      """
      What an episode counts more, in steps and in their reward of −1, when its time limit ends it (ReLoD: 67, the time
      of a reset); nothing is learned from that.
      """),
  ]

  /// The time-outs that a guard takes, in seconds.
  public static let commandTimeouts = 0.05...5.0

  /// The guard's time-out.
  public var commandTimeout: Duration { .seconds(commandTimeoutSeconds) }
}
