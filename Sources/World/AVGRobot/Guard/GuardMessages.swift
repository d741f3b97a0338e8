public import AVGCore
import AVGGuard
import Glibc

/// What the learner says to the guard; each is one datagram.
struct GuardOrder: StampedOrder, Hashable {
  enum Kind: UInt8, BitwiseCopyable {
    /// Drive at `speeds`, until the order is too old.
    case drive
    /// The learner lives, and wants nothing else: the dock may be looked for on.
    case live
    /// Forget a hazard that is over, and go back to safe mode.
    case clear
    /// Stop, and stay so until `clear`.
    case halt
    /// Look for the dock.
    case seekDock
    /// Leave the dock: safe mode, though a charger is connected.
    case leaveDock
  }

  var kind: Kind
  var speeds = DriveSpeeds.stopped
  /// Counts the learner's orders, from 1.
  var number: UInt64
  /// When the order was given.
  var given: MonotonicInstant
  /// The port at which the learner could halt the robot itself; 0 for none.
  var portNumber: UInt32 = 0

  var effect: OrderStamp.Effect {
    switch kind {
    case .halt: .halts
    case .drive, .seekDock, .leaveDock: .moves
    case .live, .clear: .other
    }
  }
}

/// The sign of life that the two guards give each other; each is one datagram.
struct GuardBeat: BitwiseCopyable, Hashable, Sendable {
  /// The port that the sender holds, as the first guard counts them; 0 for none.
  var portNumber: UInt32 = 0
  /// The process that sends it.
  var process: pid_t
  /// How often the second guard has halted the robot in the first one's place.
  var halts: UInt32 = 0
  /// The first guard has left the robot, or the second was told to end.
  var isEnding = false
}

/// What the guard is about.
public enum GuardPhase: UInt8, BitwiseCopyable, Sendable {
  /// The port cannot be opened.
  case searching
  /// The port is open, and the robot has not answered yet, or answers no longer.
  case waking
  /// The robot answers; it is on its way to safe mode.
  case entering
  /// The robot is in safe mode and does what it is told.
  case driving
  /// A wheel dropped, there was a cliff, or the learner said `halt`: nothing moves before the learner has said `clear`.
  case held
  /// The robot looks for its dock by itself.
  case docking
  /// The robot stands at a charger.
  case docked
  /// The second guard is silent: nothing moves before it is heard.
  case alone
  /// The computer goes to sleep: nothing moves before it has come back.
  case suspending
}

/// What the guard says to the learner, every 15 ms or so; each is one datagram.
public struct GuardReport: BitwiseCopyable, Sendable {
  /// What the guard is about.
  public var phase = GuardPhase.searching
  /// What the robot said last.
  public var reading = SensorReading()
  /// When it did; 0 before the first time.
  public var readAt = MonotonicInstant(nanoseconds: 0)
  /// The speeds that were really sent last.
  public var sent = DriveSpeeds.stopped
  /// When they were.
  public var sentAt = MonotonicInstant(nanoseconds: 0)
  /// The learner's last order that was carried out.
  public var orderNumber: UInt64 = 0
  /// When that order was given.
  public var orderGiven = MonotonicInstant(nanoseconds: 0)
  /// Counts the openings of the port; 0 before the first.
  public var portNumber: UInt32 = 0
  /// Who seems to be at the port instead of a Create 2.
  public var stranger = Stranger.none
  /// What has happened so far.
  public var counts = GuardCounts()
  /// Why the port could not be opened at the last attempt, if it could not.
  var problem = PortProblem.none
  /// The errno of that problem.
  var problemCode: Int32 = 0
  /// When the report was written.
  public var written = MonotonicInstant(nanoseconds: 0)

  /// Makes the report of a guard that has done nothing yet.
  public init() {}
}
