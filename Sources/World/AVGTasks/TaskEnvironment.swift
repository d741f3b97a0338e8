public import AVGCore

/// A task for a body: the environment that an agent learns in.
///
/// When the body fails, it is told to stop before the error travels. It is stopped as well while it senses nothing of the
/// present; an episode in which that lasts is cut off, and none begins before it senses again.
public struct TaskEnvironment<B: Body & ~Copyable, T: ControlTask>: Environment, ~Copyable
where B.Command == T.Command, B.Senses == T.Senses {
  /// What can go wrong in the body.
  public typealias Failure = B.Failure

  /// The body.
  public var body: B
  /// The task.
  public var task: T

  /// Of what the body sees and the task wants.
  public let specification: EnvironmentSpecification
  private var senses = T.Senses()
  /// What was last done, each number in −1…1.
  private(set) var previousAction: [Float]
  /// The steps of the present episode.
  public private(set) var stepsDone = 0
  /// The control steps of the run, and those before the present episode.
  private(set) var totalSteps = 0
  private(set) var episodeStart = 0
  private let staleStepLimit: Int
  /// Consecutive steps without an image of the present; at `staleStepLimit` from a start without one.
  private(set) var staleSteps = 0
  private(set) var beganBlind = false

  /// How often a start that lies at the goal is drawn again before it is taken as it is.
  static var startTryCount: Int { 1000 }

  /// Joins a body and a task.
  ///
  /// - Parameters:
  ///   - body: senses frames of the shape of `frames`.
  ///   - task: judges frames of that shape.
  ///   - frames: what an observation stacks; nil for a body without a camera.
  ///   - staleStepLimit: the consecutive stale steps that cut an episode off: 11 of 45 ms are 0.5 s.
  public init(
    body: consuming B, task: T, frames: FrameStack? = FrameStack(), staleStepLimit: Int = 11
  ) {
    self.body = body
    self.task = task
    specification = task.specification(frames: frames)
    previousAction = [Float](repeating: 0, count: task.actionCount)
    self.staleStepLimit = max(1, staleStepLimit)
  }

  /// Those of the task.
  public var measurements: [Double] { task.measurements }

  /// Sends the body to a starting place that does not lie at the goal, if it can move by itself.
  ///
  /// A body that cannot see stays where it is; the first step then ends stale and truncated.
  public mutating func reset(into observation: inout Observation) throws(B.Failure) {
    beginEpisode(atStep: totalSteps)
    do throws(B.Failure) {
      if staleSteps > 0 { staleSteps = try sense(into: &observation) ? 0 : staleStepLimit }
      for _ in 0..<Self.startTryCount where staleSteps == 0 {
        let hasMoved = try body.reset()
        guard try sense(into: &observation) else {
          staleSteps = staleStepLimit
          break
        }
        // A body that cannot move would start at the goal for ever.
        guard hasMoved, task.isAtGoal(observation, senses) else { break }
      }
    } catch {
      stopAfterFailure()
      throw error
    }
    observation.repeatNewestFrame()
    stepsDone = 0
    for index in previousAction.indices { previousAction[index] = 0 }
    task.writeProprioception(senses, previousAction: previousAction, into: &observation.proprioception)
  }

  /// Tells the body to do the action.
  public mutating func begin(_ action: [Float]) throws(B.Failure) {
    beganBlind = staleSteps > 0
    keep(action, isBlind: beganBlind)
    do throws(B.Failure) { try body.drive(task.command(for: previousAction)) } catch {
      stopAfterFailure()
      throw error
    }
  }

  /// Awaits the end of the cycle, senses into `next` and lets the task judge.
  public mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(B.Failure) -> Outcome {
    next.shiftFrames(from: current)
    totalSteps += 1
    let missedCycles: Int
    let isFresh: Bool
    do throws(B.Failure) {
      missedCycles = try body.awaitCycle()
      isFresh = try sense(into: &next)
    } catch {
      stopAfterFailure()
      throw error
    }
    if beganBlind || !isFresh {
      return staleOutcome(isFresh: isFresh, missedCycles: missedCycles, from: current, into: &next)
    }
    task.writeProprioception(senses, previousAction: previousAction, into: &next.proprioception)
    let judgement = task.judge(next, senses)
    stepsDone += 1
    return Outcome(
      reward: judgement.reward + Float(missedCycles) * task.rewardOfLostCycle,
      terminated: judgement.terminated,
      truncated: !judgement.terminated && stepsDone >= task.timeLimitSteps,
      reachedGoal: judgement.reachedGoal, missedCycles: missedCycles)
  }

  /// Senses, and stops the body at once if that is nothing of the present.
  private mutating func sense(into observation: inout Observation) throws(B.Failure) -> Bool {
    guard try body.sense(into: &observation, &senses) == .fresh else {
      try body.drive(.stopped)
      return false
    }
    return true
  }

  /// Ends a step that began or ended blind.
  private mutating func staleOutcome(
    isFresh: Bool, missedCycles: Int, from current: borrowing Observation, into next: inout Observation
  ) -> Outcome {
    let isTooLong = staleSteps + (isFresh ? 0 : 1) >= staleStepLimit
    if isFresh {
      // What lies before the gap is no past of this image.
      next.repeatNewestFrame()
      staleSteps = 0
    } else {
      next.copyFrames(from: current)
      staleSteps += 1
    }
    task.writeProprioception(senses, previousAction: previousAction, into: &next.proprioception)
    return Outcome(reward: 0, truncated: isTooLong, missedCycles: missedCycles, isStale: true)
  }

  private mutating func beginEpisode(atStep step: Int) {
    episodeStart = step
    task.beginEpisode(atStep: step)
  }

  /// Stops the body, as at the end of a run.
  public mutating func stop() throws(B.Failure) {
    try body.drive(.stopped)
  }

  /// Keeps what is done as the previous action.
  ///
  /// An action that is not finite, or not chosen by what is sensed of the present, is all zeros; numbers beyond −1…1 are
  /// clamped.
  private mutating func keep(_ action: [Float], isBlind: Bool) {
    let count = previousAction.count
    precondition(action.count == count, "an action has \(count) numbers, not \(action.count)")
    let isValid = !isBlind && action.allSatisfy(\.isFinite)
    for index in 0..<count {
      previousAction[index] = isValid ? max(-1, min(1, action[index])) : 0
    }
  }

  /// Takes up the counts of an episode that was broken off.
  mutating func resume(
    totalSteps: Int, episodeStart: Int, stepsDone: Int, previousAction: [Float], staleSteps: Int,
    beganBlind: Bool
  ) {
    beginEpisode(atStep: episodeStart)
    keep(previousAction, isBlind: false)
    self.totalSteps = totalSteps
    self.stepsDone = stepsDone
    self.staleSteps = staleSteps
    self.beganBlind = beganBlind
  }

  private mutating func stopAfterFailure() {
    // The first error says what happened; a second one would only hide it.
    try? body.drive(.stopped)
  }
}
