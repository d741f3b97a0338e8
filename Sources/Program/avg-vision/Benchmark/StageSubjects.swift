import AVGCore
import AVGCreate2
import AVGExperiment
import AVGImaging
import AVGLearning
import AVGNetwork
import AVGSimulation
import AVGTasks

/// The stages of a learning step and of the world.
enum StageSubjects {
  /// The stages of a learning step with one instruction set.
  static func all(_ configuration: AVGConfiguration, _ set: InstructionSet) throws -> [BenchmarkSubject] {
    var random = RandomSource(seed: 2, purpose: "benchmark")
    var observation = Observation(for: EnvironmentSpecification(signalCount: 0, actionCount: 2))
    RandomImages.fill(&observation, &random)
    let encoder = Encoder(
      name: "encoder", convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frames: FrameStack(),
      instructionSet: set)
    var learned = LearnedParameters(encoder.layout, set)
    encoder.initialize(&learned.parameters, configuration.convolutionInitialization, random: &random)
    let stages = EncoderStages(encoder, learned, frames: observation.frames)
    var subjects: [BenchmarkSubject] = stages.stages.map { stage in
      subject(name(of: stage), set, operations: stages.operations(stage)) { stages.run(stage) }
    }
    let vectorCount =
      2 * (configuration.convolutions.last?.channels ?? 0) + TaskConfiguration().specification.signalCount
    let heads = HeadsUnderTest(inputs: vectorCount, configuration, set, &random)
    subjects.append(subject("dense", set, operations: heads.operations) { heads.run() })
    subjects.append(
      subject("optimiser", set) {
        stages.optimize()
        heads.optimize()
      })
    let normalizer = NormalizerUnderTest(length: vectorCount)
    subjects.append(subject("normalisation", set) { normalizer.run() })
    return subjects
  }

  /// A step of training in simulation: body, task and learner, with the widest instruction set.
  static func training(_ configuration: AVGConfiguration) throws -> [BenchmarkSubject] {
    let training = try TrainingUnderTest(configuration)
    return [subject("trainingStep", .best) { training.run() }]
  }

  /// The recording of a step.
  static func recording() throws -> [BenchmarkSubject] {
    let recording = try RecordingUnderTest()
    return [subject("recording", nil) { recording.run() }]
  }

  /// The sending of a step to a learner on another computer, as far as the control loop does it.
  static func sending() -> [BenchmarkSubject] {
    let sending = SendingUnderTest()
    return [subject("sending", nil) { sending.run() }]
  }

  /// The world: decoding a camera's image, and a step of the simulated body.
  static func world() throws -> [BenchmarkSubject] {
    let world = try WorldUnderTest()
    return [
      subject("decode", nil) { world.decode() }, subject("render", nil) { world.render() },
    ]
  }

  private static func subject(
    _ name: String, _ set: InstructionSet?, operations: Int = 0, _ run: @escaping () -> Void
  ) -> BenchmarkSubject {
    BenchmarkSubject(name: name, instructionSet: set?.rawValue, operations: operations, run: run)
  }

  private static func name(of stage: EncoderStages.Stage) -> String {
    switch stage {
    case .widen: "widen"
    case .forward(let layer): "convolution\(layer + 1)Forward"
    case .weights(let layer): "convolution\(layer + 1)Weights"
    case .inputs(let layer): "convolution\(layer + 1)Input"
    case .softmax: "softmax"
    }
  }
}

extension LearnedParameters {
  /// Makes parameters that one sample after the other would move, were the step size not 0.
  fileprivate init(_ layout: ParameterLayout, _ set: InstructionSet) {
    self.init(
      layout, gradients: Gradients(layout, instructionSet: set),
      optimizer: .adam(Adam(layout, learningRate: 0, firstMomentDecay: 0, instructionSet: set)))
  }
}

/// The dense layers of actor and critic as a learning step uses them, and their optimisers.
private final class HeadsUnderTest {
  private var actor: NetworkUnderTest
  private var critic: NetworkUnderTest
  private let policyGradient: [Float] = [1, 1, 1, 1]
  private let valueGradient: [Float] = [1]

