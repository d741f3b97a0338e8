public import AVGCore
public import AVGSystem

/// The loop of a robot that learns while it acts: act, step, learn, swap; or, if the plan says so, the next act before learning.
///
/// Each step is learned from once, as it comes. Two observations and one action exist, and the loop itself
/// allocates nothing.
public struct Trainer<World: Environment & ~Copyable, Learner: Agent & ~Copyable>: ~Copyable {
  /// What is acted in.
  public var environment: World
  /// What acts and learns.
  public var agent: Learner
  /// The run so far.
  public private(set) var progress = TrainingProgress()
  /// How long the stages of a step took.
  public private(set) var latencies = StepLatencies()

  private var current: Observation
  private var next: Observation
  private var action: [Float]
  /// The answer to what came of `action`, while hooks may still hold that.
  private var answer: [Float]
  /// What the agent tells of either.
  private var explanation: Explanation
  private var answerExplanation: Explanation
  private var state = LoopState()
  private let measureKeys: [String]
  private var captureAge = Duration.zero
  private var checkpointStep: Int?

  /// Joins an environment and an agent that fit each other in their signals and actions.
  ///
  /// - Parameter trainingState: where the run was broken off whose agent, and, if it is exact, whose environment these
  ///   are; its frames, signals and action have the environment's shapes.
  public init(
    environment: consuming World, agent: consuming Learner, resuming trainingState: TrainingState? = nil
  ) {
    current = environment.makeObservation()
    next = environment.makeObservation()
    action = [Float](repeating: 0, count: environment.specification.actionCount)
    measureKeys = environment.specification.measures.map(\.key)
    answer = action
    explanation = Explanation(noise: action)
    answerExplanation = explanation
    self.environment = environment
    self.agent = agent
    guard let trainingState else { return }
    progress = trainingState.progress
    state = trainingState.loop
    checkpointStep = progress.steps
    guard state.isExact else { return }
    for index in current.frames.indices {
      current.frames[index].copy(from: trainingState.frames[index])
    }
    current.proprioception = trainingState.proprioception
    action = trainingState.action
    explanation.logProbability = self.agent.explain(into: &explanation.noise)
  }

  /// The run as it stands between two steps.
  public var trainingState: TrainingState {
    TrainingState(
      progress: progress, loop: state, action: action, frames: current.frames,
      proprioception: current.proprioception)
  }

  /// What an agent tells of an action that it has chosen.
  private struct Explanation {
    var logProbability: Float = 0
    var noise: [Float]
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
      try? environment.stop()
      // Hours of learning must not go with a camera's cable; the failure is the news all the same.
      if case .environment = error {
        state.isExact = false
        try? checkpoint(hooks)
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
      do { try environment.reset(into: &current) } catch { throw .environment(error) }
      state.episode = EpisodeRecord(
        step: 0, episode: progress.episodes + 1, length: 0, return: 0, success: false)
      state.isStarting = false
    }
    if !state.hasBegun { try begin() }
    let outcome: Outcome
    do { outcome = try environment.finish(from: current, into: &next) } catch { throw .environment(error) }
    account(for: outcome, plan)

    var update: Update?
    let isTooLate = outcome.missedCycles > 0 && plan.lateSteps == .skip
    let learns = plan.isLearning && !outcome.isStale && !isTooLate
    if plan.isLearning, !outcome.isStale, isTooLate { progress.skippedUpdates += 1 }
    state.hasBegun = learns && plan.order == .actThenLearn && !outcome.isLast
    if state.hasBegun { try beginAnswer() }
    if learns { update = learn(from: outcome) }
    try tell(hooks, outcome, update)
    state.isStarting = outcome.isLast
    if !state.isStarting { swap(&current, &next) }
    if state.hasBegun {
      swap(&action, &answer)
      swap(&explanation, &answerExplanation)
    }
  }

  /// Lets the agent answer the observation at hand, and the environment begin the answer.
  private mutating func begin() throws(TrainingError<World.Failure>) {
    let began = MonotonicInstant.now
    agent.act(on: current, into: &action)
    noteLatency(since: began, current.frames.last?.stamp.captured)
    explanation.logProbability = agent.explain(into: &explanation.noise)
    if stopIfNotFinite(&action) { progress.nonFiniteActions += 1 }
    do { try environment.begin(action) } catch { throw .environment(error) }
  }

  /// The same for the next observation, while the way there is still to be learned from.
  private mutating func beginAnswer() throws(TrainingError<World.Failure>) {
    let began = MonotonicInstant.now
    agent.anticipate(next, into: &answer)
    noteLatency(since: began, next.frames.last?.stamp.captured)
    answerExplanation.logProbability = agent.explain(into: &answerExplanation.noise)
    if stopIfNotFinite(&answer) { progress.nonFiniteActions += 1 }
    do { try environment.begin(answer) } catch { throw .environment(error) }
  }

