import AVGCore
import AVGGuard

/// The decisions of an arm's guard on orders, packets and the passage of time, without any input or output.
///
/// At each packet the guard says `speedj` for three ticks of the controller: when it says nothing more, the arm stops by
/// itself. It says so only while a fresh order asks for it, the robot runs, its safety system permits it and packets come;
/// what it says keeps every joint and the tool where they can still brake in their bounds. Else it says `stopj` while anything
/// turns. A protective stop is never unlocked from here: whoever stands at the arm does that.
struct ArmRules {
  struct Settings: Hashable, Sendable {
    /// The age at which an order is no longer obeyed.
    var orderTimeout = Duration.milliseconds(100)
    /// How far and how fast the arm may go.
    var bounds = ArmBounds()
  }

  /// The time from the state in a packet to the effect of what is said about it: four ticks.
  static let delaySeconds = 0.032
  /// What is left free inside the tool's box, in metres: what is said is about the state some ticks ago.
  static let boxMargin = 0.005
  /// The same before a joint's limit, in radians.
  static let angleMargin = 0.002
  /// The deceleration of a stop, in rad/s².
  static let stopDeceleration = 4.0
  /// Three ticks: one line may be lost without a jerk.
  private static let lineSeconds = 0.024
  private static let tick = SimulatedArm.tickSeconds
  private static let lateGap = Duration.milliseconds(16)
  /// No joint at rest turns faster, in rad/s.
  private static let restSpeed = 0.001
  /// How near to the start is there, in rad.
  private static let startTolerance = 0.005
  /// The share of the way to the start that is gone in a second.
  private static let startGain = 3.0
  private static let stopInterval = Duration.milliseconds(40)

  private(set) var report = ArmReport()
  /// The learner should hear of something.
  var hasNews = false
  /// Lines for the controller; whoever sends them removes them.
  var outgoing: [UInt8] = []
  private var orders: OrderRules<JointSpeeds>
  private let bounds: ArmBounds
  private let way: WayToStart
  private var order = ArmOrder(kind: .drive, given: MonotonicInstant(nanoseconds: 0))
  private var isHeld = false
  private var wasDriven = false
  private var stopSaidAt = MonotonicInstant(nanoseconds: 0)

  init(_ settings: Settings) {
    orders = OrderRules(timeout: settings.orderTimeout, limit: settings.bounds.maximumSpeed)
    var bounds = settings.bounds
    bounds.delaySeconds = Self.delaySeconds
    bounds.boxMargin = Self.boxMargin
    bounds.angleMargin = Self.angleMargin
    self.bounds = bounds
    way = WayToStart(bounds)
  }

  /// Whether the run is over for this arm.
  var isLeaving: Bool { orders.leavingSince != nil }

  /// Whether no joint turns, as far as the last packet says.
  var isAtRest: Bool {
    (0..<JointSpeeds.jointCount).allSatisfy { abs(report.packet.speeds[$0]) <= Self.restSpeed }
  }

  // MARK: Orders

  /// Takes an order of the learner.
  mutating func obey(_ order: ArmOrder, at now: MonotonicInstant) {
    guard orders.admit(order.stamp, portNumber: ArmOrder.portNumber, at: now) else { return }
    switch order.kind {
    case .halt:
      isHeld = true
      stop(at: now)
    case .clear: isHeld = false
    case .drive, .goToStart: self.order = order
    }
  }

  /// This process was away: what was ordered until now is of the past.
  mutating func wasAway(at now: MonotonicInstant) { orders.forgetOrders(at: now) }

  /// The learner is gone, or has ended the run.
  mutating func leave(at now: MonotonicInstant) {
    guard orders.beginLeaving(at: now) else { return }
    report.phase = .leaving
    hasNews = true
    stop(at: now)
  }

  // MARK: The connection

  /// A connection was made.
  mutating func connected() {
    if report.packetAt.nanoseconds != 0 { report.reconnections += 1 }
    report.connectCode = 0
    outgoing.removeAll(keepingCapacity: true)
  }

  /// There is none any more, or none could be made; `code` is an errno.
  mutating func lost(_ code: Int32) {
    report.connectCode = code
    outgoing.removeAll(keepingCapacity: true)
    settle(.searching)
  }

