public import AVGCore
public import AVGGuard
import AVGRobot

/// What the learner says to the guard; each is one datagram.
struct ExecOrder: SoleGuardOrder {
  enum Kind: UInt8, BitwiseCopyable {
    /// Drive at `speeds`, until the order is too old.
    case drive
    /// Stop, and stay so until `clear`.
    case halt
    /// End a halt.
    case clear
  }

  var kind: Kind
  var speeds = DriveSpeeds.stopped
  /// Counts the learner's orders, from 1.
  var number: UInt64 = 0
  /// When the order was given.
  var given: MonotonicInstant

  var effect: OrderStamp.Effect {
    switch kind {
    case .drive: .moves
    case .halt: .halts
    case .clear: .other
    }
  }
}

/// What the robot said last, every field in its range.
public struct ExecReading: BitwiseCopyable, Hashable, Sendable {
  /// The left bumper is pressed.
  public var leftBump = false
  /// The right bumper is pressed.
  public var rightBump = false
  /// A wheel hangs free.
  public var wheelDrop = false
  /// The floor ends below the front.
  public var cliff = false
  /// The robot stands on its dock.
  public var isDocked = false
  /// The robot does what it is told; a program that does not say so always does.
  public var isReady = true
  /// How far forward the wheels have turned since the program began, in millimetres.
  public var odometerMillimeters = 0.0
  /// The six light-bump signals, 0…4095, from the left to the right; the last two places are unused.
  public var lightBumps = SIMD8<Float>()

  /// Makes a reading of a robot that feels nothing.
  public init() {}
}

/// What the guard is about.
public enum ExecPhase: UInt8, BitwiseCopyable, Sendable {
  /// The program has not said yet what it is.
  case starting
  /// The robot does what it is told.
  case driving
  /// The robot says that it is not ready.
  case unready
  /// The program answers late.
  case late
  /// The learner said `halt`: nothing moves before it has said `clear`.
  case held
  /// The run is over for this robot: the program is told to stop, and ended.
  case leaving
}

/// What the guard says to the learner.
public struct ExecReport: SoleGuardReport {
  /// What the guard is about.
  public var phase = ExecPhase.starting
  /// What the robot said last.
  public var reading = ExecReading()
  /// When it did; 0 before the first time.
  public var readAt = MonotonicInstant(nanoseconds: 0)
  /// The learner's last order that the robot has carried out.
  public var orderNumber: UInt64 = 0
  /// When that order was given.
  public var orderGiven = MonotonicInstant(nanoseconds: 0)
  /// When the robot said that it has done it.
  public var doneAt = MonotonicInstant(nanoseconds: 0)
  /// Stops for want of a fresh order.
  public var expiries: UInt32 = 0
  /// Stops because the program answered late.
  public var lateAnswers: UInt32 = 0
  /// Lines that the program has sent.
  public var lines: UInt64 = 0
  /// The program's process; 0 before there was one.
  var process: Int32 = 0
  /// What went wrong; empty while nothing has.
  var fault = GuardText()
  /// The name that the program gives itself.
  var name = GuardText()
  /// When it was written.
  public var written = MonotonicInstant(nanoseconds: 0)

  /// Makes the report of a guard that has done nothing yet.
  public init() {}
}
