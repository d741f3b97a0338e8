import AVGCore

// What must be there for the wheels to turn, besides orders and readings.
extension GuardRules {
  /// What keeps the robot from being driven now; nil if nothing does.
  private func obstacle(at now: MonotonicInstant) -> GuardPhase? {
    if isSuspending { return .suspending }
    let isWatched =
      peerPortNumber == report.portNumber && peerHeardAt.duration(to: now) <= GuardTiming.silence
    return isWatched ? nil : .alone
  }

  /// The other guard has given a sign of life; it can halt a robot at the port of this number.
  mutating func hearPeer(holding portNumber: UInt32, at now: MonotonicInstant) {
    peerPortNumber = portNumber
    peerHeardAt = now
  }

  /// Stops a robot that must not be driven now.
  mutating func checkObstacles(at now: MonotonicInstant) {
    guard let obstacle = obstacle(at: now) else { return }
    switch report.phase {
    case .entering, .driving, .docking:
      // The second guard's start is no obstacle.
      if report.phase != .entering { report.counts.obstacles += 1 }
      halt()
      report.phase = obstacle
      report.sentAt = now
    default: break
    }
  }

  /// Goes on with a robot that may be driven again.
  mutating func leaveObstacle(at now: MonotonicInstant) {
    if obstacle(at: now) == nil { enter(at: now) }
  }

  /// This process did not run for a while, or the whole computer did not: others may have halted the robot meanwhile, and
  /// what was ordered before is of the past.
  mutating func wokeUp(at now: MonotonicInstant) {
    ordersCountFrom = now
    guard leavingSince == nil, report.phase != .searching else { return }
    report.counts.absences += 1
    // What a person has stopped stays so.
    if report.phase == .held { halt() } else { fallSilent(at: now) }
  }

  /// The computer goes to sleep, or has come back.
  mutating func suspend(_ isSuspending: Bool, at now: MonotonicInstant) {
    guard isSuspending != self.isSuspending else { return }
    self.isSuspending = isSuspending
    if isSuspending { checkObstacles(at: now) } else { wokeUp(at: now) }
  }

  /// The robot has said, after `instant`, that it does not drive; or there is none.
  func stands(since instant: MonotonicInstant) -> Bool {
    report.phase == .searching
      || report.readAt > instant && (report.reading.requested == .stopped || report.reading.mode == .passive)
  }
}
