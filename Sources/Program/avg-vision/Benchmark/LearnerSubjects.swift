import AVGCore
import AVGLearning
import AVGNetwork
import AVGTasks

/// The product's learner on random images.
final class LearnerUnderTest {
  let encoder: String
  let instructionSet: String
  let inferenceOperations: Int
  let learningOperations: Int
  let actFirstOperations: Int
  private var agent: Learner
  private var current = Observation(for: TaskConfiguration().specification)
  private var next = Observation(for: TaskConfiguration().specification)
  private var action: [Float] = [0, 0]
  private var steps = 0

  init(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) {
    encoder = sharing.rawValue
    instructionSet = set.rawValue
    var configuration = configuration
    configuration.encoderSharing = sharing
    agent = Learner(
      configuration, for: TaskConfiguration().specification, seed: 1,
      instructionSet: set)
    var random = RandomSource(seed: 1, purpose: "benchmark")
    RandomImages.fill(&current, &random)
    RandomImages.fill(&next, &random)

    let encoders = sharing == .shared ? 1 : 2
    let operations = agent.operations
    let (forward, backward) = (operations.encoderForward, operations.encoderBackward)
    inferenceOperations = forward + operations.actor
    // Each encoder processes S and S′ once, and so do both heads; then come weights and inputs backward.
    let heads = 4 * (operations.actor + operations.critic)
    actFirstOperations = encoders * (forward + backward) + heads
    learningOperations = encoders * (2 * forward + backward) + heads
  }

  /// Inference of a trained robot: stacked frames in, action out.
  func infer() {
    agent.mode = .greedy
    agent.act(on: current, into: &action)
  }

  /// A step as published: act on S, learn from S′.
  func learn() {
    agent.mode = .learning
    agent.act(on: current, into: &action)
    learnFromNext()
  }

  /// A step that acts first: answer S′, which is all that the body waits for, then learn.
  func answerThenLearn() {
    agent.anticipate(next, into: &action)
    learnFromNext()
  }

  private func learnFromNext() {
    steps += 1
    let outcome = Outcome(reward: -1, terminated: steps.isMultiple(of: 50))
    _ = agent.learn(from: outcome, next: next)
    swap(&current, &next)
  }

  /// Makes a row of this learner.
  func subject(_ name: String, operations: Int, _ run: @escaping () -> Void) -> BenchmarkSubject {
    BenchmarkSubject(
      name: name, encoder: encoder, instructionSet: instructionSet, operations: operations, run: run)
  }
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
