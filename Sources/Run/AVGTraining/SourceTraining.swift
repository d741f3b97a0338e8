public import AVGCore
public import AVGSystem

// Learning from what somebody else did: source → sink.
extension Trainer where World: TransitionSource & ~Copyable, Learner: ~Copyable {
  /// Joins a source and what is to learn from it.
  ///
  /// - Parameter trainingState: where the run was broken off whose learner this is: the source gives what follows.
  public init(
    source: consuming World, learner: consuming Learner, resuming trainingState: TrainingState? = nil
  ) {
    let specification = source.specification
    self.init(source, learner, for: specification)
    if let trainingState { resume(trainingState) }
  }

  /// Runs until the source's end, the plan's last step, or until the flag is raised.
  ///
  /// - Throws: the first failure of the source, after a checkpoint, or of a hook.
  public mutating func run(
    _ plan: TrainingPlan, hooks: TrainingHooks<World, Learner>, stop: StopFlag? = nil
  ) throws(TrainingError<World.Failure>) {
    var failure: World.Failure?
    do {
      while progress.steps < plan.steps, stop?.isRaised != true {
        do throws(World.Failure) {
          guard try world.next(into: &transition) else { break }
        } catch {
          failure = error
          state.isExact = false
          break
        }
        if state.isStarting { beginEpisode() }
        account(plan)
        let update = learn(plan)
        if stopIfNotFinite(&transition.action) { progress.nonFiniteActions += 1 }
        try tell(hooks, update)
        advance()
        if checkpointIsDue(plan) { try offerCheckpoint(hooks) }
      }
      try offerCheckpoint(hooks)
    } catch { throw .hook(error) }
    if let failure { throw .world(failure) }
  }
}
