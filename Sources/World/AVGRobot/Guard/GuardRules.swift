import AVGCore

/// What the guard does about orders, readings and the time, apart from all reading and writing.
///
/// Nothing moves unless an order younger than `orderTimeout` asks for it, the robot reports that it is in the mode that
/// it was put in, the last report is young, and learner and second guard can halt the robot too. Whatever else happens
/// ends in `halt`: both wheels at 0, then passive mode, in which a garbled drive command moves nothing either.
struct GuardRules {
  struct Settings: Hashable, Sendable {
    /// The age at which an order is no longer obeyed.
    var orderTimeout = Duration.milliseconds(200)
    /// The fastest that a wheel may be told to turn, in mm/s.
    var speedLimit = DriveSpeeds.fastest
    /// The time without a reading after which the robot counts as not understood: packets come every 15 ms.
    var silenceTimeout = Duration.milliseconds(100)
  }

  let settings: Settings
  var report = GuardReport()
  /// The robot has said something that is not yet in a report sent.
  private(set) var hasNews = false
  /// Bytes for the robot; whoever writes them removes them.
  var outgoing: [UInt8] = []
  /// The port should be closed and opened again.
  var wantsReopening = false
  /// The robot should be woken through its baud-rate-change pin.
  var wantsWaking = false
  /// The robot was left, stopped and passive, or nothing more can be done.
  var hasEnded = false

  /// The mode that driving needs: safe, but full to leave a charger.
  var drivingMode = InterfaceMode.safe
  private var lastOrderGiven = MonotonicInstant(nanoseconds: 0)
  private var lastReadingAt = MonotonicInstant(nanoseconds: 0)
  var lastModeCommandAt = MonotonicInstant(nanoseconds: 0)
  var silentSince = MonotonicInstant(nanoseconds: 0)
  var nextAttemptAt = MonotonicInstant(nanoseconds: 0)
  var attempts = 0
  private var readingsInARow = 0
  private(set) var leavingSince: MonotonicInstant?
  var haltsWhileLeaving = 0
  private var hasOpened = false
  /// The port at which the other guard could halt the robot, and when it was heard last.
  var peerPortNumber: UInt32 = 0
  var peerHeardAt = MonotonicInstant(nanoseconds: 0)
  var isSuspending = false
  /// Orders that were given before count no more.
  var ordersCountFrom = MonotonicInstant(nanoseconds: 0)

  /// The packets in a row after which a line is trusted again, and the time between two of them.
  private static let trustedReadings = 3
  private static let longestPacketGap = Duration.milliseconds(40)
  /// The robot takes a command within one packet; three make sure.
  private static let takingTime = Duration.milliseconds(50)
  private static let modeCommandInterval = Duration.milliseconds(100)
  /// A docked robot falls asleep after a minute without a command.
  private static let wakefulInterval = Duration.seconds(20)
  private static let longestLeaving = Duration.seconds(10)

  init(_ settings: Settings = Settings()) {
    self.settings = settings
    outgoing.reserveCapacity(1024)
  }

  // MARK: The port

  /// The port was opened: whatever the robot is doing, it is halted and asked for its stream.
  mutating func portOpened(at now: MonotonicInstant) {
    if report.readAt.nanoseconds != 0 { report.counts.reopenings += 1 }
    report.problem = .none
    report.portNumber &+= 1
    hasOpened = true
    wantsReopening = false
    attempts = 0
    fallSilent(at: now)
  }

  /// The port cannot be opened.
  mutating func portRefused(_ error: RobotError) {
    report.problem = PortProblem(error)
    if case .requestFailed(_, _, let code) = error { report.problemCode = code }
  }

  /// The port is gone.
  mutating func portLost(at now: MonotonicInstant) {
    report.phase = .searching
    wantsReopening = false
    report.sent = .stopped
    outgoing.removeAll(keepingCapacity: true)
  }

  /// The line was pulled, to wake the robot.
  mutating func wakingDone() { wantsWaking = false }

  /// Writes down what is counted elsewhere, and the time of the report.
  mutating func writeReport(_ parser: borrowing StreamParser, at now: MonotonicInstant) {
    report.counts.packets = parser.acceptedPackets
    report.counts.skippedBytes = parser.skippedBytes
    report.written = now
    hasNews = false
  }

  // MARK: Events

