package import AVGCore
package import AVGLearning
package import AVGRecording
package import AVGTasks

/// What a log holds as something to learn in: a task judges what was seen, whatever is done.
///
/// An episode ends where the task says so, and is cut off where the log's did.
package struct LoggedEnvironment<T: ControlTask>: Environment, ~Copyable {
  package typealias Failure = LogError

  package let specification: EnvironmentSpecification
  private var task: T
  private let player: LogPlayer
  private let end: () -> Void
  private var decoder = LoggedImageDecoder()
  private var previousAction: [Float] = [0, 0]
  private var stepsDone = 0
  /// The look before this one had no image.
  private var isBlind = false

  /// Makes an environment of a log; `end` is called with its last look.
  package init(_ player: LogPlayer, task: T, end: @escaping () -> Void) {
    self.player = player
    self.task = task
    specification = task.specification(frames: FrameStack())
    self.end = end
  }

  package var measurements: [Double] { task.measurements }

  /// The next look with an image begins the episode.
  package mutating func reset(into observation: inout Observation) throws(LogError) {
    var sight = try take().sight
    // A start that lay at the goal was drawn again, and one without sight waited.
    while true {
      let isSeen = try see(sight, into: &observation.newestFrame)
      let isDrawnAgain = try player.peekSight()?.hasCycle == false
      if isSeen && !isDrawnAgain { break }
      sight = try take().sight
    }
    isBlind = false
    stepsDone = 0
    previousAction = [0, 0]
    observation.repeatNewestFrame()
    task.writeProprioception(
      sight.senses, previousAction: previousAction, into: &observation.proprioception)
  }

  package mutating func begin(_ action: [Float]) {}

  /// The next look, judged by the task.
  package mutating func finish(
    from current: borrowing Observation, into next: inout Observation
  ) throws(LogError) -> Outcome {
    let (sight, step) = try take()
    // Only a look that ends a cycle goes on from this one.
    let isCutOff = try player.peekSight()?.hasCycle != true
    let wasBlind = isBlind
    next.shiftFrames(from: current)
    isBlind = try !see(sight, into: &next.newestFrame)
    previousAction = step?.chosen.count == 2 ? (step?.chosen ?? previousAction) : previousAction
    task.writeProprioception(sight.senses, previousAction: previousAction, into: &next.proprioception)
    guard !isBlind, !wasBlind else {
      if isBlind { next.copyFrames(from: current) } else { next.repeatNewestFrame() }
      return Outcome(reward: 0, truncated: isCutOff, missedCycles: sight.missedCycles, isStale: true)
    }
    let judgement = task.judge(next.newestFrame, sight.senses)
    stepsDone += 1
    return Outcome(
      reward: judgement.reward, terminated: judgement.terminated,
      truncated: !judgement.terminated && (isCutOff || stepsDone >= task.timeLimitSteps),
      reachedGoal: judgement.reachedGoal, missedCycles: sight.missedCycles)
  }

  package mutating func stop() {}

  /// The next look, and what was done in the cycle that it ended, if it ended one.
  private func take() throws(LogError) -> (sight: LoggedSight, step: LoggedStep?) {
    guard let sight = try player.nextSight() else { throw .ended(file: player.name) }
    if try player.peekSight() == nil { end() }
    return (sight, sight.hasCycle ? try player.nextStep() : nil)
  }

  private mutating func see(_ sight: LoggedSight, into frame: inout Frame) throws(LogError) -> Bool {
    guard sight.isFresh, let image = sight.image else { return false }
    if let problem = decoder.decode(image, into: &frame) {
      throw .image(file: player.name, topic: "/camera", time: sight.time, reason: problem)
    }
    frame.stamp = sight.stamp
    return true
  }
}

/// A learner that takes a log's actions for its own.
package struct FollowingAgent: CheckpointedAgent, InspectableAgent, ~Copyable {
  private var inner: Learner
  private let player: LogPlayer

  package init(_ inner: consuming Learner, _ player: LogPlayer) {
    self.inner = inner
    self.player = player
  }

  package mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    // An error comes again, and is told, when the environment reads on.
    let chosen = (try? player.peekStep())?.chosen ?? []
    for index in action.indices { action[index] = chosen.indices.contains(index) ? chosen[index] : 0 }
    inner.follow(action, on: observation)
  }

  package mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    preconditionFailure("a log is learned from before the next of its actions is taken")
  }

  package mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    inner.learn(from: outcome, next: next)
  }

  package func checkpoint(metadata: [String: String]) -> Safetensors { inner.checkpoint(metadata: metadata) }

  package mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try inner.restore(file, name: name)
  }

  package var imagePointCount: Int { inner.imagePointCount }

  package func writeImagePoints(into points: inout [Float]) { inner.writeImagePoints(into: &points) }

  package func featureMaps() -> FeatureMaps? { inner.featureMaps() }

  package func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    inner.forEachTensor(visit)
  }
}
