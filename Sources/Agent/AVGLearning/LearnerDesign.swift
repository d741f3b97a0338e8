internal import AVGCore
internal import AVGNetwork
internal import AVGSystem

/// The halves of a learner, each with an encoder of its own unless they share one.
enum LearnerHalf {
  case actor, critic
}

/// The circumstances that every part of a learner is made for: hyper-parameters, an environment, a seed, a processor.
struct LearnerDesign: Sendable {
  let configuration: AVGConfiguration
  let environment: EnvironmentSpecification
  let seed: UInt64
  let instructionSet: InstructionSet
  /// Who shares the work of large networks; nil for the calling thread alone.
  let workers: WorkerPool?

  init(
    _ configuration: AVGConfiguration, _ environment: EnvironmentSpecification, seed: UInt64,
    _ instructionSet: InstructionSet, _ workers: WorkerPool?
  ) {
    self.configuration = configuration
    self.environment = environment
    self.seed = seed
    self.instructionSet = instructionSet
    self.workers = workers
  }

  /// From which the first weights are drawn.
  var weights: RandomSource { RandomSource(seed: seed, purpose: "weights") }
  /// Whether updates learn from batches.
  var accumulates: Bool { configuration.algorithm.isBatch }
  /// Whether gradients are sums over transitions: that of a single one has a form which is cheaper to step by.
  var addsGradients: Bool {
    let isOne = configuration.batchSamples == 1 && configuration.batch.stepsPerUpdate == 1
    return accumulates && !(configuration.algorithm.drawsFromReplay && isOne)
  }

  /// The number of inputs behind features and signals: 1 where the episode's time is an input.
  var timeInputCount: Int {
    let hasSenses = environment.frames != nil || environment.signalCount > 0
    return configuration.algorithm.isStreamingActorCritic && configuration.streaming.timeInputSteps > 0
      && hasSenses
      ? 1 : 0
  }

  /// The same without frames and signals, for a part that perceives nothing itself.
  var withoutSenses: LearnerDesign {
    var environment = environment
    environment.frames = nil
    environment.signalCount = 0
    return LearnerDesign(configuration, environment, seed: seed, instructionSet, workers)
  }
}