  private mutating func noteLatency(since began: MonotonicInstant, _ captured: MonotonicInstant?) {
    let acted = MonotonicInstant.now
    latencies.act.record(began.duration(to: acted))
    captureAge = captured?.duration(to: acted) ?? .zero
  }

  /// Counts a step and its latencies.
  private mutating func account(for outcome: Outcome, _ plan: TrainingPlan) {
    progress.missedCycles += outcome.missedCycles
    // Nobody has acted by a stale image, and none was decoded.
    guard !outcome.isStale else {
      progress.staleSteps += 1
      return
    }
    if plan.measuresCaptureAge { latencies.captureAge.record(captureAge) }
    // Not through `newestFrame`: its accessor, in another module, takes memory for every call.
    if let stamp = next.frames.last?.stamp { latencies.decode.record(stamp.decodeTime) }
    progress.steps += 1
    state.episode.length += 1
    state.episode.return += Double(outcome.reward)
    for (key, value) in zip(measureKeys, environment.measurements) {
      state.episode.totals[key, default: 0] += value
    }
    if outcome.truncated {
      state.episode.length += plan.timeOutSteps
      state.episode.return -= Double(plan.timeOutSteps)
    }
  }

  /// Tells the hooks of a step and of the episode that it may have ended.
  private mutating func tell(
    _ hooks: TrainingHooks<World, Learner>, _ outcome: Outcome, _ update: Update?
  ) throws(TrainingError<World.Failure>) {
    // One that is cut off for want of sight, or began without, says nothing about the agent.
    let endsEpisode = outcome.isLast && !outcome.isStale
    if outcome.isLast && outcome.isStale && state.episode.length > 0 { progress.cutEpisodes += 1 }
    if endsEpisode { endEpisode(reachedGoal: outcome.reachedGoal) }
    let step = TrainingStep(
      action: action, outcome: outcome, update: update, progress: progress, episode: state.episode.episode,
      logProbability: explanation.logProbability, noise: explanation.noise,
      measurements: outcome.isStale ? [] : environment.measurements)
    do {
      try hooks.onCycle?(current, step)
      if !outcome.isStale {
        try hooks.onStep?(current, step)
        if state.hasBegun {
          hooks.onInspection?(environment, agent, next, step, latencies)
        } else {
          hooks.onInspection?(environment, agent, current, step, latencies)
        }
      }
      if endsEpisode { try hooks.onEpisode?(state.episode) }
    } catch { throw .hook(error) }
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
          do { try environment.stop() } catch { throw .environment(error) }
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
      do { try environment.begin(action) } catch { throw .environment(error) }
    }
  }

  private mutating func endEpisode(reachedGoal: Bool) {
    state.episode.step = progress.steps
    state.episode.success = reachedGoal
    progress.episodes += 1
    progress.recent.append(state.episode)
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

  private mutating func learn(from outcome: Outcome) -> Update {
    let began = MonotonicInstant.now
    let update = agent.learn(from: outcome, next: next)
    latencies.learn.record(began.duration(to: .now))
    if update.isRefused { progress.refusedUpdates += 1 }
    return update
  }

  /// Whether the last checkpoint lies an interval back, counted in whole intervals from the run's first step.
  private func checkpointIsDue(_ plan: TrainingPlan) -> Bool {
    guard plan.checkpointInterval > 0, !plan.checkpointsAtRest || state.isStarting else { return false }
    return progress.steps / plan.checkpointInterval > (checkpointStep ?? 0) / plan.checkpointInterval
  }

  /// Offers a checkpoint, unless this very step's has been offered.
  ///
  /// - Parameter atRest: stops what moves before.
  private mutating func checkpoint(
    _ hooks: TrainingHooks<World, Learner>, atRest: Bool = false
  ) throws(TrainingError<World.Failure>) {
    if atRest {
      do { try environment.stop() } catch { throw .environment(error) }
    }
    guard progress.steps != checkpointStep else { return }
    checkpointStep = progress.steps
    let trainingState = trainingState
    do { try hooks.onCheckpoint?(environment, agent, trainingState) } catch { throw .hook(error) }
  }
}

/// Replaces an action by zeros, which is to stop, if any of its numbers is not finite.
///
/// - Returns: whether it was replaced.
func stopIfNotFinite(_ action: inout [Float]) -> Bool {
  guard !action.allSatisfy(\.isFinite) else { return false }
  for index in action.indices { action[index] = 0 }
  return true
}
