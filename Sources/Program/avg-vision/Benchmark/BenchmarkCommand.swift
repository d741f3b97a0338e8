public import ArgumentParser
import AVGCore
public import AVGLearning
import AVGNetwork
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation

/// `avg-vision benchmark`
struct BenchmarkCommand: ParsableCommand {
  enum Network: String, ExpressibleByArgument, CaseIterable {
    case relod, standard = "default", vectors
  }

  enum Stage: String, ExpressibleByArgument, CaseIterable {
    case inference, learningStep
  }

  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Time inference, a learning step and each of its stages on this machine.",
    discussion: """
      Examples:
        avg-vision benchmark
        avg-vision benchmark --network default --json
        avg-vision benchmark --stage learningStep --instruction-set avx2
        avg-vision benchmark --algorithm streamAC
        avg-vision benchmark --network vectors        learner alone, no camera
        avg-vision benchmark --algorithm sac --network default
        avg-vision benchmark --algorithm sac --network vectors --batch 256

      The rows are timed in turn, a few at a time, so that a drift in the machine's
      speed affects all alike. Times are processor times: other programs on the core
      do not count, but show in the elapsed median. The roofline is
      the time of the row's floating-point operations at the peak measured in
      the same run. Operations are counted by the definition of a convolution: the
      kernels of some layers need fewer.

      A learningStep of sac and td3 is an update from a batch of 16 stacks of
      images, or of 256 transitions with --network vectors, unless --batch
      says otherwise. Of ppo it is a rollout of so many steps with the 10
      epochs that learn from it. Besides updates and samples a second it then
      says how much memory was resident at the most, transitions apart.
      """)

  @Option(
    help: """
      The encoder: relod (ReLoD's, four convolutions of 32 channels), default, or vectors for none: \
      HalfCheetah's 17 signals and 6 actions, AVG as published.
      """)
  var network = Network.relod

  @Option(help: "The learner.")
  var algorithm = Algorithm.avg

  @Option(
    help: "AVG rehearses from so many transitions (agent.rehearsal).",
    transform: NumberOption.whole(0...1_000_000))
  var rehearsal = 0

  @Option(
    help: "Transitions in a batch of sac and td3, in a rollout of ppo.",
    transform: NumberOption.whole(1...65536))
  var batch: Int?

  @Option(
    help: "Units in each hidden layer (default 256; ReLoD's SAC has 1024).",
    transform: NumberOption.whole(1...4096))
  var hiddenUnits = 256

  @Option(help: "Only this sharing of encoders: shared or separate.")
  var encoder: AVGConfiguration.EncoderSharing?

  @Option(
    help: "Only this instruction set: \(InstructionSet.choice) (default: all).",
    transform: InstructionSetOption.named)
  var instructionSet: InstructionSet?

  @Option(help: "Only inference or learningStep, and none of their stages.")
  var stage: Stage?

  @Option(
    help: "Time learners and batches with so many threads too, beside one: compare elapsed times.",
    transform: NumberOption.whole(1...64))
  var threads = 1

  @Option(help: "The number of timings of each row.", transform: NumberOption.whole(1...1_000_000))
  var steps = 300

  @Option(
    help: "The number of runs of each row before them, which do not count.",
    transform: NumberOption.whole(0...1_000_000))
  var warmUp = 100

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard batch == nil || algorithm.isBatch else {
      throw ValidationError("--batch is for learners from batches: --algorithm sac, td3 or ppo.")
    }
    guard rehearsal == 0 || (algorithm == .avg && encoder == .shared) else {
      throw ValidationError(
        "--rehearsal is AVG's, with one encoder: give --encoder shared and no --algorithm.")
    }
    guard network != .vectors || threads == 1 else {
      throw ValidationError("--threads share the work of large encoders, and --network vectors has none.")
    }
  }

  func run() throws {
    Activity.show("first action")
    let firstAction = FirstAction.measure(configuration, for: specification)
    let resident = ProcessMemory.residentMebibytes
    let sets = instructionSet.map { [$0] } ?? InstructionSet.available.reversed()
    var subjects: [BenchmarkSubject] = []
    var learners: [LearnerUnderTest] = []
    let workers = try threads > 1 ? WorkerPool(threads: threads) : nil
    for set in sets {
      for sharing in sharings {
        for pool in workers.map({ [nil, $0] }) ?? [nil] {
          let learner = LearnerUnderTest(
            configuration, sharing, set, for: specification, batch: batch, workers: pool)
          learners.append(learner)
          subjects += self.subjects(of: learner)
        }
        if stage == nil {
          let other = LearnerUnderTest(configuration, sharing, set, for: specification, batch: batch)
          learners.append(other)
          subjects.append(
            other.subject("actFirstStep", operations: other.actFirstOperations, other.answerThenLearn))
          guard network != .vectors else { continue }
          subjects.append(try AnswerUnderTest.learnFirst(configuration, sharing, set))
          subjects.append(try AnswerUnderTest.actFirst(configuration, sharing, set))
        }
      }
      guard stage == nil, network != .vectors else { continue }
      subjects += try StageSubjects.all(configuration, set) + BatchSubjects.all(configuration, set)
      if let workers { subjects += BatchSubjects.all(configuration, set, workers: workers) }
    }
    if stage == nil, network != .vectors {
      subjects +=
        try StageSubjects.training(configuration) + StageSubjects.recording() + StageSubjects.sending()
        + StageSubjects.world()
    }

    // The peak is measured before and after, because one measurement may miss it.
    Activity.show("peak")
    let before = sets.map { $0.measurePeakGigaflops() }
    let timings = Stopwatch.time(subjects, times: steps, warmUp: warmUp) {
      Activity.show(subjects.count == 1 ? "1 row" : "\(subjects.count) rows", share: $0)
    }
    Activity.show("peak")
    let peaks = Dictionary(
      uniqueKeysWithValues: zip(sets, before).map { ($0, max($1, $0.measurePeakGigaflops())) })
    let report = BenchmarkReport(
      subjects: subjects, timings: timings, peaks: peaks, network: network.rawValue,
      firstActionSeconds: firstAction, residentMebibytes: resident,
      peakMebibytes: ProcessMemory.peakMebibytes - learners.map(\.replayMebibytes).reduce(0, +))
    Activity.end()
    print(json ? try ReadableJSON.encode(report) : report.text)
  }

  private func subjects(of learner: LearnerUnderTest) -> [BenchmarkSubject] {
    var subjects: [BenchmarkSubject] = []
    if stage != .learningStep {
      subjects.append(learner.subject("inference", operations: learner.inferenceOperations, learner.infer))
    }
    if stage != .inference {
      var subject = learner.subject(
        "learningStep", operations: learner.learningOperations, learner.learn)
      subject.samples = learner.samples
      subjects.append(subject)
    }
    return subjects
  }

  /// Without an encoder there is nothing to share.
  private var sharings: [AVGConfiguration.EncoderSharing] {
    encoder.map { [$0] } ?? (network == .vectors ? [.shared] : [.shared, .separate])
  }

  private var specification: EnvironmentSpecification {
    network == .vectors
      ? EnvironmentSpecification(frames: nil, signalCount: 17, actionCount: 6, score: .return)
      : TaskConfiguration().specification
  }

  private var configuration: AVGConfiguration {
    var configuration = AVGConfiguration()
    configuration.algorithm = algorithm
    configuration.rehearsal.transitions = rehearsal
    if network == .relod {
      configuration.convolutions = [2, 2, 2, 1].map {
        ConvolutionShape(channels: 32, kernelSize: 3, stride: $0)
      }
      configuration.rectifiesLastConvolution = false
    }
    configuration.hiddenUnits = hiddenUnits
    if network == .vectors { configuration.explorePlainly() }
    if network != .standard, algorithm.isBatch {
      // As published: configs/batch.
      configuration.firstMomentDecay = 0.9
      configuration.negativeSlope = 0
      configuration.normalizesObservations = false
      configuration.penultimateNormalization = .none
    }
    return configuration
  }
}

extension AVGConfiguration.EncoderSharing: ExpressibleByArgument {}
extension Algorithm: ExpressibleByArgument {}
