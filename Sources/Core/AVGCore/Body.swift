/// A speed, kept in a type so that units cannot be mixed.
public struct Speed: Hashable, Sendable {
  /// The speed in millimetres per second.
  public var millimetersPerSecond: Double

  /// Makes a speed from millimetres per second.
  public static func millimetersPerSecond(_ value: Double) -> Speed {
    Speed(millimetersPerSecond: value)
  }

  /// Standing still.
  public static let zero = Speed(millimetersPerSecond: 0)
}

/// What a differential drive is told to do.
public struct WheelSpeeds: Hashable, Sendable {
  /// The left wheel's speed, forward positive.
  public var left: Speed
  /// The right wheel's speed, forward positive.
  public var right: Speed

  /// Makes a pair of wheel speeds.
  public init(left: Speed, right: Speed) {
    self.left = left
    self.right = right
  }

  /// Both wheels standing still.
  public static let stopped = WheelSpeeds(left: .zero, right: .zero)
}

/// What a wheeled base feels, in the units of the Create 2 Open Interface.
public struct Create2Senses: Hashable, Sendable {
  /// The six light-bump signals, 0…4095, from the left to the right (packets 46–51).
  public var lightBumps: [Float]
  /// The left bumper is pressed (packet 7).
  public var leftBump = false
  /// The right bumper is pressed (packet 7).
  public var rightBump = false
  /// A wheel hangs free (packet 7).
  public var wheelDrop = false
  /// The floor ends below the front (packets 9–12).
  public var cliff = false
  /// The base stands on its dock (packet 34).
  public var isDocked = false
  /// How far forward the wheels have turned since the last sensing or reset, in millimetres, backward negative: the mean
  /// of both encoders (packets 43 and 44).
  public var distanceMillimeters = 0.0

  /// How many light-bump signals a base has.
  public static let lightBumpCount = 6

  /// Makes the senses of a base that feels nothing.
  public init() {
    lightBumps = [Float](repeating: 0, count: Self.lightBumpCount)
  }
}

/// Whether an image shows the present.
public enum Freshness: Hashable, Sendable {
  /// It is a new one, no older than the body allows.
  case fresh
  /// There was none in time: the frame is as it was, and nobody should drive by it.
  case stale
}

/// A camera on a wheeled base, on a clock: simulated, real or recorded.
///
/// A control cycle is `drive`, `awaitCycle`, `sense`, in this order.
public protocol Body: ~Copyable {
  /// What can go wrong while driving or sensing.
  associatedtype Failure: Error

  /// Sets the wheel speeds, valid until the next call.
  mutating func drive(_ speeds: WheelSpeeds) throws(Failure)

  /// Lets the world go on to the end of the present control cycle.
  ///
  /// - Returns: the whole cycles that had already gone by when this was called: 0 when on time.
  mutating func awaitCycle() throws(Failure) -> Int

  /// Reads the newest whole image and the base's sensors.
  ///
  /// After `reset` and after missed cycles the image is one that was captured since.
  ///
  /// - Returns: whether there was such an image; `frame` is untouched if not. It may come back: call again after the
  ///   next cycle.
  mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(Failure) -> Freshness

  /// Stops and goes to a new starting place.
  ///
  /// - Returns: whether the body is somewhere else now; a body that cannot move by itself says `false`.
  mutating func reset() throws(Failure) -> Bool
}
