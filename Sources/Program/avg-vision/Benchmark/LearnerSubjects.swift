import AVGCore
import AVGLearning
import AVGNetwork
import AVGSystem
import AVGTasks

/// The product's learner on random images and signals.
final class LearnerUnderTest {
  let encoder: String
  let instructionSet: String
  /// The batch of a learner that learns from batches, unless another is asked for.
  static let batchSamples = 16
  /// A batch of signals, as published.
  static let vectorSamples = 256
  /// The transitions that a learning step learns from; nil of a learner that learns from the newest.
  let samples: Int?
  private let threads: Int?
  let inferenceOperations: Int
  let learningOperations: Int
  let actFirstOperations: Int
  private var agent: Learner
  private var transition: Transition
  private var random = RandomSource(seed: 1, purpose: "benchmark")
  private var steps = 0
  /// The steps from one update to the next.
  private let stepsPerUpdate: Int

  init(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet,
    for specification: EnvironmentSpecification = TaskConfiguration().specification,
    batch: Int? = nil, workers: WorkerPool? = nil
  ) {
    let usual = specification.frames == nil ? Self.vectorSamples : Self.batchSamples
    let samples = batch ?? min(configuration.batch.samples, usual)
    self.samples = configuration.algorithm.isBatch ? samples : nil
    transition = Transition(for: specification)
    threads = workers?.threadCount
    encoder = sharing.rawValue
    instructionSet = set.rawValue
    var configuration = configuration
    configuration.encoderSharing = sharing
    if configuration.algorithm.isBatch {
      // Batches are drawn from as many transitions from the first timing on.
      configuration.batch.warmUpSteps = samples
      configuration.batch.samples = samples
      configuration.replay.steps = max(1000, samples)
      configuration.ppo.rolloutSteps = samples
    }
    stepsPerUpdate = configuration.algorithm == .ppo ? samples : 1
    agent = Learner(
      configuration, for: specification, seed: 1,
      instructionSet: set, workers: workers)
    observe(&transition.state, &random)
    observe(&transition.next, &random)

    let encoders = sharing == .shared ? 1 : 2
    let operations = agent.operations
    let (forward, backward) = (operations.encoderForward, operations.encoderBackward)
    inferenceOperations = forward + operations.actor
    // Each encoder processes S and S′ once, and so do both heads; then come weights and inputs backward.
    let heads = 4 * (operations.actor + operations.critic)
    // A rehearsed batch goes through the actor forward twice and backward once, through the critic three times and twice.
    let rehearsed =
      configuration.rehearsal.transitions == 0
      ? 0 : configuration.rehearsal.updatesPerStep * configuration.rehearsal.samples
    let rehearsal = rehearsed * (4 * operations.actor + 6 * operations.critic)
    actFirstOperations = encoders * (forward + backward) + heads + rehearsal
    let acting = encoders * forward + operations.actor
    // From a batch S′ goes through the encoder twice, once by its target weights; acting comes besides.
    learningOperations =
      switch configuration.algorithm {
      case .sac:
        acting + samples
          * (encoders * (2 * forward + backward) + forward + 4 * operations.actor + 6 * operations.critic)
      case .td3:
        // The actor steps in every second update, by the first critic.
        acting + samples
          * (encoders * (2 * forward + backward) + (5 * operations.actor + 9 * operations.critic) / 2)
      case .ppo:
        samples
          * (acting + (1 + encoders) * forward + operations.actor + 2 * operations.critic
            + configuration.ppo.epochs
            * (encoders * (forward + backward) + 3 * (operations.actor + operations.critic)))
      default: encoders * (2 * forward + backward) + heads + rehearsal
      }
    if configuration.algorithm.drawsFromReplay { remember(samples) }
  }

  /// Has the learner keep transitions that differ, none of which it learns from.
  private func remember(_ count: Int) {
    agent.mode = .learning
    for _ in 0..<count {
      observe(&transition.next, &random)
      transition.act(&agent)
      learnFromNext()
    }
  }

  /// The memory that the kept transitions take.
  var replayMebibytes: Double { Double(agent.replayBytes) / 1_048_576 }

  /// Inference of a trained robot: stacked frames in, action out.
  func infer() {
    agent.mode = .greedy
    transition.act(&agent)
  }

  /// A step as published: act on S, learn from S′. Of PPO: a rollout of as many steps as a batch has, and its update.
  func learn() {
    agent.mode = .learning
    for _ in 0..<stepsPerUpdate {
      transition.act(&agent)
      learnFromNext()
    }
  }

  /// A step that acts first: answer S′, which is all that the body waits for, then learn.
  func answerThenLearn() {
    transition.anticipate(&agent)
    learnFromNext()
  }

  private func learnFromNext() {
    steps += 1
    transition.outcome = Outcome(reward: -1, terminated: steps.isMultiple(of: 50))
    agent.take(transition)
    transition.advance()
  }

  /// Makes a row of this learner.
  func subject(_ name: String, operations: Int, _ run: @escaping () -> Void) -> BenchmarkSubject {
    BenchmarkSubject(
      name: name, encoder: encoder, instructionSet: instructionSet, operations: operations,
      order: threads.map { "\($0) threads" }, run: run)
  }
}

// A class's properties are not taken apart: what reads S and writes A stands here.
extension Transition {
  /// Has `agent` choose A for S.
  mutating func act(_ agent: inout Learner) { agent.act(on: state, into: &action) }

  /// Has `agent` choose A′ for S′.
  mutating func anticipate(_ agent: inout Learner) { agent.anticipate(next, into: &action) }
}

/// Random images, which offer no shortcuts to the kernels.
enum RandomImages {
  static func fill(_ observation: inout Observation, _ random: inout RandomSource) {
    for frame in observation.frames.indices {
      for index in observation.frames[frame].pixels.indices {
        observation.frames[frame].pixels[index] = UInt8(truncatingIfNeeded: random.next())
      }
    }
  }
}

/// Draws an observation; signals are drawn where there is nothing else to learn from.
private func observe(_ observation: inout Observation, _ random: inout RandomSource) {
  RandomImages.fill(&observation, &random)
  if observation.frames.isEmpty { RandomSignals.fill(&observation, &random) }
}

/// Random signals, where there is nothing else to learn from.
enum RandomSignals {
  static func fill(_ observation: inout Observation, _ random: inout RandomSource) {
    for index in observation.proprioception.indices {
      observation.proprioception[index] = Float(random.uniform(in: -1...1))
    }
  }
}
