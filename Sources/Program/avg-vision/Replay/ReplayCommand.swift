import ArgumentParser
import AVGCore
import AVGLearning
import AVGRecording
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Foundation
import Logging

/// `avg-vision replay LOG`
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Run a recorded log through task and learner again, and compare; or learn from it.",
    discussion: """
      Examples:
        avg-vision replay run.mcap                do it again, compare every step
        avg-vision replay run.mcap --checkpoint end.safetensors
        avg-vision replay run.mcap --learn --output runs/replayed
        avg-vision replay run.mcap --learn --start-from runs/first

      Without --learn: actions, rewards, TD errors and the final checkpoint must be
      those of the log, to the bit on the same kind of machine, else within the
      tolerance. With it: the learner takes the log's actions for its own. A log of
      --record-quality does not hold what the agent saw: it can only be learned from.
      Exit status: 0 the same (or learned), 1 a difference, which is named, or a log
      that cannot be replayed.
      """)

  @Argument(help: "The log, as --record wrote it.")
  var log: String

  @Flag(help: "Learn from the log, from scratch unless told otherwise, with any configuration.")
  var learn = false

  @Option(help: ArgumentHelp("With --learn: start from the checkpoint in a run's folder.", valueName: "run"))
  var startFrom: String?

  @Option(
    help: """
      Without --learn, on another kind of machine than the log's: how far a number may be off, beside the greater of its \
      size and 1.
      """, transform: NumberOption.real(0...1))
  var tolerance = 1e-2

  @Option(help: ArgumentHelp("Without --learn: write the final checkpoint of the replay.", valueName: "file"))
  var checkpoint: String?

  @OptionGroup var options: ConfigurationOptions

  func validate() throws {
    if learn {
      if checkpoint != nil {
        throw ValidationError("--checkpoint is for a replay without --learn: use --output.")
      }
      if options.file.config == nil, options.scene.isGiven {
        throw ValidationError("--task and --world change a configuration: name it with --config.")
      }
    } else if startFrom != nil || options.file.config != nil || options.output != nil
      || options.seeding.seed != nil
      || !options.file.assignments.isEmpty || options.scene.isGiven
    {
      throw ValidationError(
        "A replay that compares takes everything from the log: --start-from, --config, --set, --seed and --output need "
          + "--learn.")
    }
  }

  func run() throws {
    let player = LogPlayer(try FrameLogReader(reading: log))
    guard let settings = ReplaySettings(player.metadata), let start = player.startingCheckpoint else {
      throw LogError.missing(
        file: log, what: "run",
        advice: "Only a log written with --record can be replayed; --camera FILE sees any.")
    }
    let name = "\(log) (\(FrameLogWriter.startingCheckpoint))"
    let origin = RunCheckpoint(try Safetensors(Data(start), name: name), name: name)
    try origin.verify()
    if learn { return try learn(from: player, origin) }
    if let quality = settings.frameQuality {
      throw LogError.unsupported(
        file: log,
        what:
          "its frames are JPEG images of quality \(quality) (--record-quality), not the pixels that the agent saw, so "
          + "that no replay can do the same",
        advice: "--learn learns from it; to have a run repeated, record it without --record-quality.")
    }
    try verify(player, settings, origin)
  }

  private func verify(_ player: LogPlayer, _ settings: ReplaySettings, _ origin: RunCheckpoint) throws {
    let isSameMachine = settings.machine == ReplaySettings.thisMachine
    let comparison = ReplayComparison(player, tolerance: isSameMachine ? 0 : tolerance)
    let stop = StopFlag()
    let experiment = try origin.configuration()
    var agent = experiment.makeAgent(seed: experiment.training.seed)
    var environment = TaskEnvironment(
      body: RecordedBody(player, end: stop.raise), task: try ConfiguredTask(experiment.task),
      staleStepLimit: experiment.staleStepLimit)
    let moment = try origin.resume(&agent, &environment)
    if !settings.isLearning { agent.mode = .sampling(seed: settings.seed) }
    var trainer = Trainer(environment: environment, agent: agent, resuming: moment)
    var hooks = TrainingHooks<TaskEnvironment<RecordedBody, ConfiguredTask>, Learner>()
    var isUnderWay = false
    var hasPaused = false
    hooks.wish = {
      // An episode of the log that ends without an end was cut off by a pause.
      hasPaused = !hasPaused && isUnderWay && (try? player.peekSight())?.isStart == true
      return hasPaused ? .pause : .none
    }
    hooks.onCycle = { observation, step in
      isUnderWay = !step.outcome.isLast
      if try !comparison.compare(LoggedStep(step, observed: observation.proprioception)) { stop.raise() }
    }
    let plan = TrainingPlan(
      steps: .max, isLearning: settings.isLearning, order: experiment.training.order,
      measuresCaptureAge: settings.isReal, lateSteps: experiment.training.lateSteps,
      timeOutSteps: settings.timeOutSteps)
    do {
      try trainer.run(plan, hooks: hooks, stop: stop)
    } catch TrainingError<LogError>.environment(.ended) {
      // A run that failed, or was cut off: there is no more to compare.
    }
    try comparison.finish(trainer.agent, trainer.moment)
    if let checkpoint, let final = comparison.replayed { try AtomicFile.write(final, to: checkpoint) }
    if let byte = player.cutOffByte {
      logger.notice(
        "\(log): cut off at byte \(byte): what came after the last whole chunk is not compared")
    }
    guard let difference = comparison.difference else {
      return print(comparison.summary(isSameMachine: isSameMachine, machine: settings.machine))
    }
    throw ReplayDifference(description: "\(log): the replay differs at \(difference)")
  }

  private func learn(from player: LogPlayer, _ origin: RunCheckpoint) throws {
    let signals = StopFlag.raisedBySignals()
    let experiment =
      options.file.config == nil
      ? try origin.configuration(overrides: options.overrides) : try options.load()
    var agent = experiment.makeAgent(seed: experiment.training.seed)
    if let startFrom { try RunOrigin(startFrom).restore(&agent) }
    var trainer = Trainer(
      environment: LoggedEnvironment(player, task: try ConfiguredTask(experiment.task), end: signals.raise),
      agent: FollowingAgent(agent, player))
    let recorder = try RunRecorder<LoggedEnvironment<ConfiguredTask>, FollowingAgent>(
      experiment, name: "replay", output: options.output, steps: nil, frameLog: nil,
      stop: signals)
    let plan = TrainingPlan(
      steps: .max, checkpointInterval: experiment.training.checkpointIntervalSteps)
    do {
      try trainer.run(plan, hooks: recorder.hooks(), stop: signals)
    } catch TrainingError<LogError>.environment(.ended) {
      // The log ends where nothing can be learned from any more.
    } catch { throw recorder.failure(error) }
    try recorder.finish(trainer.progress, trainer.latencies)
    print(recorder.folder.path)
    let next = ["evaluate", recorder.folder.path]
    var ending = recorder.ending(trainer.progress, goingOn: next, next: next)
    // A log is learned from to its end.
    ending.steps = trainer.progress.steps
    ending.tell()
  }
}

/// A replay that did not do what the log tells.
struct ReplayDifference: Error, CustomStringConvertible {
  let description: String
}
