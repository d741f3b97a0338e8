import AVGCore

/// What the fakes were asked to do, in order, and where the memory lay that they were given.
final class Journal {
  var calls: [String] = []
  var actions: [[Float]] = []
  var observationAddresses: Set<UInt> = []
  var actionAddresses: Set<UInt> = []
}

struct FakeFailure: Error, CustomStringConvertible {
  let description: String
}

/// A world whose observations carry its step counter and whose episodes end as a script says.
struct FakeEnvironment: Environment, ~Copyable {
  typealias Failure = FakeFailure

  let specification: EnvironmentSpecification
  /// Each measure says 1 in every step.
  let measurements: [Double]
  let journal: Journal
  /// The outcomes, one after the other, over and over.
  var script: [Outcome]
  /// The step at which the camera is unplugged.
  var failingStep: Int?
  private(set) var steps: Int

  init(
    journal: Journal, script: [Outcome], failingStep: Int? = nil, steps: Int = 0, measures: [Measure] = []
  ) {
    specification = EnvironmentSpecification(
      frames: FrameStack(count: 1, shape: FrameShape(height: 1, width: 1)), signalCount: 1, actionCount: 2,
      measures: measures)
    measurements = measures.map { _ in 1 }
    self.steps = steps
    self.journal = journal
    self.script = script
    self.failingStep = failingStep
  }

  mutating func reset(into observation: inout Observation) throws(FakeFailure) {
    journal.calls.append("reset")
    fill(&observation, signal: 1000 + Float(steps))
  }

  mutating func begin(_ action: [Float]) {
    // A copy of its own: keeping the trainer's array would force it to make another.
    journal.actions.append(action.map { $0 })
    journal.actionAddresses.insert(action.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) })
    journal.calls.append("begin")
  }

  mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(FakeFailure) -> Outcome {
    if steps == failingStep { throw FakeFailure(description: "camera: gone") }
    let outcome = script[steps % script.count]
    steps += 1
    journal.calls.append("finish \(current.proprioception[0])")
    fill(&next, signal: Float(steps))
    return outcome
  }

  mutating func stop() { journal.calls.append("stop") }

  private func fill(_ observation: inout Observation, signal: Float) {
    observation.proprioception[0] = signal
    observation.newestFrame.stamp = FrameStamp(
      captured: .now, sequence: UInt32(steps), decodeTime: .milliseconds(3))
    let address = observation.frames[0].pixels.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    journal.observationAddresses.insert(address)
  }
}

/// An agent that says what it was called with.
struct FakeAgent: Agent, ~Copyable {
  let journal: Journal
  /// The calls of `act` that answer with a number that is not finite, from 0.
  var brokenActs: Set<Int> = []
  /// The calls of `learn` that are refused, from 0.
  var refusedUpdates: Set<Int> = []
  private(set) var acts = 0
  private(set) var updates = 0

  init(journal: Journal, brokenActs: Set<Int> = [], refusedUpdates: Set<Int> = []) {
    self.journal = journal
    self.brokenActs = brokenActs
    self.refusedUpdates = refusedUpdates
  }

  mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    choose("act", observation, &action)
  }

  mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    choose("anticipate", next, &action)
  }

  private mutating func choose(_ name: String, _ observation: borrowing Observation, _ action: inout [Float])
  {
    journal.calls.append("\(name) \(observation.proprioception[0])")
    action[0] = 0.5
    action[1] = brokenActs.contains(acts) ? .nan : -0.5
    acts += 1
  }

  mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    journal.calls.append("learn \(outcome.reward) \(next.proprioception[0])")
    defer { updates += 1 }
    return Update(
      temporalDifferenceError: 0, temporalDifferenceScale: 1, value: 0, logProbability: 0,
      isRefused: refusedUpdates.contains(updates))
  }
}

extension Outcome {
  static let going = Outcome(reward: -1)
  static let goal = Outcome(reward: 2, terminated: true, reachedGoal: true)
  static let timeOut = Outcome(reward: -1, truncated: true)
}
