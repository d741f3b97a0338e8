import AVGCore
import AVGGuard

/// The decisions of a Create 2's guard on orders, readings and the passage of time, without any input or output.
///
/// `OrderRules` decide which orders count; this adds what the robot itself reports. Nothing moves unless a fresh order
/// asks for it, the robot reports that it is in the mode that it was put in, its last packet is recent, and both the learner
/// and the second guard can halt the robot too. Everything else ends in `halt`: both wheels at 0, then passive mode, in
/// which even a garbled drive command moves nothing.
///
/// The phases, and what leads from each to the next:
///
/// * `searching`: no port is open. One is opened → `waking`.
/// * `waking`: no valid packets arrive; the robot is halted and asked for its stream. Three packets in a row → `entering`.
/// * `entering`: it stands still, on the way to safe mode. It reports that mode → `driving`; a charger → `docked`; a wheel
///   drop or a cliff → `held`.
/// * `driving`: it executes orders. A wheel drop, a cliff or `halt` → `held`; `seekDock` → `docking`; a mode other than the
///   one it was put in → `entering`.
/// * `held`: it stands still. `clear`, once the hazard is over → `entering`.
/// * `docking`: it drives by itself. A charger → `docked`; no fresh order → `entering`.
/// * `docked`: it stands still. `leaveDock`, or the charger is gone → `entering`.
/// * `alone`, `suspending`: it stands still. Entered from `entering`, `driving` and `docking` when the second guard is
///   missing, or the computer is about to sleep. That is over → `entering`.
///
/// From every phase, the loss of the port leads to `searching` and silence to `waking`. An absence of this process leads to
/// `waking` too, except from `held`, because a stop by a person must last.
///
/// Wheels turn only in `driving` and `docking`. Every way into `driving` leads through `entering`, where the robot stands
/// still until it reports the right mode.
struct GuardRules {
  struct Settings: Hashable, Sendable {
    /// The age at which an order is no longer obeyed.
    var orderTimeout = Duration.milliseconds(200)
    /// The fastest that a wheel may be told to turn, in mm/s.
    var speedLimit = DriveSpeeds.fastest
    /// The time without a reading after which the robot counts as not understood: packets come every 15 ms.
    var silenceTimeout = Duration.milliseconds(100)
  }

  /// The rules for orders.
  var orders: OrderRules<DriveSpeeds>
  let silenceTimeout: Duration
  var report = GuardReport()
  /// The robot has said something that is not yet in a report sent.
  private(set) var hasNews = false
  /// Bytes for the robot; the caller that writes them removes them.
  var outgoing: [UInt8] = []
  /// The port should be closed and opened again.
  var wantsReopening = false
  /// The robot should be woken through its baud-rate-change pin.
  var wantsWaking = false
  /// The robot was left, stopped and passive, or nothing more can be done.
  var hasEnded = false

  /// The mode that driving needs: safe, but full to leave a charger.
  var drivingMode = InterfaceMode.safe
  private var lastReadingAt = MonotonicInstant(nanoseconds: 0)
  var lastModeCommandAt = MonotonicInstant(nanoseconds: 0)
  var silentSince = MonotonicInstant(nanoseconds: 0)
  var nextAttemptAt = MonotonicInstant(nanoseconds: 0)
  var nextHaltAt = MonotonicInstant(nanoseconds: 0)
  var attempts = 0
  private var readingsInARow = 0
  var haltsWhileLeaving = 0
  private var hasOpened = false

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
    orders = OrderRules(timeout: settings.orderTimeout, limit: settings.speedLimit)
    silenceTimeout = settings.silenceTimeout
    outgoing.reserveCapacity(1024)
  }

  /// Whether the learner is gone and the robot is being left stopped and passive.
  var isLeaving: Bool { orders.leavingSince != nil }

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
    if isLeaving { return leave(reading) }
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
    guard orders.admit(order.stamp, portNumber: report.portNumber, at: now) else { return }
    switch order.kind {
    case .live: return
    case .drive:
      guard report.phase == .driving else { return }
      send(orders.bounded(order.speeds), at: now)
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
    guard orders.beginLeaving(at: now) else { return }
    // A port that never was there needs no waiting for.
    if hasOpened { haltWhileLeaving() } else { hasEnded = true }
  }

  /// The robot of a guard that is gone is to be left stopped and passive, over its port.
  mutating func takeOver(at now: MonotonicInstant) {
    hasOpened = true
    report.phase = .waking
    beginLeaving(at: now)
  }

  /// Handles the passage of time; called about every 10 ms.
  ///
  /// Orders and packets are handled when they arrive (`obey`, `read`). Their absence is not an event, so each tick checks
  /// for it: first for the learner, then for the permission to move, then for packets.
  mutating func tick(at now: MonotonicInstant) {
    // Without a learner the robot is halted again and again, until it reports passive mode (`leave`) or fails to for too
    // long. Nothing that arrives can change that.
    if let leavingSince = orders.leavingSince {
      hasEnded = hasEnded || leavingSince.duration(to: now) > Self.longestLeaving
      if report.phase != .searching, !hasEnded { haltWhileLeaving() }
      return
    }
    checkPermission(at: now)
    switch report.phase {
    // Without a port no packets are expected.
    case .searching: return
    // It is silent already. `wake` tries to bring it back, and `read` ends this phase.
    case .waking: return wake(at: now)
    default: break
    }
    // A silent robot may be doing anything, so it is halted and woken, whatever the phase.
    if lastReadingAt.duration(to: now) > silenceTimeout {
      report.counts.silences += 1
      fallSilent(at: now)
    }
  }

  /// Stops the robot if it may no longer move.
  private mutating func checkPermission(at now: MonotonicInstant) {
    switch orders.permission(portNumber: report.portNumber, at: now) {
    case .granted: break
    // The robot stands still but stays in its mode, so the next order can continue at once.
    case .expired where report.phase == .driving && report.sent != .stopped:
      report.counts.expiries += 1
      send(.stopped, at: now)
    // The search for the dock is a behaviour of the robot itself; only a change of mode ends it.
    case .expired where report.phase == .docking:
      report.counts.expiries += 1
      halt()
      enter(at: now)
    case .expired: break
    case .alone: stand(in: .alone, at: now)
    case .suspending: stand(in: .suspending, at: now)
    }
  }
}
