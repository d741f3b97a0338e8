import AVGCore
import AVGImaging
import AVGLearning
import AVGNetwork
import AVGSimulation
import AVGTasks

/// The stages of a learning step, and those of the world.
enum StageSubjects {
  /// What a learning step is made of, with one instruction set.
  static func all(_ configuration: AVGConfiguration, _ set: InstructionSet) throws -> [BenchmarkSubject] {
    var random = RandomSource(seed: 2, purpose: "benchmark")
    var observation = Observation(proprioceptionCount: 0)
    RandomImages.fill(&observation, &random)
    var encoder = Encoder(
      name: "encoder", convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frameCount: 3, frameShape: .standard,
      instructionSet: set)
    encoder.initialize(configuration.convolutionInitialization, random: &random)
    let stages = EncoderStages(encoder, frames: observation.frames, instructionSet: set)
    var subjects: [BenchmarkSubject] = stages.stages.map { stage in
      subject(name(of: stage), set, operations: stages.operations(stage)) { stages.run(stage) }
    }
    let vectorCount = 2 * (configuration.convolutions.last?.channels ?? 0) + CreateReacher.proprioceptionCount
    let critic = CriticUnderTest(inputs: vectorCount + 2, configuration, set, &random)
    subjects.append(subject("dense", set, operations: 3 * critic.operations) { critic.run() })
    subjects.append(subject("denseOptimizer", set) { critic.optimize() })
    let normalizer = NormalizerUnderTest(length: vectorCount)
    subjects.append(subject("normalization", set) { normalizer.run() })
    return subjects
  }

  /// A whole step of synthetic training: body, task and learner, with the widest instruction set.
  static func training(_ configuration: AVGConfiguration) throws -> [BenchmarkSubject] {
    let training = try TrainingUnderTest(configuration)
    return [subject("trainingStep", .best) { training.run() }]
  }

  /// What the world costs: decoding a camera's image, and a step of the simulated body.
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
    case .inputs(let layer): "convolution\(layer + 1)Inputs"
    case .softmax: "spatialSoftmax"
    case .optimizer: "encoderOptimizer"
    }
  }
}

/// One head's forward and backward pass, and its optimiser.
private final class CriticUnderTest {
  private var network: MultilayerPerceptron
  private var pass: MultilayerPerceptron.Pass
  private var optimizer: Adam
  private let gradient: [Float] = [1]

  init(inputs: Int, _ configuration: AVGConfiguration, _ set: InstructionSet, _ random: inout RandomSource) {
    network = MultilayerPerceptron(
      name: "critic", inputs: inputs, hiddenUnits: configuration.hiddenUnits, heads: [("q", 1)],
      normalizesPenultimate: configuration.normalizesPenultimate, instructionSet: set)
    network.initialize(random: &random)
    pass = network.makePass()
    pass.input.write((0..<inputs).map { _ in Float(random.normal()) })
    optimizer = Adam(learningRate: 0, firstMomentDecay: 0, instructionSet: set)
  }

  var operations: Int { network.operations }

  func run() {
    network.forward(&pass)
    network.backward(&pass, outputGradient: gradient)
  }

  func optimize() { optimizer.step(&network.store) }
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

/// The synthetic visual reacher with a learner in it.
private final class TrainingUnderTest {
  private var environment: SimulatedWorld
  private var agent: AVG
  private var current: Observation
  private var next: Observation
  private var action: [Float] = [0, 0]

  init(_ configuration: AVGConfiguration) throws {
    var experiment = ExperimentConfiguration()
    experiment.agent = configuration
    environment = try experiment.makeSimulatedWorld(seed: 1)
    agent = experiment.makeAgent(seed: 1)
    current = environment.makeObservation()
    next = environment.makeObservation()
    try environment.reset(into: &current)
  }

  func run() {
    agent.act(on: current, into: &action)
    // The simulated body fails on a pose that is not finite alone, which no finite action leads to.
    guard let outcome = try? environment.step(action, from: current, into: &next) else { return }
    _ = agent.learn(from: outcome, next: next)
    if outcome.isLast { try? environment.reset(into: &current) } else { swap(&current, &next) }
  }
}

/// A camera's image and a simulated robot.
private final class WorldUnderTest {
  private let image: [UInt8]
  private var decoder = JPEGDecoder()
  private var frame = Frame()
  private var senses = BaseSenses()
  private var body: SimulatedBody

  init() throws {
    var camera = try SimulatedBody(frameShape: FrameShape(height: 360, width: 640), seed: 1)
    var picture = Frame(shape: FrameShape(height: 360, width: 640))
    _ = try camera.sense(into: &picture, &senses)
    image = try JPEGEncoder().encode(picture)
    body = try SimulatedBody(seed: 1)
  }

  func decode() {
    // The image is whole: it was made above.
    try? image.withUnsafeBytes { try decoder.decode($0, into: &frame) }
  }

  func render() {
    _ = try? body.awaitCycle()
    _ = try? body.sense(into: &frame, &senses)
  }
}
