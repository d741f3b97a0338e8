public import AVGCore
public import AVGGuard
import AVGSystem
import Glibc
public import Logging

/// A UR5 behind its guard process.
public struct UR5Base: Base, ~Copyable {
  /// What the guard said last.
  public var report: ArmReport { line.report }
  /// The address of the controller.
  public let host: String
  private var line: SoleGuard<ArmOrder, ArmReport>
  private let patience: Duration
  private let holds: Holds
  private let logger: Logger
  private let onCommand: (Duration) -> Void
  private let bounds: ArmBounds
  private var targets: RandomSource
  private var target = SIMD3<Double>()
  private var orderNumber: UInt64 = 0
  private var lastOrder: UInt64 = 0
  private var toldPhase = ArmPhase.driving

  /// Whether somebody wants it to stand still, or the run to end.
  public typealias Holds = RunHolds

  /// Packets come every 8 ms; an older one says nothing about the present.
  private static var longestPacketAge: Duration { .milliseconds(60) }
  private static var orderInterval: Duration { .milliseconds(20) }
  /// From the farthest pose the way takes 12 s at SenseAct's speed.
  private static var startPatience: Duration { .seconds(30) }

  /// The address in `ur://ADDRESS`; nil where there is none.
  package static func host(in robot: String) -> String? {
    let prefix = "ur://"
    guard robot.hasPrefix(prefix) else { return nil }
    return String(robot.dropFirst(prefix.count))
  }

  /// Starts the guard, and waits until the arm is heard.
  ///
  /// - Parameters:
  ///   - host: an IP address in digits.
  ///   - patience: how long an arm that does not answer, or that its safety system has stopped, is waited for.
  ///   - seed: what targets are drawn from.
  ///   - startPriority: the real-time priority that the guard begins with, where that is permitted; nil for none.
  ///   - logger: is told, in a line, of each thing that a person should know.
  ///   - guardProgram: the program that becomes the guard, and what it is told before its own arguments.
  ///   - onCommand: receives, for each command, the time from the order to its line on the way to the controller.
  /// - Throws: `ArmError` if the controller cannot be reached within 5 s.
  public static func open(
    host: String, settings: ArmSettings, patience: Duration, seed: UInt64, startPriority: Int32? = nil,
    holds: Holds = Holds(), logger: Logger, guardProgram: [String] = ArmGuard.ownProgram,
    onCommand: @escaping (Duration) -> Void = { _ in }
  ) throws(ArmError) -> UR5Base {
    guard SocketAddress(host: host, port: ArmConnection.port) != nil else {
      throw .noAddress(text: "ur://" + host.printable(limit: 100))
    }
    let words = guardProgram + ArmGuard.words(host, ArmRules.Settings(bounds: settings.bounds))
    let line: SoleGuard<ArmOrder, ArmReport>
    do { line = try SoleGuard(starting: words, priority: startPriority) } catch {
      throw .guardLost(host: host, seen: error.seen)
    }
    var base = UR5Base(
      line, host: host, bounds: settings.bounds, patience: patience, seed: seed, holds: holds, logger: logger,
      onCommand: onCommand)
    try base.awaitArm()
    return base
  }

  private init(
    _ line: consuming SoleGuard<ArmOrder, ArmReport>, host: String, bounds: ArmBounds, patience: Duration,
    seed: UInt64, holds: Holds, logger: Logger, onCommand: @escaping (Duration) -> Void
  ) {
    self.line = line
    self.host = host
    self.bounds = bounds
    self.patience = patience
    self.holds = holds
    self.logger = logger
    self.onCommand = onCommand
    targets = RandomSource(seed: seed, purpose: "arm targets")
  }

  private mutating func awaitArm() throws(ArmError) {
    let began = MonotonicInstant.now
    while report.packets == 0, !holds.isEnding() {
      try listen(for: Self.orderInterval)
      let waited = began.duration(to: .now)
      if report.foreignCount > 0 { throw .otherVersion(host: host, byteCount: Int(report.foreignCount)) }
      if waited > .seconds(5) { throw unheard(after: waited) }
    }
  }

  /// A switch that stops the arm at once, from any thread, for as long as the base lives.
  public var emergencyStop: @Sendable () -> Void {
    { [descriptor = line.descriptor] in
      _ = Datagram.send(ArmOrder(kind: .halt, given: .now), on: descriptor)
    }
  }

