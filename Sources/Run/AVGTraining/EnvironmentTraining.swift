public import AVGCore
public import AVGSystem

// The loop of a robot that learns while it acts: act, step, learn, swap; or, if the plan says so, the next act before
// learning.
extension Trainer where World: Environment & ~Copyable, Learner: Agent & ~Copyable {
  /// Joins an environment and an agent that fit each other in their signals and actions.
  ///
  /// - Parameter trainingState: where the run was broken off whose agent, and, if it is exact, whose environment these
  ///   are; its frames, signals and action have the environment's shapes.
  public init(
    environment: consuming World, agent: consuming Learner, resuming trainingState: TrainingState? = nil
  ) {
    let specification = environment.specification
    self.init(environment, agent, for: specification)
    guard let trainingState else { return }
    resume(trainingState)
    guard state.isExact else { return }
    explanation.logProbability = learner.explain(into: &explanation.noise)
  }

  /// Runs until the plan's last step, or until the flag is raised.
  ///
  /// - Throws: the first failure of the environment or of a hook.
  public mutating func run(
    _ plan: TrainingPlan, hooks: TrainingHooks<World, Learner>, stop: StopFlag? = nil
  ) throws(TrainingError<World.Failure>) {
    do {
      if !state.isExact { try cutOff(hooks) }
      while progress.steps < plan.steps, stop?.isRaised != true {
        try answerRequests(hooks, plan, stop)
        guard stop?.isRaised != true else { break }
        try step(plan, hooks)
        if checkpointIsDue(plan) { try checkpoint(hooks, atRest: plan.checkpointsAtRest) }
      }
      try checkpoint(hooks, atRest: true)
    } catch {
      try? world.stop()
      // Hours of learning must not go with a camera's cable; the failure is the news all the same.
      if case .world = error {
        state.isExact = false
        try? offerCheckpoint(hooks)
      }
      throw error
    }
  }

  /// One step, with the start of an episode before it where one is due.
  private mutating func step(
    _ plan: TrainingPlan, _ hooks: TrainingHooks<World, Learner>
  ) throws(TrainingError<World.Failure>) {
    if state.isStarting {
      // Here and not after the last step: a run that ends must not send the robot to a new start.
      do { try world.reset(into: &transition.state) } catch { throw .world(error) }
      beginEpisode()
    }
    if !state.hasBegun { try begin() }
    do { try world.finish(&transition) } catch { throw .world(error) }
    account(plan)
    state.hasBegun =
      plan.isLearning && transition.isLearnable && plan.order == .actThenLearn && !transition.outcome.isLast
    if state.hasBegun { try beginAnswer() }
    let update = learn(plan)
    do { try tell(hooks, update) } catch { throw .hook(error) }
    advance()
  }

  /// Lets the agent answer S, and the environment begin the answer.
  private mutating func begin() throws(TrainingError<World.Failure>) {
    let began = MonotonicInstant.now
    learner.act(on: transition.state, into: &transition.action)
    noteLatency(since: began, transition.state.frames.last?.stamp.captured)
    explanation.logProbability = learner.explain(into: &explanation.noise)
    if stopIfNotFinite(&transition.action) { progress.nonFiniteActions += 1 }
    do { try world.begin(transition.action) } catch { throw .world(error) }
  }

  /// The same for S′, while the way there is still to be learned from.
  private mutating func beginAnswer() throws(TrainingError<World.Failure>) {
    let began = MonotonicInstant.now
    learner.anticipate(transition.next, into: &answer)
    noteLatency(since: began, transition.next.frames.last?.stamp.captured)
    answerExplanation.logProbability = learner.explain(into: &answerExplanation.noise)
    if stopIfNotFinite(&answer) { progress.nonFiniteActions += 1 }
    do { try world.begin(answer) } catch { throw .world(error) }
  }

  private mutating func noteLatency(since began: MonotonicInstant, _ captured: MonotonicInstant?) {
    let acted = MonotonicInstant.now
    latencies.act.record(began.duration(to: acted))
    captureAge = captured?.duration(to: acted) ?? .zero
  }

  /// Does what a watcher wants: keeps a checkpoint, or stands still until the run may go on.
  private mutating func answerRequests(
    _ hooks: TrainingHooks<World, Learner>, _ plan: TrainingPlan, _ stop: StopFlag?
  ) throws(TrainingError<World.Failure>) {
    guard let request = hooks.request else { return }
    var hasPaused = false
    while stop?.isRaised != true {
      switch request() {
      case .none:
        if hasPaused { try goOn(hooks, plan) }
        return
      case .save: try checkpoint(hooks)
      case .pause:
        if !hasPaused {
          do { try world.stop() } catch { throw .world(error) }
        }
        hasPaused = true
        MonotonicInstant.now.advanced(by: .milliseconds(20)).sleepUntil()
      }
    }
  }

  /// Takes up the run after a pause.
  private mutating func goOn(
    _ hooks: TrainingHooks<World, Learner>, _ plan: TrainingPlan
  ) throws(TrainingError<World.Failure>) {
    if plan.measuresCaptureAge {
      // The world went on: what comes next is no consequence of the action before.
      try cutOff(hooks)
    } else if state.hasBegun {
      do { try world.begin(transition.action) } catch { throw .world(error) }
    }
  }

  /// Ends the episode in which the run was broken off, as a time-out would.
  private mutating func cutOff(
    _ hooks: TrainingHooks<World, Learner>
  ) throws(TrainingError<World.Failure>) {
    let wasUnderWay = !state.isStarting && state.episode.length > 0
    if wasUnderWay { endEpisode(reachedGoal: false) }
    state.isStarting = true
    state.hasBegun = false
    state.isExact = true
    guard wasUnderWay else { return }
    do { try hooks.onEpisode?(state.episode) } catch { throw .hook(error) }
  }

  /// Offers a checkpoint.
  ///
  /// - Parameter atRest: stops what moves before.
  private mutating func checkpoint(
    _ hooks: TrainingHooks<World, Learner>, atRest: Bool = false
  ) throws(TrainingError<World.Failure>) {
    if atRest {
      do { try world.stop() } catch { throw .world(error) }
    }
    do { try offerCheckpoint(hooks) } catch { throw .hook(error) }
  }
}
