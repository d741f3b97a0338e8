public import AVGCore

/// The loop of a robot that learns while it acts: act, step, learn, swap; or, on wish, the next act before learning.
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

  private var checkpointStep = 0

  /// Joins an environment and an agent that fit each other in their signals and actions.
  public init(environment: consuming World, agent: consuming Learner) {
    self.environment = environment
    self.agent = agent
  }

  /// Runs until the plan's last step, or until the flag is raised.
  ///
  /// - Throws: the first failure of the environment or of a hook.
  public mutating func run(
    _ plan: TrainingPlan, hooks: TrainingHooks<Learner>, stop: StopFlag? = nil
  ) throws(TrainingError<World.Failure>) {
    do {
      try loop(plan, hooks: hooks, stop: stop)
    } catch {
      try? environment.stop()
      // Hours of learning must not go with a camera's cable; the failure is the news all the same.
      if case .environment = error { try? checkpoint(hooks) }
      throw error
    }
    do { try environment.stop() } catch { throw .environment(error) }
    try checkpoint(hooks)
  }

  private mutating func loop(
    _ plan: TrainingPlan, hooks: TrainingHooks<Learner>, stop: StopFlag?
  ) throws(TrainingError<World.Failure>) {
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    var action = [Float](repeating: 0, count: environment.actionCount)
    var episode = EpisodeRecord(step: 0, episode: 0, length: 0, return: 0, success: false)
    // The answer to what came of `action`, while hooks may still hold that.
    var answer = action
    var captureAge = Duration.zero
    var isStarting = true
    var hasBegun = false

    while progress.steps < plan.steps, stop?.isRaised != true {
      if isStarting {
        // Here and not after the last step: a run that ends must not send the robot to a new start.
        do { try environment.reset(into: &current) } catch { throw .environment(error) }
        episode = EpisodeRecord(
          step: 0, episode: progress.episodes + 1, length: 0, return: 0, success: false)
      }
      if !hasBegun { captureAge = try begin(&action, current, isAnswer: false) }
      let outcome: Outcome
      do { outcome = try environment.finish(from: current, into: &next) } catch { throw .environment(error) }
      account(for: outcome, in: &episode, captureAge, next, plan)

      var update: Update?
      let isTooLate = outcome.missedCycles > 0 && plan.lateSteps == .skip
      let learns = plan.isLearning && !outcome.isStale && !isTooLate
      if plan.isLearning, !outcome.isStale, isTooLate { progress.skippedUpdates += 1 }
      hasBegun = learns && plan.order == .actThenLearn && !outcome.isLast
      if hasBegun { captureAge = try begin(&answer, next, isAnswer: true) }
      if learns { update = learn(from: outcome, next) }
      try tell(hooks, plan, current, action, outcome, update, episode)
      isStarting = outcome.isLast
      if !isStarting { swap(&current, &next) }
      if hasBegun { swap(&action, &answer) }
    }
  }

  /// Lets the agent choose an action for `observation` and the environment begin it.
  ///
  /// - Parameter isAnswer: there is something to learn from the way to `observation`, which waits until the body moves.
  /// - Returns: how old the newest image was when the action had been chosen.
  private mutating func begin(
    _ action: inout [Float], _ observation: borrowing Observation, isAnswer: Bool
  ) throws(TrainingError<World.Failure>) -> Duration {
    let began = MonotonicInstant.now
    if isAnswer {
      agent.anticipate(observation, into: &action)
    } else {
      agent.act(on: observation, into: &action)
    }
    let acted = MonotonicInstant.now
    latencies.act.record(began.duration(to: acted))
    if stopIfNotFinite(&action) { progress.nonFiniteActions += 1 }
    do { try environment.begin(action) } catch { throw .environment(error) }
    return observation.frames.last.map { $0.stamp.captured.duration(to: acted) } ?? .zero
  }

  /// Counts a step and its latencies.
  private mutating func account(
    for outcome: Outcome, in episode: inout EpisodeRecord, _ captureAge: Duration,
    _ next: borrowing Observation, _ plan: TrainingPlan
  ) {
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
    episode.length += 1
    episode.return += Double(outcome.reward)
  }

  /// Tells the hooks of a step and of the episode that it may have ended, and offers a checkpoint when it is time.
  private mutating func tell(
    _ hooks: TrainingHooks<Learner>, _ plan: TrainingPlan, _ observation: borrowing Observation,
    _ action: [Float], _ outcome: Outcome, _ update: Update?, _ episode: EpisodeRecord
  ) throws(TrainingError<World.Failure>) {
    var episode = episode
    // One that is cut off for want of sight, or began without, says nothing about the agent.
    let endsEpisode = outcome.isLast && !outcome.isStale
    if outcome.isLast && outcome.isStale && episode.length > 0 { progress.cutEpisodes += 1 }
    if endsEpisode {
      if outcome.truncated {
        episode.length += plan.timeOutSteps
        episode.return -= Double(plan.timeOutSteps)
      }
      episode.step = progress.steps
      episode.success = outcome.reachedGoal
      progress.episodes += 1
      progress.recent.append(episode)
    }
    do {
      if !outcome.isStale {
        let step = TrainingStep(action: action, outcome: outcome, update: update, progress: progress)
        try hooks.onStep?(observation, step)
      }
      if endsEpisode { try hooks.onEpisode?(episode) }
    } catch { throw .hook(error) }
    if !outcome.isStale, plan.checkpointInterval > 0, progress.steps.isMultiple(of: plan.checkpointInterval) {
      try checkpoint(hooks)
    }
  }

  private mutating func learn(from outcome: Outcome, _ next: borrowing Observation) -> Update {
    let began = MonotonicInstant.now
    let update = agent.learn(from: outcome, next: next)
    latencies.learn.record(began.duration(to: .now))
    if update.isRefused { progress.refusedUpdates += 1 }
    return update
  }

  /// Offers a checkpoint, unless this very step's has been offered.
  private mutating func checkpoint(
    _ hooks: TrainingHooks<Learner>
  ) throws(TrainingError<World.Failure>) {
    guard progress.steps != checkpointStep || progress.steps == 0 else { return }
    checkpointStep = progress.steps
    do { try hooks.onCheckpoint?(agent, progress) } catch { throw .hook(error) }
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
