public import AVGGuard

/// What one packet of the stream says of the robot, every field in its range.
public struct SensorReading: BitwiseCopyable, Hashable, Sendable {
  /// The left bumper is pressed.
  public var leftBump = false
  /// The right bumper is pressed.
  public var rightBump = false
  /// A wheel hangs free.
  public var wheelDrop = false
  /// One of the four cliff sensors sees no floor.
  public var cliff = false
  /// The battery is being charged (states 1…3 of packet 21).
  public var isCharging = false
  /// A charger is connected: the robot's own socket or the dock.
  public var isAtCharger = false
  /// The battery's voltage, in millivolts.
  public var millivolts: UInt16 = 0
  /// The battery's charge, in milliampere-hours.
  public var charge: UInt16 = 0
  /// What the battery can hold, in milliampere-hours.
  public var capacity: UInt16 = 0
  /// How much the robot lets itself be told.
  public var mode = InterfaceMode.off
  /// The speeds that the robot believes it was told.
  public var requested = DriveSpeeds.stopped
  /// Counts of the left wheel's encoder, which wrap around.
  public var leftEncoder: UInt16 = 0
  /// Counts of the right wheel's encoder, which wrap around.
  public var rightEncoder: UInt16 = 0
  /// The six light-bump signals, 0…4095, from the left to the right; the last two places are unused.
  public var lightBumps = SIMD8<UInt16>()

  /// Makes a reading of a robot that is off and feels nothing.
  public init() {}

  /// Millimetres that a wheel turns for one count of its encoder: 508.8 counts a turn of a 72 mm wheel.
  public static let millimetersPerCount = 72 * Double.pi / 508.8
}

/// Wheel speeds as the Open Interface carries them.
public struct DriveSpeeds: BitwiseCopyable, Hashable, Sendable, GuardedCommand {
  /// Millimetres per second, forward positive.
  public var left: Int16
  /// Millimetres per second, forward positive.
  public var right: Int16

  /// Makes a pair of speeds in millimetres per second.
  public init(left: Int16, right: Int16) {
    self.left = left
    self.right = right
  }

  /// Both wheels standing still.
  public static let stopped = DriveSpeeds(left: 0, right: 0)

  /// The fastest that the robot takes, in millimetres per second.
  public static let fastest = 500

  /// The whole speeds nearest to `left` and `right` within ±`limit` mm/s; not a number is standing still.
  ///
  /// Each wheel is bounded by itself, as the robot does it.
  public init(left: Double, right: Double, limit: Int) {
    self.left = Self.bounded(left, by: limit)
    self.right = Self.bounded(right, by: limit)
  }

  /// These speeds within ±`limit` mm/s.
  public func bounded(by limit: Int) -> DriveSpeeds {
    DriveSpeeds(left: Double(left), right: Double(right), limit: limit)
  }

  private static func bounded(_ speed: Double, by limit: Int) -> Int16 {
    let bound = Double(min(max(limit, 0), fastest))
    return speed.isNaN ? 0 : Int16(max(-bound, min(bound, speed.rounded())))
  }
}
