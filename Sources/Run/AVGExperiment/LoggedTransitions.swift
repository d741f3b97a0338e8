package import AVGCore
package import AVGRecording
package import AVGTasks

/// The transitions of a log: what was seen and done then, judged by a task.
///
/// An episode ends where the task says so, and is cut off where the log's did.
package struct LoggedTransitions<T: ControlTask>: TransitionSource, ~Copyable where T.Senses: LoggedSenses {
  package let specification: EnvironmentSpecification
  private var task: T
  private let player: LogPlayer
  private var decoder = LoggedImageDecoder()
  private var stepsDone = 0
  private var totalSteps: Int
  private var isStarting = true
  /// The look before this one had no image.
  private var isBlind = false

  /// Reads a log.
  ///
  /// - Parameter firstStep: the control steps of the run when the log began.
  package init(_ player: LogPlayer, task: T, frames: FrameStack? = FrameStack(), firstStep: Int = 0) {
    self.player = player
    totalSteps = firstStep
    self.task = task
    specification = task.specification(frames: frames)
  }

  package mutating func next(into transition: inout Transition) throws(LogError) -> Bool {
    if isStarting, try !start(&transition.state) { return false }
    guard let sight = try player.nextSight() else { return false }
    totalSteps += 1
    let chosen = (sight.hasCycle ? try player.nextStep() : nil)?.chosen ?? []
    // Only a look that ends a cycle goes on from this one.
    let isCutOff = try player.peekSight()?.hasCycle != true
    for index in transition.action.indices {
      transition.action[index] = chosen.indices.contains(index) ? chosen[index] : 0
    }
    let wasBlind = isBlind
    transition.next.shiftFrames(from: transition.state)
    isBlind = try !see(sight, into: &transition.next)
    let senses: T.Senses = sight.senses()
    task.writeProprioception(
      senses, previousAction: transition.action, into: &transition.next.proprioception)
    if isBlind || wasBlind {
      if isBlind {
        transition.next.copyFrames(from: transition.state)
      } else {
        transition.next.repeatNewestFrame()
      }
      transition.outcome = Outcome(
        reward: 0, truncated: isCutOff, missedCycles: sight.missedCycles, isStale: true)
    } else {
      judge(sight, senses, isCutOff: isCutOff, &transition)
    }
    isStarting = transition.outcome.isLast
    return true
  }

  /// Takes the next look with an image for the start of an episode.
  ///
  /// - Returns: whether there was one.
  private mutating func start(_ observation: inout Observation) throws(LogError) -> Bool {
    while let sight = try player.nextSight() {
      if sight.hasCycle { _ = try player.nextStep() }
      let isSeen = try see(sight, into: &observation)
      // A start that lay at the goal was drawn again, and one without sight waited.
      guard isSeen, try player.peekSight()?.hasCycle != false else { continue }
      isBlind = false
      stepsDone = 0
      task.beginEpisode(atStep: totalSteps)
      observation.repeatNewestFrame()
      let rest = [Float](repeating: 0, count: specification.actionCount)
      task.writeProprioception(sight.senses(), previousAction: rest, into: &observation.proprioception)
      return true
    }
    return false
  }

  private mutating func judge(
    _ sight: LoggedSight, _ senses: T.Senses, isCutOff: Bool, _ transition: inout Transition
  ) {
    let judgement = task.judge(transition.next, senses)
    stepsDone += 1
    transition.outcome = Outcome(
      reward: judgement.reward, terminated: judgement.terminated,
      truncated: !judgement.terminated && (isCutOff || stepsDone >= task.timeLimitSteps),
      reachedGoal: judgement.reachedGoal, missedCycles: sight.missedCycles)
    let measured = task.measurements
    for index in measured.indices { transition.measurements[index] = measured[index] }
  }

  private mutating func see(
    _ sight: LoggedSight, into observation: inout Observation
  ) throws(LogError) -> Bool {
    guard sight.isFresh else { return false }
    guard !observation.frames.isEmpty else { return true }
    guard let image = sight.image else { return false }
    if let problem = decoder.decode(image, into: &observation.newestFrame) {
      throw .image(file: player.name, topic: "/camera", time: sight.time, reason: problem)
    }
    observation.newestFrame.stamp = sight.stamp
    return true
  }
}
