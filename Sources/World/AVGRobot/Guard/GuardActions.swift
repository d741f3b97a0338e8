import AVGCore

// What the guard tells the robot, and writes down of it.
extension GuardRules {
  /// Sets the wheels' speeds.
  mutating func send(_ speeds: DriveSpeeds, at now: MonotonicInstant) {
    Command.drive(speeds).encode(into: &outgoing)
    report.sent = speeds
    report.sentAt = now
  }

  /// Stops, by two commands of which either is enough.
  mutating func halt() {
    // Only safe mode breaks off the robot's own search for the dock.
    if report.phase == .docking { Command.safe.encode(into: &outgoing) }
    Command.drive(.stopped).encode(into: &outgoing)
    Command.start.encode(into: &outgoing)
    report.sent = .stopped
  }

  /// Stops a robot once more that may not have heard `halt`, over a line that may garble every byte.
  ///
  /// One byte is a whole command here, and the next undoes what noise has made of it; the speeds of a garbled `drive` would
  /// hold longer. There are nine because noise may also have begun a command that swallows bytes: 30 ticks' are more than
  /// its 255.
  mutating func haltAgain() {
    Self.haltAgain(into: &outgoing)
    report.sent = .stopped
  }

  static func haltAgain(into bytes: inout [UInt8]) {
    for _ in 0..<9 { Command.start.encode(into: &bytes) }
  }

  /// Asks for the stream that the parser knows, and lets it flow.
  mutating func askForStream() {
    Command.stream(StreamLayout.packets).encode(into: &outgoing)
    Command.streams(true).encode(into: &outgoing)
  }

  /// Goes to the mode that driving needs, standing.
  mutating func enter(at now: MonotonicInstant) {
    report.phase = .entering
    report.sent = .stopped
    report.sentAt = now
    lastModeCommandAt = now
    Command.start.encode(into: &outgoing)
    (drivingMode == .full ? Command.full : .safe).encode(into: &outgoing)
    Command.drive(.stopped).encode(into: &outgoing)
  }

  /// Stops until the learner says `clear`.
  mutating func hold(at now: MonotonicInstant) {
    halt()
    report.phase = .held
    report.sentAt = now
    report.counts.hazards += 1
  }

  /// Stops a robot that is not understood, and begins to wake it.
  mutating func fallSilent(at now: MonotonicInstant) {
    halt()
    report.phase = .waking
    report.sentAt = now
    drivingMode = .safe
    silentSince = now
    nextAttemptAt = now
  }
}
