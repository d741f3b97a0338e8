public import AVGCore
public import AVGCreate2
public import AVGGuard
public import AVGRobot
import AVGSystem
import Glibc
public import Logging

/// A robot of two wheels that somebody's program drives, behind a guard process that alone speaks with the program.
///
/// The protocol is that of `docs/robot-protocol.md`.
public struct ExecBase: ScriptedResetBase, ~Copyable {
  /// What the guard said last.
  public var report: ExecReport { line.report }
  /// The program and its arguments, in one line.
  public let program: String
  /// There was no image of the present when one was last looked for on the way to a new start.
  package var isBlind = false
  private var line: SoleGuard<ExecOrder, ExecReport>
  private let settings: RobotSettings
  private let holds: RunHolds
  private let logger: Logger
  private let onCommand: (Duration) -> Void
  private var script: ResetScript
  private var orderNumber: UInt64 = 0
  private var lastOrder: UInt64 = 0
  private var lastOdometer: Double?
  private var toldPhase = ExecPhase.driving

  /// A reading older than this says nothing about the present: lines are answered every 50 ms.
  private static var longestReadingAge: Duration { .milliseconds(200) }

  /// Starts the guard, which starts the program, and waits until that has said what it is.
  ///
  /// - Parameters:
  ///   - program: the program, looked for in PATH unless there is a slash in it, and its arguments, with spaces between.
  ///   - seed: what the ways to new starts are drawn from.
  ///   - startPriority: the real-time priority that the guard begins with, where that is permitted; nil for none.
  ///   - logger: is told, in a line, of each thing that a person should know.
  ///   - guardProgram: the program that becomes the guard, and what it is told before its own arguments.
  ///   - onCommand: receives, for each command, the time from the order to the program's word that it is done.
  public static func open(
    program: String, settings: RobotSettings, controlPeriod: Duration, seed: UInt64,
    startPriority: Int32? = nil, holds: RunHolds = RunHolds(), logger: Logger,
    guardProgram: [String] = ExecGuard.ownProgram, onCommand: @escaping (Duration) -> Void = { _ in }
  ) throws(ExecError) -> ExecBase {
    let rules = ExecRules.Settings(
      controlPeriod: controlPeriod, orderTimeout: settings.commandTimeout,
      speedLimit: settings.speedLimitMillimetersPerSecond,
      startPatience: .seconds(max(0.1, settings.searchSeconds)))
    let words =
      guardProgram + ExecGuard.words(rules, program: program.split(separator: " ").map(String.init))
    let name = program.printable(limit: 200)
    let line: SoleGuard<ExecOrder, ExecReport>
    do { line = try SoleGuard(starting: words, priority: startPriority) } catch {
      throw .guardLost(program: name, seen: error.seen)
    }
    var base = ExecBase(
      line, program: name, settings: settings, seed: seed, holds: holds, logger: logger, onCommand: onCommand)
    try base.awaitProgram()
    return base
  }

  private init(
    _ line: consuming SoleGuard<ExecOrder, ExecReport>, program: String, settings: RobotSettings,
    seed: UInt64,
    holds: RunHolds, logger: Logger, onCommand: @escaping (Duration) -> Void
  ) {
    self.line = line
    self.program = program
    self.settings = settings
    self.holds = holds
    self.logger = logger
    self.onCommand = onCommand
    script = ResetScript(settings, seed: seed)
  }

  deinit {
    // The guard ends the program; where the guard was lost, nobody else does.
    let process = line.report.process
    if process > 0, line.isLost {
      usleep(500_000)
      kill(-process, SIGKILL)
    }
  }

  /// A switch that stops the robot at once, from any thread, for as long as the base lives.
  public var emergencyStop: @Sendable () -> Void {
    { [descriptor = line.descriptor] in
      _ = Datagram.send(ExecOrder(kind: .halt, given: .now), on: descriptor)
    }
  }

  /// Tells the guard the speeds, unless the robot is to stand.
  public mutating func drive(_ speeds: WheelSpeeds) throws(ExecError) {
    let wanted = holds.isPaused() ? .stopped : speeds
    try order(
      .drive,
      DriveSpeeds(
        left: wanted.left.millimetersPerSecond, right: wanted.right.millimetersPerSecond,
        limit: settings.speedLimitMillimetersPerSecond))
  }

  /// Stands still while the robot is paused.
  public mutating func awaitRelease() throws(ExecError) -> Bool {
    guard holds.isPaused() else { return false }
    logger.notice("paused")
    while holds.isPaused(), !holds.isEnding() {
      try drive(.stopped)
      try listen(for: ExecRules.beat)
    }
    guard !holds.isEnding() else { return true }
    logger.notice("goes on")
    // What stopped it was the pause: no news for a person.
    try order(.clear)
    try listen(for: ExecRules.beat)
    return true
  }

