import AVGCore

/// A UR5 and its controller in software: joints that follow what a line of URScript tells them, a tick of 8 ms at a time.
///
/// The controller's own limits are ±2π; a joint that would cross one leads to a protective stop. A protective stop brakes, and
/// lasts until it is unlocked, five seconds later at the earliest; an emergency stop until `release`.
package struct EmulatedUR5: Sendable {
  /// Where the joints are.
  package private(set) var motion = JointMotion(angles: ReachingArm.start)
  /// The controller's safety mode.
  package private(set) var safety = Safety.normal
  /// Lines that were no motion.
  package private(set) var misunderstood = 0
  private var task = Task.none
  private var ticks = 0
  private var stoppedAt = 0

  /// The controller's safety modes that are emulated, by their numbers in a packet.
  package enum Safety: Int, Sendable {
    case normal = 1
    case protectiveStop = 3
    case emergencyStop = 7
  }

  private enum Task {
    case none
    /// Toward these speeds, until a tick.
    case speeds(JointVector, acceleration: Double, until: Int)
    case stop(deceleration: Double)
    case angles(JointVector, start: JointVector, begin: Int, length: Int)
    case follow(JointVector, until: Int)
  }

  /// A tick of the controller.
  package static let tickSeconds = SimulatedArm.tickSeconds
  private static let ownLimit = 2 * Double.pi
  /// What a program's end, and a stop by the safety system, brake with, in rad/s².
  private static let endDeceleration = 1.4
  private static let safetyDeceleration = 8.0
  private static let fastest = 3.14
  private static let unlockSeconds = 5.0

  package init() {}

  /// The seconds since the start.
  package var time: Double { Double(ticks) * Self.tickSeconds }

  /// Takes a line of URScript.
  package mutating func obey(_ line: String) {
    guard let script = ArmScript(line) else {
      // A program's frame, or a comment, is no mistake.
      if !line.allSatisfy(\.isWhitespace) { misunderstood += 1 }
      return
    }
    guard safety == .normal else { return }
    func ticks(_ seconds: Double) -> Int { Int(min(seconds / Self.tickSeconds, 1e9).rounded(.up)) }
    switch script {
    case .speedj(let speeds, let acceleration, let seconds):
      let bound = JointVector(repeating: Self.fastest)
      task = .speeds(
        speeds.clamped(lowerBound: -bound, upperBound: bound), acceleration: acceleration,
        until: seconds == 0 ? .max : self.ticks + ticks(seconds))
    case .stopj(let deceleration): task = .stop(deceleration: max(0.1, deceleration))
    case .movej(let angles, let acceleration, let speed, let seconds):
      var distance = 0.0
      for joint in 0..<JointSpeeds.jointCount {
        distance = max(distance, abs(angles[joint] - motion.angles[joint]))
      }
      // A smooth way from rest to rest: its mean speed is two thirds of its greatest.
      let needed = seconds > 0 ? seconds : 1.5 * distance / max(0.01, speed) + speed / max(0.01, acceleration)
      task = .angles(angles, start: motion.angles, begin: self.ticks, length: max(1, ticks(needed)))
    case .servoj(let angles, let seconds): task = .follow(angles, until: self.ticks + ticks(seconds))
    }
  }

  /// Lets 8 ms go by.
  package mutating func advance() {
    ticks += 1
    let before = motion
    switch task {
    case .none: turn(toward: JointVector(), Self.endDeceleration)
    case .stop(let deceleration): turn(toward: JointVector(), deceleration)
    case .speeds(let speeds, let acceleration, let end):
      turn(toward: speeds, acceleration)
      if ticks >= end { task = .none }
    case .angles(let angles, let start, let begin, let length):
      place(Self.way(from: start, to: angles, Double(ticks - begin) / Double(length)))
      if ticks - begin >= length {
        task = .none
        motion.speeds = JointVector()
      }
    case .follow(let angles, let end):
      let reach = JointVector(repeating: Self.fastest * Self.tickSeconds)
      place(motion.angles + (angles - motion.angles).clamped(lowerBound: -reach, upperBound: reach))
      if ticks >= end { task = .none }
    }
    for joint in 0..<JointSpeeds.jointCount where abs(motion.angles[joint]) > Self.ownLimit {
      motion = before
      motion.speeds = JointVector()
      stop(.protectiveStop)
    }
  }

  /// Stops the arm as its safety system does.
  package mutating func stop(_ safety: Safety) {
    self.safety = safety
    stoppedAt = ticks
    task = .stop(deceleration: Self.safetyDeceleration)
  }

  /// Unlocks a protective stop.
  ///
  /// - Returns: false if it is too early.
  package mutating func unlock() -> Bool {
    guard safety == .protectiveStop else { return true }
    guard Double(ticks - stoppedAt) * Self.tickSeconds >= Self.unlockSeconds else { return false }
    safety = .normal
    return true
  }

  /// Pulls the emergency stop out again.
  package mutating func release() { if safety == .emergencyStop { safety = .normal } }

  /// What the controller says of the arm.
  package var packet: StatePacket {
    var packet = StatePacket()
    packet.time = time
    packet.targetAngles = motion.angles
    packet.angles = motion.angles
    packet.speeds = motion.speeds
    packet.safetyMode = Double(safety.rawValue)
    if case .none = task { packet.programState = 1 } else { packet.programState = 2 }
    return packet
  }

  private mutating func turn(toward speeds: JointVector, _ acceleration: Double) {
    motion.advance(toward: speeds, acceleration: max(0.1, acceleration), seconds: Self.tickSeconds)
  }

  private mutating func place(_ angles: JointVector) {
    motion.speeds = (angles - motion.angles) / Self.tickSeconds
    motion.angles = angles
  }

  /// From rest to rest: 3s² − 2s³ of the way.
  private static func way(from start: JointVector, to end: JointVector, _ share: Double) -> JointVector {
    let s = min(1, max(0, share))
    return start + (end - start) * (s * s * (3 - 2 * s))
  }
}
