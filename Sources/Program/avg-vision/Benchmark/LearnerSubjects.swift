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
    // Of S and S′ each encoder sees both once; both heads likewise; then weights and inputs backward.
    let heads = 4 * (operations.actor + operations.critic)
    actFirstOperations = encoders * (forward + backward) + heads
    learningOperations = encoders * (2 * forward + backward) + heads
  }

  /// Acts as a robot does that has learned enough: stacked frames in, action out.
  func infer() {
    agent.mode = .greedy
    agent.act(on: current, into: &action)
  }

  /// A whole step as published: act on S, learn from S′.
  func learn() {
    agent.mode = .learning
    agent.act(on: current, into: &action)
    learnFromNext()
  }

  /// A whole step that acts first: answer S′, for which alone the body waits, then learn.
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

  /// A row of this learner.
  func subject(_ name: String, operations: Int, _ run: @escaping () -> Void) -> BenchmarkSubject {
    BenchmarkSubject(
      name: name, encoder: encoder, instructionSet: instructionSet, operations: operations, run: run)
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
