public import AVGCore

/// What the learner says to the guard; each is one datagram.
struct GuardOrder: BitwiseCopyable, Hashable, Sendable {
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

/// What a guard counts.
public struct GuardCounts: BitwiseCopyable, Hashable, Sendable {
  /// Packets of the sensor stream that were accepted.
  public var packets = 0
  /// Bytes on the line that were part of none.
  public var skippedBytes = 0
  /// Stops because no fresh order came.
  public var expiries = 0
  /// Stops because the robot was not understood any longer.
  public var silences = 0
  /// Stops because of wheel drops and cliffs.
  public var hazards = 0
  /// Returns to safe mode after the robot had left it by itself.
  public var reentries = 0
  /// Commands sent again because the robot had not taken them.
  public var repeats = 0
  /// Times that the port was opened again.
  public var reopenings = 0

  /// Makes counts of nothing.
  public init() {}
}

/// Why a port cannot be opened, in a form that fits into a report.
enum PortProblem: UInt8, BitwiseCopyable {
  case none
  case missing
  case forbidden
  case noSerialPort
  case busy
  case failed

  init(_ error: RobotError) {
    self =
      switch error {
      case .noSuchPort: .missing
      case .noPermission: .forbidden
      case .notASerialPort: .noSerialPort
      case .busy: .busy
      default: .failed
      }
  }

  /// The error that it was made from; nil if there is no problem.
  func error(port: String, code: Int32) -> RobotError? {
    switch self {
    case .none: nil
    case .missing: .noSuchPort(port: port, present: SerialPort.ports())
    case .forbidden: .noPermission(port: port)
    case .noSerialPort: .notASerialPort(port: port)
    case .busy: .busy(port: port)
    case .failed: .requestFailed(port: port, request: "open", code: code)
    }
  }
}
