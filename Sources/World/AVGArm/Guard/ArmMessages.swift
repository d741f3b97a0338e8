public import AVGCore
public import AVGGuard

extension JointSpeeds: GuardedCommand {
  /// These speeds, none beyond `limit` rad/s; one that is not finite is 0.
  public func bounded(by limit: Double) -> JointSpeeds {
    var bounded = JointVector()
    for joint in 0..<Self.jointCount {
      let speed = radiansPerSecond[joint]
      bounded[joint] = speed.isFinite ? max(-limit, min(limit, speed)) : 0
    }
    return JointSpeeds(radiansPerSecond: bounded)
  }
}

/// What the learner says to an arm's guard; each is one datagram.
struct ArmOrder: SoleGuardOrder {
  enum Kind: UInt8, BitwiseCopyable {
    /// Turn the joints at `speeds`, until the order is too old.
    case drive
    /// Go to the start, until the order is too old.
    case goToStart
    /// Stop, and stay so until `clear`.
    case halt
    /// End a halt.
    case clear
  }

  var kind: Kind
  var speeds = JointSpeeds.stopped
  /// Counts the learner's orders, from 1.
  var number: UInt64 = 0
  /// When the order was given.
  var given: MonotonicInstant

  var effect: OrderStamp.Effect {
    switch kind {
    case .drive, .goToStart: .moves
    case .halt: .halts
    case .clear: .other
    }
  }
}

/// What an arm's guard is about.
public enum ArmPhase: UInt8, BitwiseCopyable, Sendable {
  /// There is no connection, or nothing is heard.
  case searching
  /// The arm does what it is told.
  case driving
  /// Its safety system has stopped it; a person releases it, on the controller.
  case stopped
  /// It has no power, or its brakes are on.
  case notRunning
  /// The learner said `halt`: nothing moves before it has said `clear`.
  case held
  /// The run is over for this arm.
  case leaving

  /// What a person should know of it.
  var words: String {
    switch self {
    case .searching: "no answer; waits for it"
    case .driving: "ready"
    case .stopped: "stopped by its safety system; see why, and release it on the controller's screen"
    case .notRunning: "not running; switch it on and release its brakes on the controller's screen"
    case .held: "stopped by hand"
    case .leaving: "ends"
    }
  }
}

/// What an arm's guard says to the learner.
public struct ArmReport: SoleGuardReport {
  /// What the guard is about.
  public var phase = ArmPhase.searching
  /// What the controller said last.
  package var packet = StatePacket()
  /// When it did; 0 before the first time.
  public var packetAt = MonotonicInstant(nanoseconds: 0)
  /// The learner's last order that was carried out.
  public var orderNumber: UInt64 = 0
  /// When that order was given.
  public var orderGiven = MonotonicInstant(nanoseconds: 0)
  /// When the speeds that it asks for left.
  public var sentAt = MonotonicInstant(nanoseconds: 0)
  /// Whether the arm rests at its start.
  public var isAtStart = false
  /// Packets, and how many came later than two ticks of the controller after the one before.
  public var packets: UInt64 = 0
  /// See `packets`.
  public var latePackets: UInt64 = 0
  /// Bytes that were no packet.
  public var skippedBytes: UInt64 = 0
  /// Connections after the first.
  public var reconnections: UInt32 = 0
  /// Stops for want of a fresh order.
  public var expiries: UInt32 = 0
  /// Stops by the arm's safety system.
  public var safetyStops: UInt32 = 0
  /// Speeds that bounds made less.
  public var boundedOrders: UInt64 = 0
  /// The errno of the last attempt to connect; 0 if that succeeded.
  var connectCode: Int32 = 0
  /// The length of another version's packets; 0 for none.
  var foreignCount: Int32 = 0
  /// When it was written.
  public var written = MonotonicInstant(nanoseconds: 0)

  /// Makes the report of a guard that has done nothing yet.
  public init() {}
}
