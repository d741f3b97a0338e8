public import AVGCore
public import AVGCreate2
public import AVGGuard
public import Logging

/// A Create 2 behind its guards.
public struct Create2Base: ScriptedResetBase, ~Copyable {
  /// The line to the guard.
  public internal(set) var link: RobotLink
  let settings: RobotSettings
  let holds: Holds
  let logger: Logger
  var script: ResetScript
  private var lastProblem: GuardPhase?
  private var lastOrder: UInt64 = 0
  /// The task has seen the wheel drop, cliff or dock that holds the robot.
  private var hasShownHalt = false
  /// When last sensed.
  private var encoders: EncoderCounts?
  /// There was no image of the present when one was last looked for on the way to a new start.
  package var isBlind = false
  private let onCommand: (Duration) -> Void

  /// Whether somebody wants it to stand still, or the run to end.
  public typealias Holds = RunHolds

  /// A reading older than this says nothing about the present: packets come every 15 ms.
  private static var longestReadingAge: Duration { .milliseconds(120) }
  /// How long a robot may be silent, or not yet trusted, before a person is told that it is waited for.
  static var wakingPatience: Duration { .milliseconds(500) }

  /// Makes the base of a robot.
  ///
  /// - Parameters:
  ///   - link: the guard of the robot.
  ///   - seed: what the ways to new starts are drawn from.
  ///   - logger: is told, in a line, of each thing that a person should know.
  ///   - onCommand: receives, for each command, the time from the order to its bytes on the way to the robot.
  public init(
    link: consuming RobotLink, settings: RobotSettings, seed: UInt64, holds: Holds = Holds(), logger: Logger,
    onCommand: @escaping (Duration) -> Void = { _ in }
  ) {
    self.link = link
    self.settings = settings
    self.holds = holds
    self.logger = logger
    self.onCommand = onCommand
    script = ResetScript(settings, seed: seed)
  }

  /// Tells the guard the speeds, unless the robot is to stand.
  public mutating func drive(_ speeds: WheelSpeeds) throws(RobotError) {
    try link.drive(holds.isPaused() ? .stopped : speeds)
  }

  /// Stands still while the robot is paused.
  public mutating func awaitRelease() throws(RobotError) -> Bool {
    guard holds.isPaused() else { return false }
    logger.notice("paused")
    while holds.isPaused(), !holds.isEnding() { try rest() }
    guard !holds.isEnding() else { return true }
    logger.notice("goes on")
    try letGo()
    return true
  }

  /// Reads the robot's sensors.
  public mutating func feel(into senses: inout Create2Senses) throws(RobotError) {
    try listen()
    copySenses(into: &senses)
  }

  /// Goes to a new start, by way of the dock if the battery is low; waits for a robot that does not answer or that
  /// hangs in the air.
  ///
  /// - Throws: `RobotError.silent` after `settings.searchSeconds` without an answer.
  public mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, RobotError>) -> Bool {
    try goToStart(looking: &eye)
    encoders = EncoderCounts(link.report.reading)
    return true
  }

  /// Whether the robot was in a state to do what it was told; wheel drops and cliffs are for the task to judge.
  public mutating func isObeying() throws(RobotError) -> Bool {
    try listen()
    let phase = link.report.phase
    let isCurrent = link.report.readAt.duration(to: .now) <= Self.longestReadingAge
    let reading = link.report.reading
    if isCurrent, phase == .driving {
      hasShownHalt = false
      return true
    }
    // Once, for the task to judge; a robot that cannot go on is no lesson.
    let isHalted = phase == .docked || phase == .held && (reading.wheelDrop || reading.cliff)
    if isCurrent, isHalted, !hasShownHalt {
      hasShownHalt = true
      return true
    }
    // What held it is over, and nobody wants it to stand: what is stale would stay so for ever.
    if isCurrent, phase == .held, !reading.wheelDrop, !reading.cliff, !holds.isPaused() {
      try link.order(.clear)
    }
    if lastProblem != phase, phase != .driving {
      logger.notice("robot \(link.configuration.port): \(phase.words)")
    }
    lastProblem = phase
    return false
  }

  private mutating func listen() throws(RobotError) {
    try link.listen()
    let report = link.report
    if report.phase == .driving { lastProblem = nil }
    if report.orderNumber > lastOrder, report.sentAt >= report.orderGiven {
      lastOrder = report.orderNumber
      onCommand(report.orderGiven.duration(to: report.sentAt))
    }
  }

  private mutating func copySenses(into senses: inout Create2Senses) {
    let reading = link.report.reading
    senses.cliff = reading.cliff
    senses.isDocked = reading.isAtCharger
    senses.distanceMillimeters = encoders?.distance(to: reading) ?? 0
    encoders = EncoderCounts(reading)
    for index in senses.lightBumps.indices { senses.lightBumps[index] = Float(reading.lightBumps[index]) }
    senses.leftBump = reading.leftBump
    senses.rightBump = reading.rightBump
    senses.wheelDrop = reading.wheelDrop
  }

  /// Tells the guard that the pause is over, and gives the robot the two packets that it takes to be in safe mode again.
  private mutating func letGo() throws(RobotError) {
    try link.order(.clear)
    let end = MonotonicInstant.now.advanced(by: Self.longestReadingAge)
    while link.report.phase == .held || link.report.phase == .entering, MonotonicInstant.now < end {
      try rest()
    }
  }

  private mutating func rest() throws(RobotError) {
    try link.drive(.stopped)
    try link.listen(until: .now.advanced(by: RobotSettings.orderInterval))
    MonotonicInstant.now.advanced(by: .milliseconds(10)).sleepUntil()
  }
}

/// How far both wheels have turned.
struct EncoderCounts: Hashable {
  var left: UInt16
  var right: UInt16

  init(_ reading: SensorReading) {
    left = reading.leftEncoder
    right = reading.rightEncoder
  }

  /// The millimetres forward from here to `reading`: the mean of both wheels, whose counts wrap around.
  func distance(to reading: SensorReading) -> Double {
    let turned =
      Int(Int16(bitPattern: reading.leftEncoder &- left))
      + Int(Int16(bitPattern: reading.rightEncoder &- right))
    return Double(turned) / 2 * SensorReading.millimetersPerCount
  }
}
