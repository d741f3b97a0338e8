package import AVGCore
package import AVGRecording
package import AVGTasks

/// What an arm of two joints is told, in radians per second.
package struct JointSpeeds: BaseCommand {
  package var shoulder = 0.0
  package var elbow = 0.0

  package init(shoulder: Double = 0, elbow: Double = 0) {
    self.shoulder = shoulder
    self.elbow = elbow
  }

  package static let stopped = JointSpeeds()
}

/// What it feels: where its joints are, in radians.
package struct ArmSenses: BaseSenses, Hashable {
  package var angles: [Float] = [0, 0]
  package var touches = false

  package init() {}
}

extension ArmSenses: LoggedSenses {
  package static let logFields: [LogField<ArmSenses>] = [
    LogField(15, "angles", \.angles), LogField(16, "touches", \.touches),
  ]
}

extension JointSpeeds: LoggedCommand {
  package static var logName: String { "sent_radians_per_second" }
  package static var numberCount: Int { 2 }

  package func write(into numbers: inout [Float]) {
    numbers[0] = Float(shoulder)
    numbers[1] = Float(elbow)
  }
}

/// What goes wrong with it.
package enum ArmFault: Error {
  case jammed
}

/// The base of an arm: it needs no camera, and turns as it is told for 50 ms before it is felt.
package struct ArmBase: Base {
  package private(set) var senses = ArmSenses()
  /// What it was told, in order.
  package private(set) var commands: [JointSpeeds] = []
  /// How often it has looked on its way to a new start.
  package private(set) var glances = 0
  /// The command, of all that it is told, at which it jams.
  package var jammingCommand: Int?
  /// Whether it does what it is told; one that does not is stale.
  package var obeys = true
  /// How many of the coming cycles a person holds it still.
  package var heldCycles = 0

  package init() {}

  package mutating func drive(_ command: JointSpeeds) throws(ArmFault) {
    commands.append(command)
    if commands.count == jammingCommand { throw .jammed }
  }

  package mutating func awaitRelease() throws(ArmFault) -> Bool {
    heldCycles -= 1
    return heldCycles >= 0
  }

  package mutating func isObeying() throws(ArmFault) -> Bool { obeys }

  package mutating func feel(into senses: inout ArmSenses) throws(ArmFault) {
    let command = commands.last ?? .stopped
    self.senses.angles[0] += Float(command.shoulder * 0.05)
    self.senses.angles[1] += Float(command.elbow * 0.05)
    self.senses.touches = self.senses.angles[0] >= 0.5
    senses = self.senses
  }

  package mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, ArmFault>) -> Bool {
    do { while try eye.glance() == .stale { glances += 1 } } catch { throw .eye(error) }
    glances += 1
    senses = ArmSenses()
    return true
  }
}

/// Touch what lies ahead: a task for another base than two wheels, which sees nothing.
package struct TouchAhead: ControlTask {
  package let actionCount = 2
  package let signalCount = 4
  package let controlPeriod = Duration.milliseconds(2)
  package let timeLimitSteps = 20
  package var curriculumPosition = 0.0

  package init() {}

  package func command(for action: [Float]) -> JointSpeeds {
    JointSpeeds(shoulder: 2 * Double(action[0]), elbow: 2 * Double(action[1]))
  }

  package func judge(_ observation: borrowing Observation, _ senses: borrowing ArmSenses) -> Judgement {
    Judgement(reward: -1, terminated: senses.touches, reachedGoal: senses.touches)
  }

  package func isAtGoal(_ observation: borrowing Observation, _ senses: borrowing ArmSenses) -> Bool {
    senses.touches
  }

  package func writeProprioception(
    _ senses: borrowing ArmSenses, previousAction: [Float], into proprioception: inout [Float]
  ) {
    for index in 0..<2 {
      proprioception[index] = senses.angles[index]
      proprioception[2 + index] = previousAction[index]
    }
  }
}

extension Body where Self: ~Copyable {
  /// Senses into one frame.
  package mutating func sense(into frame: inout Frame, _ senses: inout Senses) throws(Failure) -> Freshness {
    var observation = Observation(frames: FrameStack(count: 1, shape: frame.shape))
    observation.newestFrame = frame
    defer { frame = observation.newestFrame }
    return try sense(into: &observation, &senses)
  }
}
