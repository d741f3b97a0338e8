import AVGCore
import AVGCreate2
import AVGImaging
import AVGLearning
import AVGNetwork
import AVGSimulation
import AVGTasks

/// The time from a camera's image to the command that answers it, in either order of acting and learning.
final class AnswerUnderTest {
  private var agent: Learner
  private var transition = Transition(for: TaskConfiguration().specification)
  private var decoder = JPEGDecoder()
  private let image: [UInt8]
  private let sharing: AVGConfiguration.EncoderSharing
  private let set: InstructionSet

  init(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) throws {
    self.sharing = sharing
    self.set = set
    var configuration = configuration
    configuration.encoderSharing = sharing
    agent = Learner(
      configuration, for: TaskConfiguration().specification, seed: 1,
      instructionSet: set)
    var random = RandomSource(seed: 3, purpose: "benchmark")
    RandomImages.fill(&transition.state, &random)
    RandomImages.fill(&transition.next, &random)
    image = try CameraImage.encoded()
    transition.act(&agent)
    transition.outcome.reward = -1
  }

  /// As published: decode, learn from the image, then act on it with the new weights.
  static func learnFirst(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) throws -> BenchmarkSubject {
    let test = try AnswerUnderTest(configuration, sharing, set)
    return test.subject("learnThenAct") {
      test.decode()
      test.learn()
      test.transition.act(&test.agent)
    }
  }

  /// Act first: decode, then act with the current weights; learning follows in the rest of the cycle.
  static func actFirst(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) throws -> BenchmarkSubject {
    let test = try AnswerUnderTest(configuration, sharing, set)
    var subject = test.subject("actThenLearn") {
      test.decode()
      test.transition.anticipate(&test.agent)
    }
    subject.finish = test.learn
    return subject
  }

  private func subject(_ order: String, _ run: @escaping () -> Void) -> BenchmarkSubject {
    BenchmarkSubject(
      name: "captureToCommand", encoder: sharing.rawValue, instructionSet: set.rawValue, order: order,
      run: run)
  }

  private func decode() {
    // Cannot fail: the image was made by the encoder.
    try? image.withUnsafeBytes {
      try decoder.decode($0, into: &transition.next.frames[transition.next.frames.count - 1])
    }
  }

  private func learn() {
    agent.take(transition)
    transition.advance()
  }
}

/// A camera image of 640×360: the simulated pen as JPEG.
enum CameraImage {
  static func encoded() throws -> [UInt8] {
    let shape = FrameShape(height: 360, width: 640)
    var camera = try SimulatedBody(frameShape: shape, seed: 1)
    var view = Observation(frames: FrameStack(count: 1, shape: shape))
    var senses = Create2Senses()
    _ = try camera.sense(into: &view, &senses)
    return try JPEGEncoder().encode(view.newestFrame)
  }
}
