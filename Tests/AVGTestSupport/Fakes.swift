package import AVGCore

/// What the fakes were asked to do, in order, and where the memory lay that they were given.
package final class Journal {
  package var calls: [String] = []
  package var actions: [[Float]] = []
  package var observationAddresses: Set<UInt> = []
  package var actionAddresses: Set<UInt> = []

  package init() {}
}

package struct FakeFailure: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// A world whose observations carry its step counter and whose episodes end as a script says.
package struct FakeEnvironment: Environment, ~Copyable {
  package typealias Failure = FakeFailure

  package let specification: EnvironmentSpecification
  /// Each measure says 1 in every step.
  package let measurements: [Double]
  package let journal: Journal
  /// The outcomes, one after the other, over and over.
  package var script: [Outcome]
  /// The step at which the camera is unplugged.
  package var failingStep: Int?
  package private(set) var steps: Int

  package init(
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

  package mutating func reset(into observation: inout Observation) throws(FakeFailure) {
    journal.calls.append("reset")
    fill(&observation, signal: 1000 + Float(steps))
  }

  package mutating func begin(_ action: [Float]) {
    // A copy of its own: keeping the trainer's array would force it to make another.
    journal.actions.append(action.map { $0 })
    journal.actionAddresses.insert(action.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) })
    journal.calls.append("begin")
  }

  package mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(FakeFailure) -> Outcome {
    if steps == failingStep { throw FakeFailure(description: "camera: gone") }
    let outcome = script[steps % script.count]
    steps += 1
    journal.calls.append("finish \(current.proprioception[0])")
    fill(&next, signal: Float(steps))
    return outcome
  }

  package mutating func stop() { journal.calls.append("stop") }

  private func fill(_ observation: inout Observation, signal: Float) {
    observation.proprioception[0] = signal
    observation.newestFrame.stamp = FrameStamp(
      captured: .now, sequence: UInt32(steps), decodeTime: .milliseconds(3))
    let address = observation.frames[0].pixels.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    journal.observationAddresses.insert(address)
  }
}

/// An agent that says what it was called with.
package struct FakeAgent: Agent, ~Copyable {
  package let journal: Journal
  /// The calls of `act` that answer with a number that is not finite, from 0.
  package var brokenActs: Set<Int> = []
  /// The updates that are refused, from 0.
  package var refusedUpdates: Set<Int> = []
  package private(set) var acts = 0
  package private(set) var updates = 0

  package init(journal: Journal, brokenActs: Set<Int> = [], refusedUpdates: Set<Int> = []) {
    self.journal = journal
    self.brokenActs = brokenActs
    self.refusedUpdates = refusedUpdates
  }

  package mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    choose("act", observation, &action)
  }

  package mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    choose("anticipate", next, &action)
  }

  private mutating func choose(_ name: String, _ observation: borrowing Observation, _ action: inout [Float])
  {
    journal.calls.append("\(name) \(observation.proprioception[0])")
    action[0] = 0.5
    action[1] = brokenActs.contains(acts) ? .nan : -0.5
    acts += 1
  }

  package mutating func take(_ transition: borrowing Transition) -> Update? {
    guard transition.isLearnable else { return nil }
    journal.calls.append("learn \(transition.outcome.reward) \(transition.next.proprioception[0])")
    defer { updates += 1 }
    return Update(
      temporalDifferenceError: 0, temporalDifferenceScale: 1, value: 0, logProbability: 0,
      isRefused: refusedUpdates.contains(updates))
  }
}

extension Outcome {
  package static let going = Outcome(reward: -1)
  package static let goal = Outcome(reward: 2, terminated: true, reachedGoal: true)
  package static let timeOut = Outcome(reward: -1, truncated: true)
}
