import AVGCore
import AVGExperiment
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
    var observation = Observation(for: EnvironmentSpecification(signalCount: 0, actionCount: 2))
    RandomImages.fill(&observation, &random)
    var encoder = Encoder(
      name: "encoder", convolutions: configuration.convolutions,
      rectifiesLast: configuration.rectifiesLastConvolution, frames: FrameStack(),
      instructionSet: set)
    encoder.initialize(configuration.convolutionInitialization, random: &random)
    let stages = EncoderStages(encoder, frames: observation.frames, instructionSet: set)
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

  /// A whole step of synthetic training: body, task and learner, with the widest instruction set.
  static func training(_ configuration: AVGConfiguration) throws -> [BenchmarkSubject] {
    let training = try TrainingUnderTest(configuration)
    return [subject("trainingStep", .best) { training.run() }]
  }

  /// What it costs to record a step.
  static func recording() throws -> [BenchmarkSubject] {
    let recording = try RecordingUnderTest()
    return [subject("recording", nil) { recording.run() }]
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
    case .inputs(let layer): "convolution\(layer + 1)Input"
    case .softmax: "softmax"
    }
  }
}

/// The dense layers of actor and critic: all that a learning step does with them, and their optimisers.
private final class HeadsUnderTest {
  private var actor: MultilayerPerceptron
  private var critic: MultilayerPerceptron
  private var actorPass: MultilayerPerceptron.Pass
  private var criticPass: MultilayerPerceptron.Pass
  private var optimizer: Adam
  private let policyGradient: [Float] = [1, 1, 1, 1]
  private let valueGradient: [Float] = [1]

  init(inputs: Int, _ configuration: AVGConfiguration, _ set: InstructionSet, _ random: inout RandomSource) {
    func network(_ name: String, _ inputs: Int, _ heads: [(name: String, outputs: Int)])
      -> MultilayerPerceptron
    {
      MultilayerPerceptron(
        name: name, inputs: inputs, hiddenUnits: configuration.hiddenUnits, heads: heads,
        penultimateNormalization: configuration.penultimateNormalization, instructionSet: set)
    }
    actor = network("actor", inputs, [("mu", 2), ("log_std", 2)])
    critic = network("critic", inputs + 2, [("q", 1)])
    actor.initialize(random: &random)
    critic.initialize(random: &random)
    actorPass = actor.makePass()
    criticPass = critic.makePass()
    actorPass.input.write((0..<inputs).map { _ in Float(random.normal()) })
    criticPass.input.write((0..<inputs + 2).map { _ in Float(random.normal()) })
    optimizer = Adam(learningRate: 0, firstMomentDecay: 0, instructionSet: set)
  }

  /// Forward for S and S′, weights and inputs backward.
  var operations: Int { 4 * (actor.operations + critic.operations) }

  func run() {
    actor.forward(&actorPass)
    actor.forward(&actorPass)
    critic.forward(&criticPass)
    critic.forward(&criticPass)
    critic.backward(&criticPass, outputGradient: valueGradient)
    actor.backward(&actorPass, outputGradient: policyGradient)
  }

  func optimize() {
    optimizer.step(&actor.store)
    optimizer.step(&critic.store)
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

/// The synthetic visual reacher with a learner in it.
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
    // The simulated body fails on a pose that is not finite alone, which no finite action leads to.
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
  private var frame = Frame()
  private var senses = Create2Senses()
  private var body: SimulatedBody

  init() throws {
    image = try CameraImage.encoded()
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