  /// Notes what the reader of packets has counted.
  mutating func note(skipped: Int, foreign: Int?) {
    report.skippedBytes = UInt64(skipped)
    report.foreignCount = Int32(foreign ?? 0)
  }

  /// Takes in what the controller says, and answers.
  mutating func hear(_ packet: StatePacket, count: Int, at now: MonotonicInstant) {
    let gap = report.packetAt.duration(to: now)
    if report.packetAt.nanoseconds != 0, gap > Self.lateGap { report.latePackets += 1 }
    report.packet = packet
    report.packetAt = now
    report.packets += UInt64(count)
    hasNews = true
    orders.hearPeer(holding: ArmOrder.portNumber, at: now)
    let start = ReachingArm.start
    report.isAtStart =
      isAtRest
      && (0..<JointSpeeds.jointCount).allSatisfy { abs(packet.angles[$0] - start[$0]) <= Self.startTolerance }
    judge()
    steer(at: now)
  }

  /// Watches what happens when nothing is heard.
  mutating func tick(at now: MonotonicInstant) {
    guard !isLeaving, report.packetAt.duration(to: now) > GuardTiming.silence else { return }
    settle(.searching)
  }

  private mutating func judge() {
    guard !isLeaving else { return }
    let isSafe = report.packet.safetyMode == 1 || report.packet.safetyMode == 2
    if !isSafe, report.phase != .stopped { report.safetyStops += 1 }
    settle(!isSafe ? .stopped : report.packet.robotMode != 7 ? .notRunning : isHeld ? .held : .driving)
  }

  private mutating func settle(_ phase: ArmPhase) {
    guard !isLeaving, report.phase != phase else { return }
    report.phase = phase
    hasNews = true
  }

  // MARK: What the arm is told

  private mutating func steer(at now: MonotonicInstant) {
    let isGranted = orders.permission(portNumber: ArmOrder.portNumber, at: now) == .granted
    guard report.phase == .driving, isGranted else {
      if wasDriven, report.phase == .driving { report.expiries += 1 }
      wasDriven = false
      // What the safety system has stopped, nobody speaks to.
      if report.phase != .stopped, !isAtRest, stopSaidAt.duration(to: now) >= Self.stopInterval {
        stop(at: now)
      }
      return
    }
    var motion = JointMotion(angles: report.packet.angles)
    motion.speeds = report.packet.speeds
    let wanted = order.kind == .goToStart ? speedsToStart(from: motion.angles) : order.speeds
    let bounded = orders.bounded(wanted).radiansPerSecond
    let speeds = bounds.allowed(bounded, from: motion, seconds: Self.tick)
    if speeds != bounded { report.boundedOrders += 1 }
    wasDriven = true
    // An arm at rest that is to stay there is left in peace.
    if speeds != JointVector() || !isAtRest { say(speeds) }
    if report.orderNumber != order.number {
      report.orderNumber = order.number
      report.orderGiven = order.given
      report.sentAt = now
    }
  }

  /// All joints toward the next point of the way, on a straight line.
  private func speedsToStart(from angles: JointVector) -> JointSpeeds {
    let speeds = (way.waypoint(from: angles) - angles) * Self.startGain
    let fastest = (0..<JointSpeeds.jointCount).reduce(bounds.maximumSpeed) { max($0, abs(speeds[$1])) }
    return JointSpeeds(radiansPerSecond: speeds * (bounds.maximumSpeed / fastest))
  }

  private mutating func say(_ speeds: JointVector) {
    let numbers = (0..<JointSpeeds.jointCount).map { "\(speeds[$0])" }.joined(separator: ",")
    write("speedj([\(numbers)],\(bounds.acceleration),\(Self.lineSeconds))")
  }

  private mutating func stop(at now: MonotonicInstant) {
    stopSaidAt = now
    write("stopj(\(Self.stopDeceleration))")
  }

  private mutating func write(_ line: String) {
    outgoing.append(contentsOf: line.utf8)
    outgoing.append(UInt8(ascii: "\n"))
  }
}
