import AVGCore
import AVGNetwork
import Foundation

@testable import AVGLearning

extension Algorithm {
  /// Those that learn from batches which they draw from kept transitions.
  static var batch: [Algorithm] { allCases.filter(\.drawsFromReplay) }
}

/// A learner in a world whose frames, signals, rewards and ends are drawn at random, as a training has it act and learn.
struct BatchRun<Agent: CheckpointedAgent & ~Copyable>: ~Copyable {
  var agent: Agent
  var transition = Transition(for: RandomRun.specification)
  private var random = RandomSource(seed: 0, purpose: "world")

  init(_ agent: consuming Agent) {
    self.agent = agent
    enterWorld(seed: 1)
  }

  /// Begins the world that `seed` gives: two runs in one world see the same.
  mutating func enterWorld(seed: UInt64) {
    random = RandomSource(seed: seed, purpose: "world")
    beginEpisode()
  }

  private mutating func beginEpisode() {
    RandomRun.fill(&transition.state, &random)
    transition.state.repeatNewestFrame()
  }

  /// Draws what comes of the next action: R, the end of the episode and S′.
  mutating func drawOutcome() {
    let newest = transition.next.frames.count - 1
    RandomRun.fill(&transition.next, &random)
    for index in 0..<newest { transition.next.frames[index].copy(from: transition.state.frames[index + 1]) }
    transition.outcome = Outcome(
      reward: Float(random.normal() - 1), terminated: random.uniform() < 0.1,
      missedCycles: random.uniform() < 0.1 ? 1 : 0)
  }

  /// Acts, draws what comes of it, learns.
  @discardableResult mutating func step() -> Update? {
    agent.act(on: transition.state, into: &transition.action)
    drawOutcome()
    let update = agent.take(transition)
    advance()
    return update
  }

  mutating func advance() {
    if transition.outcome.isLast {
      beginEpisode()
    } else {
      transition.advance()
    }
  }

  /// Does `count` steps and returns how many updates were made, and how many of those were refused.
  @discardableResult mutating func run(_ count: Int) -> (updates: Int, refused: Int) {
    var (updates, refused) = (0, 0)
    for _ in 0..<count {
      guard let update = step() else { continue }
      updates += 1
      if update.isRefused { refused += 1 }
    }
    return (updates, refused)
  }

  func bytes() throws -> Data { try agent.checkpoint(metadata: [:]).encoded() }

  /// The weights of all networks.
  func weights() -> [String: [UInt8]] {
    agent.checkpoint(metadata: [:]).tensors.mapValues(\.bytes).filter {
      $0.key.contains("weight") || $0.key.contains("bias") || $0.key.contains("temperature")
    }
  }
}

extension BatchRun where Agent == Learner {
  init(
    _ algorithm: Algorithm, _ sharing: AVGConfiguration.EncoderSharing = .shared, seed: UInt64 = 1,
    _ change: (inout AVGConfiguration) -> Void = { _ in }
  ) {
    var configuration = AVGConfiguration.small
    configuration.algorithm = algorithm
    configuration.encoderSharing = sharing
    configuration.firstMomentDecay = 0.9
    change(&configuration)
    self.init(Learner(configuration, for: RandomRun.specification, seed: seed))
  }
}

extension Transition {
  /// One step of a task that has an answer: the action shall be the first signal, and the second one's opposite.
  ///
  /// - Returns: the reward, at most 0.
  mutating func tryOnce(_ agent: inout Learner, _ world: inout RandomSource) -> Float {
    for index in 0..<2 { state.proprioception[index] = Float(world.uniform(in: -0.8...0.8)) }
    var a = action
    agent.act(on: state, into: &a)
    action = a
    let miss = (a[0] - state.proprioception[0], a[1] + state.proprioception[1])
    return -miss.0 * miss.0 - miss.1 * miss.1
  }
}