  init(inputs: Int, _ configuration: AVGConfiguration, _ set: InstructionSet, _ random: inout RandomSource) {
    func network(_ name: String, _ inputs: Int, _ heads: [(name: String, outputs: Int)]) -> NetworkUnderTest {
      let network = MultilayerPerceptron(
        name: name, inputs: inputs, hiddenUnits: configuration.hiddenUnits, heads: heads,
        penultimateNormalization: configuration.penultimateNormalization, instructionSet: set)
      return NetworkUnderTest(network, set, &random)
    }
    actor = network("actor", inputs, [("mu", 2), ("log_std", 2)])
    critic = network("critic", inputs + 2, [("q", 1)])
  }

  /// Forward for S and S′, weights and inputs backward.
  var operations: Int { 4 * (actor.network.operations + critic.network.operations) }

  func run() {
    actor.forward()
    actor.forward()
    critic.forward()
    critic.forward()
    critic.backward(valueGradient)
    actor.backward(policyGradient)
  }

  func optimize() {
    actor.learned.step()
    critic.learned.step()
  }
}

/// A network of drawn weights with a drawn input.
private struct NetworkUnderTest: ~Copyable {
  let network: MultilayerPerceptron
  var learned: LearnedParameters
  private var pass: MultilayerPerceptron.Pass

  init(_ network: MultilayerPerceptron, _ set: InstructionSet, _ random: inout RandomSource) {
    self.network = network
    learned = LearnedParameters(network.layout, set)
    network.initialize(&learned.parameters, random: &random)
    pass = network.makePass()
    pass.input.write((0..<network.inputs).map { _ in Float(random.normal()) })
  }

  mutating func forward() { network.forward(&pass, learned.parameters) }

  mutating func backward(_ outputGradient: [Float]) {
    network.backward(
      &pass, learned.parameters, outputGradient: outputGradient, into: &learned.gradients)
  }
}

/// Running normalisation of features and proprioception.
private final class NormalizerUnderTest {
  private var normalizer: RunningNormalizer
  private var vector: FloatBuffer
  private var scales: FloatBuffer

  init(length: Int) {
    normalizer = RunningNormalizer(length: length, horizon: 20_000, clip: 5)
    vector = FloatBuffer(count: length)
    scales = FloatBuffer(count: length)
  }

  func run() {
    normalizer.update(vector)
    normalizer.normalize(&vector, scales: &scales)
  }
}

/// The simulated visual reacher with a learner.
private final class TrainingUnderTest {
  private var environment: SimulatedWorld
  private var agent: Learner
  private var transition: Transition

  init(_ configuration: AVGConfiguration) throws {
    var experiment = ExperimentConfiguration()
    experiment.agent = configuration
    environment = try experiment.makeSimulatedWorld(seed: 1)
    agent = experiment.makeAgent(seed: 1)
    transition = Transition(for: environment.specification)
    try environment.reset(into: &transition.state)
  }

  func run() {
    transition.act(&agent)
    // The simulated body fails only on a pose that is not finite, which no finite action causes.
    do {
      try environment.begin(transition.action)
      try environment.finish(&transition)
    } catch { return }
    agent.take(transition)
    if transition.outcome.isLast {
      try? environment.reset(into: &transition.state)
    } else {
      transition.advance()
    }
  }
}

/// A camera's image and a simulated robot.
private final class WorldUnderTest {
  private let image: [UInt8]
  private var decoder = JPEGDecoder()
  private var view = Observation(frames: FrameStack(count: 1))
  private var senses = Create2Senses()
  private var body: SimulatedBody

  init() throws {
    image = try CameraImage.encoded()
    body = try SimulatedBody(seed: 1)
  }

  func decode() {
    // Cannot fail: the image was made above.
    try? image.withUnsafeBytes { try decoder.decode($0, into: &view.newestFrame) }
  }

  func render() {
    _ = try? body.awaitCycle()
    _ = try? body.sense(into: &view, &senses)
  }
}
