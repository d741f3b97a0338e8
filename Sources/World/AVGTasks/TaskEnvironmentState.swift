public import AVGCore

/// Everything that changes in an environment as a run goes on.
public struct TaskEnvironmentState<BodyState: Codable & Sendable>: Codable, Sendable {
  /// The body's own state.
  public var body: BodyState
  /// How far the task's curriculum has come.
  public var curriculumPosition: Double
  /// The control steps of the run.
  @AddedLater public var totalSteps: Int
  /// Those before the present episode.
  @AddedLater public var episodeStart: Int
  /// The steps of the present episode.
  public var stepsDone: Int
  /// What was last done, as the next proprioception will tell.
  public var previousAction: [Float]
  /// Consecutive steps without an image of the present.
  public var staleSteps: Int
  /// The step under way began without one.
  public var beganBlind: Bool
}

extension TaskEnvironmentState {
  /// What no environment can have left, with its key and value; nil if there is nothing.
  public var problem: String? {
    // Not a number is within no bound.
    if !previousAction.allSatisfy({ abs($0) <= 1 }) { return "previousAction cannot be \(previousAction)" }
    if !(0...1).contains(curriculumPosition) { return "curriculumPosition cannot be \(curriculumPosition)" }
    if !ReadBounds.counts.contains(totalSteps) { return "totalSteps cannot be \(totalSteps)" }
    if !(0...totalSteps).contains(episodeStart) { return "episodeStart cannot be \(episodeStart)" }
    if !ReadBounds.counts.contains(stepsDone) { return "stepsDone cannot be \(stepsDone)" }
    if !ReadBounds.counts.contains(staleSteps) { return "staleSteps cannot be \(staleSteps)" }
    return nil
  }
}

extension TaskEnvironment where B: ResumableBody, B: ~Copyable {
  /// Everything that changes; with the configuration, and the observation at hand, it resumes a run exactly.
  public var state: TaskEnvironmentState<B.State> {
    TaskEnvironmentState(
      body: body.state, curriculumPosition: task.curriculumPosition, totalSteps: totalSteps,
      episodeStart: episodeStart, stepsDone: stepsDone, previousAction: previousAction,
      staleSteps: staleSteps,
      beganBlind: beganBlind)
  }

  /// Goes on from `state`, taken from an environment of the same configuration.
  ///
  /// The body goes on as the last action said, if it was stopped for the pause.
  ///
  /// - Throws: what the body says of its own state; the environment is then unchanged.
  public mutating func restore(_ state: TaskEnvironmentState<B.State>) throws(B.Failure) {
    try body.restore(state.body)
    task.curriculumPosition = state.curriculumPosition
    resume(
      totalSteps: state.totalSteps, episodeStart: state.episodeStart, stepsDone: state.stepsDone,
      previousAction: state.previousAction, staleSteps: state.staleSteps,
      beganBlind: state.beganBlind)
    try body.drive(task.command(for: previousAction))
  }
}
