import AVGCore
import AVGGuard

// What must be there for the wheels to turn, besides orders and readings.
extension GuardRules {
  /// The other guard has given a sign of life; it can halt a robot at the port of this number.
  mutating func hearPeer(holding portNumber: UInt32, at now: MonotonicInstant) {
    orders.hearPeer(holding: portNumber, at: now)
  }

  /// Stops the robot because of an obstacle; `phase` lasts until the obstacle is gone.
  mutating func stand(in phase: GuardPhase, at now: MonotonicInstant) {
    switch report.phase {
    case .entering, .driving, .docking:
      // The second guard's start is no obstacle.
      if report.phase != .entering { report.counts.obstacles += 1 }
      halt()
      report.phase = phase
      report.sentAt = now
    default: break
    }
  }

  /// Goes on with a robot that may be driven again.
  mutating func leaveObstacle(at now: MonotonicInstant) {
    if orders.obstacle(portNumber: report.portNumber, at: now) == nil { enter(at: now) }
  }

  /// This process, or the whole computer, did not run for a while: others may have halted the robot meanwhile, and earlier
  /// orders no longer count.
  mutating func wokeUp(at now: MonotonicInstant) {
    orders.forgetOrders(at: now)
    guard !isLeaving, report.phase != .searching else { return }
    report.counts.absences += 1
    // What a person has stopped stays so.
    if report.phase == .held { halt() } else { fallSilent(at: now) }
  }

  /// The computer goes to sleep, or has come back.
  mutating func suspend(_ isSuspending: Bool, at now: MonotonicInstant) {
    guard orders.suspend(isSuspending) else { return }
    if isSuspending { stand(in: .suspending, at: now) } else { wokeUp(at: now) }
  }

  /// Whether the robot has reported, after `instant`, that it stands still; true if no robot is connected.
  func stands(since instant: MonotonicInstant) -> Bool {
    report.phase == .searching
      || report.readAt > instant && (report.reading.requested == .stopped || report.reading.mode == .passive)
  }
}
