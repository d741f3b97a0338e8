import AVGCore
import AVGCreate2
import AVGGuard
import Logging

extension Create2Base {
  /// Goes to a new start; returns early where the run is to end.
  mutating func goToStart<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, RobotError>) {
    var isThere = false
    while !isThere, !holds.isEnding() {
      do throws(RobotError) { try prepare() } catch { throw .base(error) }
      if link.report.phase == .docked { try leaveDock(looking: &eye) }
      isThere = try follow(script.draw(), looking: &eye)
    }
    do throws(RobotError) { try settle() } catch { throw .base(error) }
  }

  /// Stands until the robot can be driven, and is charged.
  private mutating func prepare() throws(RobotError) {
    try link.drive(.stopped)
    try awaitRobot()
    if needsCharge { try charge() }
  }

  /// Stands at the new start.
  private mutating func settle() throws(RobotError) {
    // What was left in safe mode is in safe mode again, and two packets tell how it stands there.
    try link.drive(.stopped)
    if !holds.isPaused() { try link.order(.clear) }
    try pass(.milliseconds(30))
  }

  private var needsCharge: Bool {
    Int(link.report.reading.charge) < settings.chargeBelowMilliampereHours
  }

  /// Waits until the robot can be driven, or stands at a charger.
  private mutating func awaitRobot() throws(RobotError) {
    let began = MonotonicInstant.now
    var lastAnswer = began
    var told: GuardPhase?
    while !holds.isEnding() {
      try link.listen(until: .now.advanced(by: RobotSettings.orderInterval))
      let report = link.report
      if report.phase == .docked || report.phase == .driving && !holds.isPaused() { return }
      // What a person has stopped stays so until that person lets it go on.
      if report.phase == .held, !holds.isPaused() { try link.order(.clear) }
      if report.readAt.duration(to: .now) < .seconds(1) { lastAnswer = .now }
      let silence = lastAnswer.duration(to: .now)
      guard silence.seconds <= settings.searchSeconds else {
        throw link.noAnswer(after: silence)
      }
      // After the guard's start a robot that is heard is not trusted for a few packets: nothing to tell.
      let isWaking = report.phase == .waking && began.duration(to: .now) < Self.wakingPatience
      if told != report.phase, report.phase != .driving, report.phase != .entering, !isWaking {
        let stranger = report.phase == .waking ? report.stranger.words : nil
        logger.notice("robot \(link.configuration.port): \(stranger ?? report.phase.words)")
        told = report.phase
      }
    }
  }

  /// Whether the robot would do what it is told now.
  package mutating func canBeDriven() throws(RobotError) -> Bool {
    if holds.isEnding() { return false }
    try link.listen()
    let phase = link.report.phase
    return (phase == .driving || phase == .entering) && !holds.isPaused()
  }

  /// Lets time go by, standing.
  private mutating func pass(_ duration: Duration) throws(RobotError) {
    MonotonicInstant.now.advanced(by: duration).sleepUntil()
    try link.listen()
  }

  // MARK: The dock

  /// Goes to the dock and waits there until the battery is charged.
  private mutating func charge() throws(RobotError) {
    let began = MonotonicInstant.now
    logger.notice(
      "robot \(link.configuration.port): \(link.report.reading.charge) mAh left, looks for its dock")
    while link.report.phase != .docked, !holds.isEnding() {
      if link.report.phase == .driving { try link.order(.seekDock) }
      try link.order(.live)
      try link.listen(until: .now.advanced(by: RobotSettings.orderInterval))
      try pass(RobotSettings.orderInterval)
      try checkCharging(since: began, limit: settings.longestDockingSeconds)
    }
    logger.notice("robot \(link.configuration.port): charges")
    while Int(link.report.reading.charge) < settings.chargeUntilMilliampereHours, !holds.isEnding() {
      try pass(.milliseconds(100))
      try checkCharging(since: began, limit: settings.longestChargingSeconds)
    }
  }

  private func checkCharging(since began: MonotonicInstant, limit: Double) throws(RobotError) {
    let silence = link.report.readAt.duration(to: .now)
    guard silence.seconds <= settings.searchSeconds else { throw link.noAnswer(after: silence) }
    let elapsed = began.duration(to: .now)
    guard elapsed.seconds <= limit else {
      throw .notCharging(
        port: link.configuration.port, charge: Int(link.report.reading.charge), after: elapsed)
    }
  }

  private mutating func leaveDock<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, RobotError>) {
    do throws(RobotError) {
      try link.order(.leaveDock)
      for _ in 0..<20 where link.report.phase == .docked { try pass(.milliseconds(15)) }
    } catch { throw .base(error) }
    _ = try follow(script.leaveDock(), looking: &eye)
  }
}

extension GuardPhase {
  /// What a person should know of it.
  var words: String {
    switch self {
    case .searching: "the port is gone; plug the cable in again"
    case .waking: "no answer; waits for it"
    case .entering: "on its way to safe mode"
    case .driving: "ready"
    case .held: "a wheel dropped, or there is a cliff; put it on the floor"
    case .docking: "looks for its dock"
    case .docked: "at a charger"
    case .alone: "the second guard is silent; waits for it"
    case .suspending: "the computer goes to sleep; waits for its return"
    }
  }
}
