public import AVGCore

/// The loop of a training: transitions come from an environment that is acted in, or from a source, and a learner takes
/// each as it comes.
///
/// One transition exists, and the loop itself allocates nothing.
public struct Trainer<World: ~Copyable, Learner: TransitionSink & ~Copyable>: ~Copyable {
  /// Where the transitions come from: an `Environment` or a `TransitionSource`.
  public var world: World
  /// What learns from them; in an environment, an `Agent`, which acts too.
  public var learner: Learner
  /// The run so far.
  public internal(set) var progress = TrainingProgress()
  /// How long the stages of a step took.
  public internal(set) var latencies = StepLatencies()

  var transition: Transition
  /// The answer to S′, while the way there is still to be learned from.
  var answer: [Float]
  /// What the agent tells of either.
  var explanation: Explanation
  var answerExplanation: Explanation
  var state = LoopState()
  var captureAge = Duration.zero
  var checkpointStep: Int?
  private let measureKeys: [String]

  /// What an agent tells of an action that it has chosen.
  struct Explanation {
    var logProbability: Float = 0
    var noise: [Float]
  }

  init(_ world: consuming World, _ learner: consuming Learner, for specification: EnvironmentSpecification) {
    transition = Transition(for: specification)
    measureKeys = specification.measures.map(\.key)
    answer = transition.action
    explanation = Explanation(noise: transition.action)
    answerExplanation = explanation
    self.world = world
    self.learner = learner
  }

  /// The run as it stands between two steps.
  public var trainingState: TrainingState {
    TrainingState(
      progress: progress, loop: state, action: transition.action, frames: transition.state.frames,
      proprioception: transition.state.proprioception)
  }
}

// What a step is to the run, wherever it came from.
extension Trainer where World: ~Copyable, Learner: ~Copyable {
  /// Takes up a run where it was broken off.
  mutating func resume(_ trainingState: TrainingState) {
    progress = trainingState.progress
    state = trainingState.loop
    checkpointStep = progress.steps
    for index in transition.state.frames.indices {
      transition.state.frames[index].copy(from: trainingState.frames[index])
    }
    transition.state.proprioception = trainingState.proprioception
    transition.action = trainingState.action
  }

  mutating func beginEpisode() {
    state.episode = EpisodeRecord(
      step: 0, episode: progress.episodes + 1, length: 0, return: 0, success: false)
    state.isStarting = false
  }

  /// Counts the step and its latencies.
  mutating func account(_ plan: TrainingPlan) {
    let outcome = transition.outcome
    progress.missedCycles += outcome.missedCycles
    transition.isSkipped = outcome.missedCycles > 0 && plan.lateSteps == .skip
    // Nobody has acted by a stale image, and none was decoded.
    guard !outcome.isStale else {
      progress.staleSteps += 1
      return
    }
    if plan.isLearning, transition.isSkipped { progress.skippedUpdates += 1 }
    if plan.measuresCaptureAge { latencies.captureAge.record(captureAge) }
    // Not through `newestFrame`: its accessor, in another module, takes memory for every call.
    if let stamp = transition.next.frames.last?.stamp { latencies.decode.record(stamp.decodeTime) }
    progress.steps += 1
    state.episode.length += 1
    state.episode.return += Double(outcome.reward)
    for (key, value) in zip(measureKeys, transition.measurements) {
      state.episode.totals[key, default: 0] += value
    }
    if outcome.truncated {
      state.episode.length += plan.timeOutSteps
      state.episode.return -= Double(plan.timeOutSteps)
    }
  }

  /// Gives the step to the learner, if the plan has one learn.
  mutating func learn(_ plan: TrainingPlan) -> Update? {
    guard plan.isLearning else { return nil }
    let began = MonotonicInstant.now
    guard let update = learner.take(transition) else { return nil }
    latencies.learn.record(began.duration(to: .now))
    if update.isRefused { progress.refusedUpdates += 1 }
    return update
  }

  /// Tells the hooks of the step and of the episode that it may have ended.
  mutating func tell(_ hooks: TrainingHooks<World, Learner>, _ update: Update?) throws {
    let outcome = transition.outcome
    // One that is cut off for want of sight, or began without, says nothing about the agent.
    let endsEpisode = outcome.isLast && !outcome.isStale
    if outcome.isLast && outcome.isStale && state.episode.length > 0 { progress.cutEpisodes += 1 }
    if endsEpisode { endEpisode(reachedGoal: outcome.reachedGoal) }
    let step = TrainingStep(
      update: update, progress: progress, episode: state.episode.episode,
      logProbability: explanation.logProbability, noise: explanation.noise, isAnswered: state.hasBegun)
    try hooks.onStep?(transition, step)
    if !outcome.isStale { hooks.onInspection?(world, learner, transition, step, latencies) }
    if endsEpisode { try hooks.onEpisode?(state.episode) }
  }

  mutating func endEpisode(reachedGoal: Bool) {
    state.episode.step = progress.steps
    state.episode.success = reachedGoal
    progress.episodes += 1
    progress.recent.append(state.episode)
  }

  /// Makes S′ the next step's S, and the answer to it its action, unless the episode is over.
  mutating func advance() {
    state.isStarting = transition.outcome.isLast
    if !state.isStarting { transition.advance() }
    guard state.hasBegun else { return }
    swap(&transition.action, &answer)
    swap(&explanation, &answerExplanation)
  }

  /// Whether the last checkpoint lies an interval back, counted in whole intervals from the run's first step.
  func checkpointIsDue(_ plan: TrainingPlan) -> Bool {
    guard plan.checkpointInterval > 0, !plan.checkpointsAtRest || state.isStarting else { return false }
    return progress.steps / plan.checkpointInterval > (checkpointStep ?? 0) / plan.checkpointInterval
  }

  /// Offers a checkpoint, unless this very step's has been offered.
  mutating func offerCheckpoint(_ hooks: TrainingHooks<World, Learner>) throws {
    guard progress.steps != checkpointStep else { return }
    checkpointStep = progress.steps
    try hooks.onCheckpoint?(world, learner, trainingState)
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
