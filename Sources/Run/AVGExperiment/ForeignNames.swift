public import AVGConfiguration
import AVGTraining

/// What people look for who know PyTorch, Stable-Baselines, CleanRL or Gymnasium.
extension ExperimentConfiguration: TranslatedConfiguration {
  /// Other programs' names for keys.
  public static let foreignNames: [String: ForeignName] = {
    var names: [String: ForeignName] = [:]
    for (words, keys) in translations {
      for word in words.split(separator: " ") { names[String(word)] = .keys(keys) }
    }
    for (words, reason) in absences {
      for word in words.split(separator: " ") { names[String(word)] = .absent(reason) }
    }
    return names
  }()

  /// Other programs' names, and the keys for what they set.
  private static let translations: [(words: String, keys: [String])] = [
    (
      "lr learningrate stepsize",
      ["agent.actorLearningRate", "agent.criticLearningRate", "agent.encoderLearningRate"]
    ),
    ("actorlr policylr pilr", ["agent.actorLearningRate"]),
    ("criticlr qlr qflr valuelr vflr", ["agent.criticLearningRate"]),
    ("encoderlr", ["agent.encoderLearningRate"]),
    ("gamma discountfactor", ["agent.discount"]),
    ("alpha eta entcoef entropycoef temperature", ["agent.entropyCoefficient"]),
    ("alphalr", ["agent.sac1.temperatureLearningRate"]),
    (
      "tau polyak",
      ["agent.targetNetworkRate", "agent.sac1.targetNetworkRate", "agent.td31.targetNetworkRate"]
    ),
    ("policynoise targetpolicynoise", ["agent.td31.targetNoise"]),
    ("noiseclip targetnoiseclip", ["agent.td31.targetNoiseBound"]),
    ("explnoise", ["agent.td31.explorationNoise"]),
    ("policyfrequency policyfreq", ["agent.td31.policyDelay"]),
    ("beta1 betas momentum", ["agent.firstMomentDecay"]), ("beta2", ["agent.secondMomentDecay"]),
    ("eps adameps", ["agent.adamEpsilon"]),
    ("hiddensize hiddendim hiddensizes netarch", ["agent.hiddenUnits"]),
    ("logstd logstdinit", ["agent.initialLogVariance"]),
    ("normobs normalize obsnorm normalizeobs", ["agent.normalizesObservations"]),
    ("filters channels cnn", ["agent.convolutions"]),
    (
      "totaltimesteps timesteps maxsteps totalsteps numtimesteps episodes numepisodes", ["training.steps"]
    ),
    ("nsteps numsteps rolloutlength", ["agent.ppo.rolloutSteps", "training.steps"]),
    ("nstep nstepreturn nstepreturns multistep", ["agent.rehearsal.returnSteps"]),
    (
      "gaelambda lambda", ["agent.traceDecay", "agent.streaming.traceDecay", "agent.ppo.traceDecay"]
    ), ("optim", ["agent.optimizer"]),
    ("numworkers nthreads numthreads", ["training.threads"]),
    ("batchsize minibatchsize", ["agent.batch.samples"]),
    ("buffersize replaybuffersize replaybuffer buffer", ["agent.replay.steps"]),
    ("epochs nepochs numepochs updateepochs", ["agent.ppo.epochs"]),
    ("cliprange clipcoef clipratio", ["agent.ppo.clip"]),
    ("vfcoef valuecoef", ["agent.ppo.valueCoefficient"]),
    ("maxgradnorm gradclip", ["agent.ppo.gradientNorm"]),
    ("nminibatches numminibatches", ["agent.batch.samples"]),
    ("learningstarts", ["agent.batch.warmUpSteps"]),
    (
      "trainfreq gradientsteps utd utdratio replayratio updateevery",
      ["agent.batch.updatesPerStep", "agent.rehearsal.updatesPerStep"]
    ),
    ("randomseed", ["training.seed"]),
    ("savefreq saveinterval checkpointinterval checkpointfreq", ["training.checkpointIntervalSteps"]),
    ("env envid environment envname", ["task.kind", "gymnasium.id"]),
    ("maxepisodesteps episodelength timelimit horizon", ["task.timeLimitSteps"]),
    ("dt controlperiod cycletime controlfrequency", ["task.controlPeriodSeconds"]),
    ("fps framerate", ["camera.framesPerSecond"]), ("resolution", ["camera.size"]),
    ("speedlimit maxspeed", ["robot.speedLimitMillimetersPerSecond"]),
  ]

  /// Other programs' names for what is not here, and why.
  private static let absences: [(words: String, reason: String)] = [
    ("weightdecay dropout", "the learner has nothing of the kind"),
    ("device cuda gpu", "there is no code for a GPU; the processor does it all"),
    ("nenvs numenvs", "there is one world"),
    ("targetentropy", "it is −1 for each component of the action"),
    (
      "targetupdateinterval targetnetworkfrequency",
      "target networks move after every update, by their targetNetworkRate"
    ),
  ]
}