  /// Tells the guard the speeds, unless the arm is to stand.
  public mutating func drive(_ command: JointSpeeds) throws(ArmError) {
    try order(.drive, holds.isPaused() ? .stopped : command)
  }

  /// Stands still while the arm is paused.
  public mutating func awaitRelease() throws(ArmError) -> Bool {
    guard holds.isPaused() else { return false }
    logger.notice("paused")
    while holds.isPaused(), !holds.isEnding() {
      try drive(.stopped)
      try listen(for: Self.orderInterval)
    }
    guard !holds.isEnding() else { return true }
    logger.notice("goes on")
    // What stopped it was the pause: no news for a person.
    try order(.clear)
    try listen(for: Self.orderInterval)
    return true
  }

  /// Whether the arm did what it was told.
  public mutating func isObeying() throws(ArmError) -> Bool {
    try listen(for: .zero)
    let phase = report.phase
    if phase == .held, !holds.isPaused() { try order(.clear) }
    let isCurrent = line.isHeard && report.packetAt.duration(to: .now) <= Self.longestPacketAge
    if isCurrent, phase == .driving {
      toldPhase = .driving
      return true
    }
    if toldPhase != phase, phase != .driving {
      toldPhase = phase
      logger.notice("robot ur://\(host): \(phase.words)")
    }
    return false
  }

  /// Reads what the controller said last.
  public mutating func feel(into senses: inout ArmSenses) throws(ArmError) {
    try listen(for: .zero)
    let packet = report.packet
    packet.angles.write(into: &senses.angles)
    packet.speeds.write(into: &senses.speeds)
    packet.currents.write(into: &senses.currents)
    for axis in 0..<3 { senses.target[axis] = Float(target[axis]) }
    senses.safetyMode = packet.safetyMode
    senses.robotMode = packet.robotMode
  }

  /// Goes to the start within the bounds, and draws a target.
  ///
  /// - Throws: `ArmError` if the arm does not come there in 30 s, or is stopped for longer than `patience`.
  public mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, ArmError>) -> Bool {
    do throws(ArmError) { try goToStart() } catch { throw .base(error) }
    target = ReachingArm.target(in: bounds, from: &targets)
    return true
  }

  private mutating func goToStart() throws(ArmError) {
    var moved = Duration.zero
    var stood = Duration.zero
    while !holds.isEnding() {
      let began = MonotonicInstant.now
      if holds.isPaused() { try drive(.stopped) } else { try order(.goToStart) }
      try listen(for: Self.orderInterval)
      MonotonicInstant.now.advanced(by: .milliseconds(5)).sleepUntil()
      let isObeying = try isObeying()
      if isObeying, report.isAtStart { break }
      let passed = began.duration(to: .now)
      if holds.isPaused() { continue }
      if isObeying { moved += passed } else { stood += passed }
      if stood > patience { throw unheard(after: stood) }
      if moved > Self.startPatience { throw .notAtStart(host: host, after: moved) }
    }
    try drive(.stopped)
  }

  private func unheard(after waited: Duration) -> ArmError {
    switch report.phase {
    case .stopped: .stopped(host: host, safetyMode: Int(report.packet.safetyMode))
    case .notRunning: .notRunning(host: host, robotMode: Int(report.packet.robotMode))
    default:
      report.connectCode != 0
        ? .unreachable(host: host, port: Int(ArmConnection.port), code: report.connectCode)
        : .silent(host: host, after: waited)
    }
  }

  private mutating func order(_ kind: ArmOrder.Kind, _ speeds: JointSpeeds = .stopped) throws(ArmError) {
    orderNumber += 1
    let order = ArmOrder(kind: kind, speeds: speeds, number: orderNumber, given: .now)
    do { try line.send(order) } catch { throw .guardLost(host: host, seen: error.seen) }
  }

  private mutating func listen(for duration: Duration) throws(ArmError) {
    do { try line.listen(until: .now.advanced(by: duration)) } catch {
      throw .guardLost(host: host, seen: error.seen)
    }
    if report.orderNumber > lastOrder {
      lastOrder = report.orderNumber
      onCommand(report.orderGiven.duration(to: report.sentAt))
    }
  }
}
