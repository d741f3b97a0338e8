import AVGCore
import AVGLearning
import AVGNetwork
import AVGSystem

/// Passes over a batch: what a learner with a replay buffer does most of the time.
enum BatchSubjects {
  /// A perceptron of two hidden layers of 256 units with 23 inputs and one output, the critic of SAC on HalfCheetah, over
  /// 256 samples; and the configuration's encoder over 16.
  static func all(
    _ configuration: AVGConfiguration, _ set: InstructionSet, workers: WorkerPool? = nil
  ) -> [BenchmarkSubject] {
    let perceptron = PerceptronBatch(set, workers)
    let encoder = EncoderBatch(configuration, set, workers)
    return [
      subject("batch256Forward", set, workers, perceptron.operations) { perceptron.forward() },
      subject("batch256Backward", set, workers, 2 * perceptron.operations) { perceptron.backward() },
      subject("encoderBatch16Forward", set, workers, encoder.forwardOperations) { encoder.forward() },
      subject("encoderBatch16Backward", set, workers, encoder.backwardOperations) { encoder.backward() },
    ]
  }

  private static func subject(
    _ name: String, _ set: InstructionSet, _ workers: WorkerPool?, _ operations: Int,
    _ run: @escaping () -> Void
  ) -> BenchmarkSubject {
    BenchmarkSubject(
      name: name, instructionSet: set.rawValue, operations: operations,
      order: workers.map { "\($0.threadCount) threads" },
      run: {
        workers?.begin()
        run()
        workers?.end()
      })
  }
}

private final class PerceptronBatch {
  private static let batch = 256

  private let network: MultilayerPerceptron
  private var parameters: Parameters
  private var gradients: Gradients
  private var pass: MultilayerPerceptron.Pass
  private let outputGradient = [Float](repeating: 1, count: PerceptronBatch.batch)

  init(_ set: InstructionSet, _ workers: WorkerPool?) {
    var random = RandomSource(seed: 4, purpose: "benchmark")
    network = MultilayerPerceptron(
      name: "critic", inputs: 23, hiddenUnits: 256, heads: [("q", 1)], penultimateNormalization: .none,
      instructionSet: set, workers: workers)
    gradients = Gradients(network.layout, accumulates: true, instructionSet: set)
    var parameters = Parameters(network.layout)
    network.initialize(&parameters, random: &random)
    var pass = network.makePass(batch: Self.batch)
    pass.input.write((0..<Self.batch * 23).map { _ in Float(random.normal()) })
    network.forward(&pass, parameters)
    self.parameters = parameters
    self.pass = pass
  }

  var operations: Int { Self.batch * network.operations }

  func forward() { network.forward(&pass, parameters) }

  func backward() {
    gradients.dense.fill()
    network.backward(&pass, parameters, outputGradient: outputGradient, into: &gradients)
  }
}

private final class EncoderBatch {
  private static let batch = 16

  private let encoder: Encoder
  private var parameters: Parameters
  private var gradients: Gradients
  private var pass: Encoder.Pass
  private var featureGradient: FloatBuffer

  init(_ configuration: AVGConfiguration, _ set: InstructionSet, _ workers: WorkerPool?) {
    var random = RandomSource(seed: 5, purpose: "benchmark")
    encoder = Encoder(
      name: "encoder", convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frames: FrameStack(), instructionSet: set,
      workers: workers)
    var parameters = Parameters(encoder.layout)
    encoder.initialize(&parameters, configuration.convolutionInitialization, random: &random)
    gradients = Gradients(encoder.layout, accumulates: true, instructionSet: set)
    var pass = encoder.makePass(batch: Self.batch)
    var featureGradient = FloatBuffer(count: Self.batch * encoder.featureCount)
    featureGradient.fill(1)
    var observation = Observation(for: EnvironmentSpecification(signalCount: 0, actionCount: 2))
    for sample in 0..<Self.batch {
      RandomImages.fill(&observation, &random)
      encoder.load(observation.frames, into: &pass, sample: sample)
    }
    encoder.forward(&pass, parameters)
    self.parameters = parameters
    self.pass = pass
    self.featureGradient = featureGradient
  }

  var forwardOperations: Int { Self.batch * encoder.forwardOperations }
  var backwardOperations: Int { Self.batch * encoder.backwardOperations }

  func forward() { encoder.forward(&pass, parameters) }

  func backward() {
    gradients.dense.fill()
    encoder.backward(&pass, parameters, featureGradient: featureGradient, into: &gradients)
  }
}
