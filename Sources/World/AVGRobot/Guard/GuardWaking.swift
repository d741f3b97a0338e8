import AVGCore
import AVGGuard

// How a robot that is not understood is woken, and how one is left.
extension GuardRules {
  private static var attemptInterval: Duration { .milliseconds(250) }
  /// Noise can make a search for the dock of the last byte that was sent. Nothing is heard of it then, so that a halt follows
  /// soon after every byte; a single byte each, for any more could become that again.
  private static var haltInterval: Duration { .milliseconds(80) }
  private static var attemptsBeforeAsking: Int { 4 }
  private static var attemptsBeforeWaking: Int { 5 }
  private static var attemptsBeforeReopening: Int { 12 }

  mutating func wake(at now: MonotonicInstant) {
    let isAttempt = now >= nextAttemptAt
    if isAttempt || silentSince.duration(to: now) < GuardTiming.halting {
      haltAgain()
      nextHaltAt = now.advanced(by: Self.haltInterval)
    } else if now >= nextHaltAt {
      Command.start.encode(into: &outgoing)
      nextHaltAt = now.advanced(by: Self.haltInterval)
    }
    guard isAttempt else { return }
    nextAttemptAt = now.advanced(by: Self.attemptInterval)
    attempts += 1
    askForStream()
    haltAgain()
    // A robot passes these bytes over; a modem answers them, and tells who is there.
    if attempts == Self.attemptsBeforeAsking, report.readAt.nanoseconds == 0 {
      outgoing += Array("AT\r".utf8)
      haltAgain()
    }
    // A robot that is awake needs no pulse, and three of them in a row would change its baud rate.
    wantsWaking = attempts == Self.attemptsBeforeWaking
    wantsReopening = attempts >= Self.attemptsBeforeReopening
  }

  mutating func haltWhileLeaving() {
    if haltsWhileLeaving == 0 { halt() } else { haltAgain() }
    haltsWhileLeaving += 1
    // A robot that sends nothing cannot say that it stands.
    if haltsWhileLeaving.isMultiple(of: 20) { askForStream() }
  }

  /// Ends as soon as the robot says that it is passive, and no command is on its way that could change that.
  mutating func leave(_ reading: SensorReading) {
    guard reading.mode == .passive || reading.mode == .off, haltsWhileLeaving > 5 else { return }
    if !hasEnded { Command.streams(false).encode(into: &outgoing) }
    hasEnded = true
  }
}