  /// Whether the robot was ready, and its program answered in time.
  public mutating func isObeying() throws(ExecError) -> Bool {
    try listen(for: .zero)
    let phase = report.phase
    if phase == .held, !holds.isPaused() { try order(.clear) }
    let isCurrent = line.isHeard && report.readAt.duration(to: .now) <= Self.longestReadingAge
    if isCurrent, phase == .driving {
      toldPhase = .driving
      return true
    }
    if toldPhase != phase, phase != .driving {
      toldPhase = phase
      logger.notice("robot exec:\(program): \(phase.words)")
    }
    return false
  }

  /// Reads what the robot said last.
  public mutating func feel(into senses: inout Create2Senses) throws(ExecError) {
    try listen(for: .zero)
    let reading = report.reading
    senses.leftBump = reading.leftBump
    senses.rightBump = reading.rightBump
    senses.wheelDrop = reading.wheelDrop
    senses.cliff = reading.cliff
    senses.isDocked = reading.isDocked
    for index in senses.lightBumps.indices { senses.lightBumps[index] = reading.lightBumps[index] }
    senses.distanceMillimeters = reading.odometerMillimeters - (lastOdometer ?? reading.odometerMillimeters)
    lastOdometer = reading.odometerMillimeters
  }

  /// Goes to a new start, by a Create 2's script of turns and stretches; waits for a robot that is not ready.
  ///
  /// - Throws: `ExecError.unready` after `settings.searchSeconds`.
  public mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, ExecError>) -> Bool {
    var isThere = false
    while !isThere, !holds.isEnding() {
      do throws(ExecError) { try awaitRobot() } catch { throw .base(error) }
      isThere = try follow(script.draw(), looking: &eye)
    }
    do throws(ExecError) { try stop() } catch { throw .base(error) }
    lastOdometer = report.reading.odometerMillimeters
    return true
  }

  /// Whether the robot would do what it is told now.
  package mutating func canBeDriven() throws(ExecError) -> Bool {
    if holds.isEnding() || holds.isPaused() { return false }
    return try isObeying()
  }

  private mutating func awaitProgram() throws(ExecError) {
    while report.phase == .starting, !holds.isEnding() { try listen(for: ExecRules.beat) }
  }

  private mutating func awaitRobot() throws(ExecError) {
    let began = MonotonicInstant.now
    while !holds.isEnding() {
      try drive(.stopped)
      try listen(for: ExecRules.beat)
      if try canBeDriven() { return }
      let waited = began.duration(to: .now)
      guard holds.isPaused() || waited.seconds <= settings.searchSeconds else {
        throw .unready(program: program, after: waited)
      }
    }
  }

  /// Tells the robot to stand, and waits until its program has done so, but for no longer than it may take to answer.
  private mutating func stop() throws(ExecError) {
    try drive(.stopped)
    let end = MonotonicInstant.now.advanced(by: ExecRules.lateness)
    while report.orderNumber < orderNumber, MonotonicInstant.now < end {
      try listen(for: MonotonicInstant.now.duration(to: end))
    }
  }

  private mutating func order(_ kind: ExecOrder.Kind, _ speeds: DriveSpeeds = .stopped) throws(ExecError) {
    orderNumber += 1
    let order = ExecOrder(kind: kind, speeds: speeds, number: orderNumber, given: .now)
    do { try line.send(order) } catch { throw failure(error) }
  }

  private mutating func listen(for duration: Duration) throws(ExecError) {
    do { try line.listen(until: .now.advanced(by: duration)) } catch { throw failure(error) }
    if !report.fault.isEmpty { throw .failed(program: program, seen: report.fault.text) }
    if report.orderNumber > lastOrder {
      lastOrder = report.orderNumber
      onCommand(report.orderGiven.duration(to: report.doneAt))
    }
  }

  /// A guard that has said what is wrong with the program ends because of that.
  private mutating func failure(_ loss: GuardLoss) -> ExecError {
    try? line.listen()
    return report.fault.isEmpty
      ? .guardLost(program: program, seen: loss.seen) : .failed(program: program, seen: report.fault.text)
  }
}

extension ExecPhase {
  /// What a person should know of it.
  var words: String {
    switch self {
    case .starting: "starts"
    case .driving: "ready"
    case .unready: "says that it is not ready; waits for it"
    case .late: "answers late; waits for it"
    case .held: "stopped by hand"
    case .leaving: "ends"
    }
  }
}
