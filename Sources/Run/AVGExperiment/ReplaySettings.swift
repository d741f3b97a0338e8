package import AVGCore
import AVGNetwork
import AVGRecording
package import AVGTraining

/// What a replay must know besides configuration and starting checkpoint, as a log's metadata tell it.
package struct ReplaySettings: Hashable {
  /// Whether the agent learned.
  package var isLearning: Bool
  /// The seed of the noise of an agent that only acts.
  package var seed: UInt64
  /// Whether the world went on while the run paused.
  package var isReal: Bool
  /// What an episode counted more when its time limit ended it.
  package var timeOutSteps = 0
  /// The JPEG quality of the frames in the log, where they are not what the agent saw; nil where they are.
  package var frameQuality: Int?
  /// The arithmetic of the run, as `InstructionSet` names it; nil in logs from before 2026-11-29.
  package var arithmetic: String? = InstructionSet.best.arithmetic
  /// What an environment in another process said of itself, as JSON; nil for a body of this program's.
  package var environment: String?

  /// The agent's policy came from a learner on another computer.
  package var isRemote = false

  /// The entry that holds `environment`: not the same as a checkpoint's `environment`, which is a state.
  static let environmentKey = "environmentDescription"

  /// The metadata's entries.
  package var entries: [(key: String, value: String)] {
    [
      ("learning", "\(isLearning)"), ("seed", "\(seed)"), ("real", "\(isReal)"),
      ("timeOutSteps", "\(timeOutSteps)"),
    ] + (arithmetic.map { [("arithmetic", $0)] } ?? [])
      + (frameQuality.map { [("frameQuality", "\($0)")] } ?? [])
      + (isRemote ? [("remote", "true")] : [])
      + (environment.map { [(Self.environmentKey, $0)] } ?? [])
  }

  package init(isLearning: Bool, seed: UInt64, isReal: Bool, timeOutSteps: Int = 0, frameQuality: Int? = nil)
  {
    self.isLearning = isLearning
    self.seed = seed
    self.isReal = isReal
    self.timeOutSteps = timeOutSteps
    self.frameQuality = frameQuality
  }

  /// Reads a log's metadata; nil if they tell nothing of a run.
  package init?(_ metadata: [String: String]) {
    guard let learning = metadata["learning"].flatMap({ Bool($0) }),
      let seed = metadata["seed"].flatMap({ UInt64($0) }),
      let isReal = metadata["real"].flatMap({ Bool($0) }),
      let timeOutSteps = Int(metadata["timeOutSteps"] ?? "0"), ReadBounds.counts.contains(timeOutSteps)
    else { return nil }
    self.init(
      isLearning: learning, seed: seed, isReal: isReal, timeOutSteps: timeOutSteps,
      frameQuality: metadata["frameQuality"].flatMap { Int($0) })
    arithmetic = metadata["arithmetic"]
    environment = metadata[Self.environmentKey]
    isRemote = metadata["remote"] == "true"
  }
}

extension LoggedStep {
  /// A step as the trainer saw it.
  ///
  /// - Parameter distance: the place of the distance among what is measured; nil where it is not.
  package init(_ transition: borrowing Transition, _ step: TrainingStep, distance: Int? = nil) {
    self.init()
    self.step = step.progress.steps
    episode = step.episode
    chosen = transition.action
    logProbability = step.logProbability
    noise = step.noise
    observed = transition.state.proprioception
    outcome = transition.outcome
    if let distance, !outcome.isStale { distanceMillimeters = transition.measurements[distance] }
    update = step.update
  }
}