  /// The robot has said something.
  mutating func read(_ reading: SensorReading, at now: MonotonicInstant) {
    let isNext = lastReadingAt.duration(to: now) <= Self.longestPacketGap
    readingsInARow = isNext ? readingsInARow + 1 : 1
    lastReadingAt = now
    report.reading = reading
    report.readAt = now
    hasNews = true
    if leavingSince != nil { return leave(reading) }
    let isHazard = reading.wheelDrop || reading.cliff
    switch report.phase {
    case .searching: break
    case .waking:
      attempts = 0
      // In noise a packet may well come through whole, and a command not.
      if readingsInARow >= Self.trustedReadings { enter(at: now) }
    case .entering:
      if isHazard {
        hold(at: now)
      } else if reading.isAtCharger, drivingMode == .safe {
        report.phase = .docked
      } else if reading.mode == drivingMode {
        report.phase = .driving
      } else if lastModeCommandAt.duration(to: now) >= Self.modeCommandInterval {
        enter(at: now)
      }
    case .driving:
      if isHazard {
        hold(at: now)
      } else if drivingMode == .full, !reading.isAtCharger {
        drivingMode = .safe
        enter(at: now)
      } else if reading.mode != drivingMode {
        report.counts.reentries += 1
        enter(at: now)
      } else if reading.requested != report.sent, report.sentAt.duration(to: now) >= Self.takingTime {
        report.counts.repeats += 1
        send(report.sent, at: now)
      }
    case .alone, .suspending: leaveObstacle(at: now)
    case .held:
      if reading.requested != .stopped, reading.mode != .passive { halt() }
    case .docking: if reading.isAtCharger { report.phase = .docked }
    case .docked:
      if !reading.isAtCharger {
        enter(at: now)
      } else if lastModeCommandAt.duration(to: now) >= Self.wakefulInterval {
        lastModeCommandAt = now
        Command.start.encode(into: &outgoing)
      }
    }
  }

  /// The learner has said something.
  mutating func obey(_ order: GuardOrder, at now: MonotonicInstant) {
    guard leavingSince == nil else { return }
    // No stop comes too late.
    guard order.kind == .halt || order.given.duration(to: now) <= settings.orderTimeout else { return }
    guard order.kind == .halt || order.given >= ordersCountFrom else { return }
    // A learner that could not halt the robot itself must not set it in motion.
    guard !order.kind.moves || order.portNumber == report.portNumber else { return }
    lastOrderGiven = order.given
    switch order.kind {
    case .live: return
    case .drive:
      guard report.phase == .driving else { return }
      send(order.speeds.bounded(by: settings.speedLimit), at: now)
    case .clear:
      drivingMode = .safe
      if report.phase == .held, !report.reading.wheelDrop, !report.reading.cliff { enter(at: now) }
    case .halt:
      halt()
      switch report.phase {
      case .driving, .entering, .docking, .alone, .suspending: report.phase = .held
      default: break
      }
      return
    case .seekDock:
      guard report.phase == .driving else { return }
      send(.stopped, at: now)
      Command.seekDock.encode(into: &outgoing)
      report.phase = .docking
    case .leaveDock:
      guard report.phase == .docked else { return }
      drivingMode = .full
      enter(at: now)
    }
    report.orderNumber = order.number
    report.orderGiven = order.given
  }

  /// The learner is gone, or wants no more: the robot is to be left stopped and passive.
  mutating func beginLeaving(at now: MonotonicInstant) {
    guard leavingSince == nil else { return }
    leavingSince = now
    // A port that never was there needs no waiting for.
    if hasOpened { haltWhileLeaving() } else { hasEnded = true }
  }

  /// The robot of a guard that is gone is to be left stopped and passive, over its port.
  mutating func takeOver(at now: MonotonicInstant) {
    hasOpened = true
    report.phase = .waking
    beginLeaving(at: now)
  }

  /// Time has gone on; to be called every 10 ms or so.
  mutating func tick(at now: MonotonicInstant) {
    if let leavingSince {
      hasEnded = hasEnded || leavingSince.duration(to: now) > Self.longestLeaving
      if report.phase != .searching, !hasEnded { haltWhileLeaving() }
      return
    }
    checkObstacles(at: now)
    let isExpired = lastOrderGiven.duration(to: now) > settings.orderTimeout
    switch report.phase {
    case .searching: return
    case .waking: wake(at: now)
    case .driving where isExpired && report.sent != .stopped:
      report.counts.expiries += 1
      send(.stopped, at: now)
    case .docking where isExpired:
      report.counts.expiries += 1
      halt()
      enter(at: now)
    default: break
    }
    if report.phase != .waking, lastReadingAt.duration(to: now) > settings.silenceTimeout {
      report.counts.silences += 1
      fallSilent(at: now)
    }
  }
}
