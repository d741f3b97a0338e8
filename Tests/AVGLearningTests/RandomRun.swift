import AVGCore
import AVGNetwork
import Foundation
@testable import AVGLearning

extension AVGConfiguration {
  /// A learner small enough for finite differences, of sizes that no block of the kernels divides.
  static var small: AVGConfiguration {
    var configuration = AVGConfiguration()
    configuration.hiddenUnits = 7
    configuration.excursionRate = 0.3
    configuration.excursionSteps = 3
    configuration.convolutions = [
      ConvolutionShape(channels: 3, kernelSize: 3, stride: 2),
      ConvolutionShape(channels: 5, kernelSize: 3, stride: 1),
    ]
    configuration.replay.steps = 50
    configuration.replay.megabytes = 10
    configuration.batch.samples = 5
    configuration.batch.slice = 2
    configuration.batch.warmUpSteps = 0
    return configuration
  }
}

/// AVG in a world of random numbers.
typealias RandomRun = RandomRunOf<AVG>

/// A learner in a world whose frames, signals, rewards and terminations are drawn at random.
struct RandomRunOf<Agent: CheckpointedAgent & ~Copyable>: ~Copyable {
  static var specification: EnvironmentSpecification {
    EnvironmentSpecification(
      frames: FrameStack(count: 2, shape: FrameShape(height: 15, width: 19)), signalCount: 3, actionCount: 2)
  }

  var agent: Agent
  var current = RandomRunOf.makeObservation()
  var next = RandomRunOf.makeObservation()
  var action = [Float](repeating: 0, count: RandomRunOf.specification.actionCount)
  private(set) var random = RandomSource(seed: 0, purpose: "world")

  init(_ agent: consuming Agent) {
    self.agent = agent
    enterWorld(seed: 1)
  }

  static func makeObservation() -> Observation { Observation(for: specification) }

  /// Begins the world that `seed` gives: two runs in one world see the same.
  mutating func enterWorld(seed: UInt64) {
    random = RandomSource(seed: seed, purpose: "world")
    Self.fill(&current, &random)
  }

  static func fill(_ observation: inout Observation, _ random: inout RandomSource) {
    for frame in observation.frames.indices {
      for index in observation.frames[frame].pixels.indices {
        observation.frames[frame].pixels[index] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    for index in observation.proprioception.indices {
      observation.proprioception[index] = Float(random.normal())
    }
  }

  /// Draws what comes of the next action: R, the end of the episode and S′.
  mutating func drawOutcome() -> Outcome {
    Self.fill(&next, &random)
    return Outcome(reward: Float(random.normal() - 1), terminated: random.uniform() < 0.1)
  }

  /// Acts, draws what comes of it, learns.
  @discardableResult mutating func step() -> Update {
    agent.act(on: current, into: &action)
    let update = agent.learn(from: drawOutcome(), next: next)
    swap(&current, &next)
    return update
  }

  /// Draws what came of the last answer, answers it, and only then learns how it came there.
  mutating func stepActingFirst() -> Update {
    let outcome = drawOutcome()
    agent.anticipate(next, into: &action)
    let update = agent.learn(from: outcome, next: next)
    swap(&current, &next)
    return update
  }

  /// Does `count` steps and returns how many updates were refused.
  @discardableResult mutating func run(_ count: Int) -> Int {
    (0..<count).reduce(0) { refused, _ in refused + (step().isRefused ? 1 : 0) }
  }

  /// The learner's whole state as the bytes of its file.
  func bytes() throws -> Data { try agent.checkpoint(metadata: [:]).encoded() }

  /// The learner's state but for its random sources, which every call draws from, and the transition at hand, which
  /// is learned from or refused once.
  func learned() throws -> Data {
    var file = agent.checkpoint(metadata: [:])
    file.tensors["random"] = nil
    file.tensors["episode"] = nil
    file.tensors["perception.counted"] = nil
    file.tensors["exploration.noise"] = nil
    file.tensors["exploration.excursion"] = nil
    for name in file.tensors.keys where name.hasPrefix("pending.") {
      file.tensors[name] = nil
    }
    return try file.encoded()
  }
}

extension CheckpointedAgent where Self: ~Copyable {
  /// Learns from what came of the action chosen last.
  mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    let frames = next.frames.first.map { FrameStack(count: next.frames.count, shape: $0.shape) }
    var transition = Transition(
      for: EnvironmentSpecification(
        frames: frames, signalCount: next.proprioception.count, actionCount: 2))
    transition.outcome = outcome
    transition.next.copyFrames(from: next)
    transition.next.proprioception = next.proprioception
    return take(transition)
      ?? Update(
        temporalDifferenceError: .nan, temporalDifferenceScale: .nan, value: .nan, logProbability: .nan,
        isRefused: true)
  }
}

extension RandomRunOf where Agent == AVG {
  init(_ configuration: AVGConfiguration = .small, seed: UInt64 = 1) {
    self.init(AVG(configuration, for: Self.specification, seed: seed))
  }
}

extension RandomRunOf where Agent == Learner {
  init(_ configuration: AVGConfiguration, seed: UInt64 = 1) {
    self.init(Learner(configuration, for: Self.specification, seed: seed))
  }
}
