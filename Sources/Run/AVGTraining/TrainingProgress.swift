public import AVGCore

/// How far a run has come.
public struct TrainingProgress: Codable, Hashable, Sendable {
  /// Steps done.
  public var steps = 0
  /// Episodes ended.
  public var episodes = 0
  /// Episodes cut off because no image came, which are not in `episodes`: they say nothing about the agent.
  public var cutEpisodes = 0
  /// Updates that the agent refused because a number was not finite.
  public var refusedUpdates = 0
  /// Actions that were not finite and were replaced by zeros: stop.
  public var nonFiniteActions = 0
  /// Control cycles that went by unused.
  public var missedCycles = 0
  /// Steps that came late and were not learned from.
  public var skippedUpdates = 0
  /// Steps without a fresh image, which were not learned from and are not in `steps`.
  public var staleSteps = 0
  /// The last episodes.
  public var recent = RecentEpisodes()

  /// Makes the progress of a run that has not begun.
  public init() {}

  /// Whether the numbers are possible: a file may hold anything.
  public var isPossible: Bool {
    [
      steps, episodes, cutEpisodes, refusedUpdates, nonFiniteActions, missedCycles, skippedUpdates,
      staleSteps,
    ].allSatisfy(ReadBounds.counts.contains) && recent.isPossible
  }
}

/// What comes first when a new observation is there.
public enum StepOrder: String, SettingChoice {
  case learnThenAct, actThenLearn

  /// The order, and what it is for.
  public var meaning: String {
    switch self {
    case .learnThenAct: "As published: the next action is that of the new weights."
    case .actThenLearn: "Act at once and learn while the body moves; the action is one update old."
    }
  }
}

/// How to treat a step that ended in a later cycle than it should have.
public enum LateSteps: String, SettingChoice {
  case skip, learn

  /// What is done, and why.
  public var meaning: String {
    switch self {
    case .skip: "Learn nothing from it: it lasted longer than other steps."
    case .learn: "Learn from it at its true duration: what follows is discounted by γ for each cycle."
    }
  }
}

/// How a run is to go.
public struct TrainingPlan: Hashable, Sendable {
  /// The step to stop at.
  public var steps: Int
  /// Steps between two checkpoints; 0 leaves the one at the end.
  public var checkpointInterval: Int
  /// Whether the agent learns, or only acts.
  public var isLearning: Bool
  /// Whether it acts or learns first.
  public var order: StepOrder
  /// Whether the stamps are of this machine's clock, so that the age of an image means something.
  public var measuresCaptureAge: Bool
  /// What becomes of late steps.
  public var lateSteps: LateSteps
  /// What an episode counts more, in steps and in their reward of −1, when its time limit ends it.
  public var timeOutSteps: Int
  /// Whether checkpoints wait for the end of the episode, when the body can stand still while the disk writes.
  public var checkpointsAtRest: Bool

  /// Makes a plan.
  public init(
    steps: Int, checkpointInterval: Int = 0, isLearning: Bool = true, order: StepOrder = .learnThenAct,
    measuresCaptureAge: Bool = false, checkpointsAtRest: Bool = false, lateSteps: LateSteps = .skip,
    timeOutSteps: Int = 0
  ) {
    self.steps = steps
    self.checkpointInterval = checkpointInterval
    self.isLearning = isLearning
    self.order = order
    self.measuresCaptureAge = measuresCaptureAge
    self.lateSteps = lateSteps
    self.timeOutSteps = timeOutSteps
    self.checkpointsAtRest = checkpointsAtRest
  }
}

/// What the trainer knows of a step besides its transition.
public struct TrainingStep: Hashable, Sendable {
  /// What was learned from it; nil if nothing was.
  public var update: Update?
  /// The run so far, this step included.
  public var progress: TrainingProgress
  /// The episode's number, from 1.
  public var episode = 0
  /// log π of the action.
  public var logProbability: Float = 0
  /// The noise ε behind the action.
  public var noise: [Float] = []
  /// S′ has been acted on already, not S alone: what the agent shows is S′.
  public var isAnswered = false
}

/// What somebody who watches a run may want of it before the next step.
public enum RunRequest: Hashable, Sendable {
  /// Go on.
  case none
  /// Stand still until something else is wanted.
  case pause
  /// Keep a checkpoint now, then go on.
  case save
}

/// What the owner of a run wants to be told; what one of these throws ends the run.
public struct TrainingHooks<World: ~Copyable, Learner: ~Copyable> {
  /// After every step, stale ones too: before the others.
  public var onStep: ((borrowing Transition, TrainingStep) throws -> Void)?
  /// After `onStep` of a step that was not stale, to look into the world and the learner.
  public var onInspection:
    (
      (borrowing World, borrowing Learner, borrowing Transition, TrainingStep, borrowing StepLatencies) ->
        Void
    )?
  /// Before every step in an environment: what somebody who watches wants; asked again, every now and then, while the
  /// run pauses.
  public var request: (() -> RunRequest)?
  /// After the last step of every episode.
  public var onEpisode: ((EpisodeRecord) throws -> Void)?
  /// Every `checkpointInterval` steps and when the run ends, by an error of the world too.
  public var onCheckpoint: ((borrowing World, borrowing Learner, TrainingState) throws -> Void)?

  /// Makes hooks that do nothing.
  public init() {}
}

/// Why a run broke off.
public enum TrainingError<WorldFailure: Error>: Error, CustomStringConvertible {
  /// The environment or source failed; the checkpoint has been offered before this is thrown.
  case world(WorldFailure)
  /// A hook failed: a file could not be written, say.
  case hook(any Error)

  /// The words of the error that ended the run.
  public var description: String {
    switch self {
    case .world(let failure): "\(failure)"
    case .hook(let failure): "\(failure)"
    }
  }
}
