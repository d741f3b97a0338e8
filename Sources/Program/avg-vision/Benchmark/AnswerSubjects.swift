import AVGCore
import AVGImaging
import AVGLearning
import AVGNetwork
import AVGSimulation
import AVGTasks

/// The time from a camera's image to the command that answers it, in either order of acting and learning.
final class AnswerUnderTest {
  private var agent: Learner
  private var current = Observation(for: TaskConfiguration().specification)
  private var next = Observation(for: TaskConfiguration().specification)
  private var action: [Float] = [0, 0]
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
    RandomImages.fill(&current, &random)
    RandomImages.fill(&next, &random)
    image = try CameraImage.encoded()
    agent.act(on: current, into: &action)
  }

  /// As published: decode, learn from the image, then act on it with the new weights.
  static func learnFirst(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) throws -> BenchmarkSubject {
    let test = try AnswerUnderTest(configuration, sharing, set)
    return test.subject("learnThenAct") {
      test.decode()
      test.learn()
      test.agent.act(on: test.current, into: &test.action)
    }
  }

  /// Act first: decode, then act with the current weights; learning follows in the rest of the cycle.
  static func actFirst(
    _ configuration: AVGConfiguration, _ sharing: AVGConfiguration.EncoderSharing, _ set: InstructionSet
  ) throws -> BenchmarkSubject {
    let test = try AnswerUnderTest(configuration, sharing, set)
    var subject = test.subject("actThenLearn") {
      test.decode()
      test.agent.anticipate(test.next, into: &test.action)
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
    try? image.withUnsafeBytes { try decoder.decode($0, into: &next.frames[next.frames.count - 1]) }
  }

  private func learn() {
    _ = agent.learn(from: Outcome(reward: -1), next: next)
    swap(&current, &next)
  }
}

/// A camera image of 640×360: the simulated pen as JPEG.
enum CameraImage {
  static func encoded() throws -> [UInt8] {
    let shape = FrameShape(height: 360, width: 640)
    var camera = try SimulatedBody(frameShape: shape, seed: 1)
    var picture = Frame(shape: shape)
    var senses = Create2Senses()
    _ = try camera.sense(into: &picture, &senses)
    return try JPEGEncoder().encode(picture)
  }
}
