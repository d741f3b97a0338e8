public import AVGCore
public import Logging

/// A robot whose eye, and whose clock, are another body's: a camera on a control cycle.
///
/// Every step in which the robot did not do what it was told is stale: it stands, and there is nothing to learn.
public struct RobotBody<Eye: Body & ~Copyable>: Body, ~Copyable {
  /// The camera and the clock.
  public internal(set) var eye: Eye
  /// The line to the guard.
  public internal(set) var link: RobotLink
  let settings: RobotSettings
  let holds: Holds
  let logger: Logger
  var script: ResetScript
  private var wasPaused = false
  private var lastProblem: GuardPhase?
  private var lastOrder: UInt64 = 0
  /// The task has seen the wheel drop, cliff or dock that holds the robot.
  private var hasShownHalt = false
  /// When last sensed.
  private var encoders: EncoderCounts?
  /// What is seen on the way to a new start, by nobody but the reset.
  var glance: Frame
  var glanceSenses = Create2Senses()
  /// There was no image of the present when one was last looked for on that way.
  var isBlind = false
  private let onCommand: (Duration) -> Void

  /// Whether somebody wants the robot to stand still, or the run to end.
  public struct Holds {
    /// The run is to end.
    public var isEnding: () -> Bool
    /// The robot is to stand, until this is over.
    public var isPaused: () -> Bool

    /// Makes holds of two questions, which are asked in every cycle.
    public init(isEnding: @escaping () -> Bool = { false }, isPaused: @escaping () -> Bool = { false }) {
      self.isEnding = isEnding
      self.isPaused = isPaused
    }
  }

  /// The least often that a moving robot is told to go on.
  static var orderInterval: Duration { .milliseconds(45) }
  /// A reading older than this says nothing about the present: packets come every 15 ms.
  private static var longestReadingAge: Duration { .milliseconds(120) }
  /// How long a robot may be silent, or not yet trusted, before a person is told that it is waited for.
  static var wakingPatience: Duration { .milliseconds(500) }

  /// Joins a camera and a robot.
  ///
  /// - Parameters:
  ///   - eye: sees, and keeps the time.
  ///   - link: the guard of the robot.
  ///   - frameShape: of the camera's frames.
  ///   - seed: what the ways to new starts are drawn from.
  ///   - logger: is told, in a line, of each thing that a person should know.
  ///   - onCommand: receives, for each command, the time from the order to its bytes on the way to the robot.
  public init(
    eye: consuming Eye, link: consuming RobotLink, settings: RobotSettings,
    frameShape: FrameShape = .standard,
    seed: UInt64,
    holds: Holds = Holds(), logger: Logger,
    onCommand: @escaping (Duration) -> Void = { _ in }
  ) {
    self.eye = eye
    self.link = link
    self.settings = settings
    self.holds = holds
    self.logger = logger
    self.onCommand = onCommand
    glance = Frame(shape: frameShape)
    script = ResetScript(settings, seed: seed)
  }

  /// Tells the guard the speeds, unless the robot is to stand.
  public mutating func drive(_ speeds: WheelSpeeds) throws(RobotBodyError<Eye.Failure>) {
    try robot { (body) throws(RobotError) in
      try body.link.drive(body.holds.isPaused() ? .stopped : speeds)
    }
  }

  /// Waits for the end of the cycle, and of a pause.
  public mutating func awaitCycle() throws(RobotBodyError<Eye.Failure>) -> Int {
    do throws(Eye.Failure) {
      guard holds.isPaused() else { return try eye.awaitCycle() }
    } catch { throw .eye(error) }
    logger.notice("paused")
    while holds.isPaused(), !holds.isEnding() { try rest() }
    if !holds.isEnding() { logger.notice("goes on") }
    wasPaused = true
    try eye { (eye) throws(Eye.Failure) in _ = try eye.reset() }
    return 0
  }

  /// Reads the newest image and the robot's sensors; stale while the robot cannot be driven, or after a pause.
  public mutating func sense(
    into frame: inout Frame, _ senses: inout Create2Senses
  ) throws(RobotBodyError<Eye.Failure>) -> Freshness {
    guard try isInstructed() else { return .stale }
    do throws(Eye.Failure) {
      guard try eye.sense(into: &frame, &senses) == .fresh else { return .stale }
    } catch { throw .eye(error) }
    try listen()
    copySenses(into: &senses)
    defer { wasPaused = false }
    return wasPaused ? .stale : .fresh
  }

  /// Goes to a new start, by way of the dock if the battery is low; waits for a robot that does not answer or that
  /// hangs in the air.
  ///
  /// - Throws: `RobotError.silent` after `settings.searchSeconds` without an answer.
  public mutating func reset() throws(RobotBodyError<Eye.Failure>) -> Bool {
    try goToStart()
    try eye { (eye) throws(Eye.Failure) in _ = try eye.reset() }
    encoders = EncoderCounts(link.report.reading)
    return true
  }

  /// Does something with the robot, whose failure is one of the body's.
  mutating func robot(
    _ work: (inout RobotBody) throws(RobotError) -> Void
  ) throws(RobotBodyError<Eye.Failure>) {
    do throws(RobotError) { try work(&self) } catch { throw .robot(error) }
  }

  /// Does something with the camera, whose failure is one of the body's.
  mutating func eye(_ work: (inout Eye) throws(Eye.Failure) -> Void) throws(RobotBodyError<Eye.Failure>) {
    do throws(Eye.Failure) { try work(&eye) } catch { throw .eye(error) }
  }

  /// Whether the robot was in a state to do what it was told; wheel drops and cliffs are for the task to judge.
  private mutating func isInstructed() throws(RobotBodyError<Eye.Failure>) -> Bool {
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
      try robot { (body) throws(RobotError) in try body.link.order(.clear) }
    }
    if lastProblem != phase, phase != .driving {
      logger.notice("robot \(link.configuration.port): \(phase.words)")
    }
    lastProblem = phase
    return false
  }

  private mutating func listen() throws(RobotBodyError<Eye.Failure>) {
    try robot { (body) throws(RobotError) in try body.link.listen() }
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

  private mutating func rest() throws(RobotBodyError<Eye.Failure>) {
    try robot { (body) throws(RobotError) in
      try body.link.drive(.stopped)
      try body.link.listen(until: .now.advanced(by: Self.orderInterval))
    }
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

/// What can go wrong in a robot with a camera.
public enum RobotBodyError<EyeFailure: Error>: Error, CustomStringConvertible {
  /// The camera failed.
  case eye(EyeFailure)
  /// The base failed.
  case robot(RobotError)

  /// The words of the part that failed.
  public var description: String {
    switch self {
    case .eye(let failure): "\(failure)"
    case .robot(let failure): failure.description
    }
  }
}
