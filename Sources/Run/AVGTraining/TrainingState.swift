public import AVGCore

/// A run between two steps: with the states of agent and environment it goes on as if nothing had been.
public struct TrainingState: Sendable {
  /// The run so far.
  public var progress: TrainingProgress
  /// Where the loop stands.
  public var loop: LoopState
  /// The action last chosen.
  public var action: [Float]
  /// The frames of the observation at hand, oldest first.
  public var frames: [Frame]
  /// The signals of the observation at hand.
  public var proprioception: [Float]

  /// Makes a state.
  public init(
    progress: TrainingProgress, loop: LoopState, action: [Float], frames: [Frame], proprioception: [Float]
  ) {
    self.progress = progress
    self.loop = loop
    self.action = action
    self.frames = frames
    self.proprioception = proprioception
  }

  /// The same run on a body that has been moved or has moved on since: its episode is cut off here.
  public var cutOff: TrainingState {
    var trainingState = self
    trainingState.loop.isExact = false
    return trainingState
  }
}

/// Where the training loop stands between two steps.
public struct LoopState: Codable, Hashable, Sendable {
  /// The episode at hand.
  public var episode = EpisodeRecord(step: 0, episode: 0, length: 0, return: 0, success: false)
  /// The next thing to do is to start an episode.
  public var isStarting = true
  /// The action has begun already.
  public var hasBegun = false
  /// The environment's state belongs to this one; otherwise the episode at hand cannot go on.
  public var isExact = true

  /// Makes the state of a run that has not begun.
  public init() {}
}
