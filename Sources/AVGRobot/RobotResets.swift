import AVGCore

extension RobotBody where Eye: ~Copyable {
  /// Goes to a new start; returns early where the run is to end.
  mutating func goToStart() throws(RobotError) {
    try link.drive(.stopped)
    var isThere = false
    while !isThere, !holds.isEnding() {
      try awaitRobot()
      if needsCharge { try charge() }
      if link.report.phase == .docked { try leaveDock() }
      isThere = try follow(script.draw())
    }
    // What was left in safe mode is in safe mode again, and two packets tell how it stands there.
    try link.drive(.stopped)
    try link.order(.clear)
    try pass(.milliseconds(30))
  }

  private var needsCharge: Bool {
    Int(link.report.reading.charge) < settings.chargeBelowMilliampereHours
  }

  /// Waits until the robot can be driven, or stands at a charger.
  private mutating func awaitRobot() throws(RobotError) {
    var lastAnswer = MonotonicInstant.now
    var told: GuardPhase?
    while !holds.isEnding() {
      try link.listen(until: .now.advanced(by: Self.orderInterval))
      let report = link.report
      if report.phase == .docked || report.phase == .driving && !holds.isPaused() { return }
      if report.phase == .held { try link.order(.clear) }
      if report.readAt.duration(to: .now) < .seconds(1) { lastAnswer = .now }
      let silence = lastAnswer.duration(to: .now)
      guard silence.seconds <= settings.searchSeconds else {
        throw .silent(port: link.configuration.port, after: silence)
      }
      if told != report.phase, report.phase != .driving, report.phase != .entering {
        log("robot \(link.configuration.port): \(report.phase.words)")
        told = report.phase
      }
    }
  }

  /// Drives along a way.
  ///
  /// - Returns: whether the robot could be driven all the time.
  private mutating func follow(_ moves: [ResetScript.Move]) throws(RobotError) -> Bool {
    for move in moves {
      let end = MonotonicInstant.now.advanced(by: move.duration)
      while MonotonicInstant.now < end {
        if holds.isEnding() { return false }
        try link.listen()
        let phase = link.report.phase
        guard phase == .driving || phase == .entering, !holds.isPaused() else { return false }
        try link.drive(move.speeds)
        min(end, .now.advanced(by: Self.orderInterval)).sleepUntil()
      }
    }
    return true
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
    log("robot \(link.configuration.port): \(link.report.reading.charge) mAh left, looks for its dock")
    while link.report.phase != .docked, !holds.isEnding() {
      if link.report.phase == .driving { try link.order(.seekDock) }
      try link.order(.live)
      try link.listen(until: .now.advanced(by: Self.orderInterval))
      try pass(Self.orderInterval)
      try checkCharging(since: began, limit: settings.longestDockingSeconds)
    }
    log("robot \(link.configuration.port): charges")
    while Int(link.report.reading.charge) < settings.chargeUntilMilliampereHours, !holds.isEnding() {
      try pass(.milliseconds(100))
      try checkCharging(since: began, limit: settings.longestChargingSeconds)
    }
  }

  private func checkCharging(since began: MonotonicInstant, limit: Double) throws(RobotError) {
    let elapsed = began.duration(to: .now)
    guard elapsed.seconds <= limit else {
      throw .notCharging(
        port: link.configuration.port, charge: Int(link.report.reading.charge), after: elapsed)
    }
  }

  private mutating func leaveDock() throws(RobotError) {
    try link.order(.leaveDock)
    for _ in 0..<20 where link.report.phase == .docked { try pass(.milliseconds(15)) }
    _ = try follow(script.leaveDock())
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
    }
  }
}
