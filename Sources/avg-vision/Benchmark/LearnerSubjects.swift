import AVGCore
import AVGLearning
import AVGNetwork
import AVGTasks

/// A learner on random images, the product's own.
final class LearnerUnderTest {
  let encoder: String
  let instructionSet: String
  let inferenceOperations: Int
  let learningOperations: Int
  private var agent: AVG
  private var current = Observation(proprioceptionCount: CreateReacher.proprioceptionCount)
  private var next = Observation(proprioceptionCount: CreateReacher.proprioceptionCount)
  private var action: [Float] = [0, 0]
  private var steps = 0

  init(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) {
    encoder = sharing.rawValue
    instructionSet = set.rawValue
    var configuration = configuration
    configuration.encoderSharing = sharing
    agent = AVG(
      configuration, proprioceptionCount: CreateReacher.proprioceptionCount, actionCount: 2, seed: 1,
      instructionSet: set)
    var random = RandomSource(seed: 1, purpose: "benchmark")
    RandomImages.fill(&current, &random)
    RandomImages.fill(&next, &random)

    let encoders = sharing == .shared ? 1 : 2
    let forward = agent.perception.encoder.forwardOperations
    let (actor, critic) = (agent.actor.operations, agent.critic.operations)
    inferenceOperations = forward + actor
    // Of S and S′ each encoder sees both once; both heads likewise; then weights and inputs backward.
    learningOperations =
      encoders * (2 * forward + agent.perception.encoder.backwardOperations) + 4 * (actor + critic)
  }

  /// Acts as a robot does that has learned enough.
  func infer() {
    agent.mode = .greedy
    agent.act(on: current, into: &action)
  }

  /// Acts, so as to learn.
  func act() {
    agent.mode = .learning
    agent.act(on: current, into: &action)
  }

  func learn() {
    steps += 1
    let outcome = Outcome(reward: -1, terminated: steps.isMultiple(of: 50))
    _ = agent.learn(from: outcome, next: next)
    swap(&current, &next)
  }
}

/// Policy inference: stacked frames in, action out.
final class InferenceSubject: BenchmarkSubject {
  let name = "inference"
  private let learner: LearnerUnderTest

  init(_ learner: LearnerUnderTest) { self.learner = learner }

  var encoder: String? { learner.encoder }
  var instructionSet: String? { learner.instructionSet }
  var operations: Int { learner.inferenceOperations }
  func run() { learner.infer() }
}

/// A whole step: act on S, learn from S′.
final class LearningSubject: BenchmarkSubject {
  let name = "learningStep"
  private let learner: LearnerUnderTest

  init(_ learner: LearnerUnderTest) { self.learner = learner }

  var encoder: String? { learner.encoder }
  var instructionSet: String? { learner.instructionSet }
  var operations: Int { learner.learningOperations }

  func run() {
    learner.act()
    learner.learn()
  }
}

/// Images that no encoder can shorten its work on.
enum RandomImages {
  static func fill(_ observation: inout Observation, _ random: inout RandomSource) {
    for frame in observation.frames.indices {
      for index in observation.frames[frame].pixels.indices {
        observation.frames[frame].pixels[index] = UInt8(truncatingIfNeeded: random.next())
      }
    }
  }
}
