internal import AVGCore
internal import AVGNetwork
internal import AVGReplay

/// A learner that keeps transitions to learn from them later.
protocol KeepingLearner: HeldLearner {
  /// What it has kept.
  var memory: ReplayMemory { get set }
}

/// A learner that learns from batches which it draws from all transitions that it has kept.
///
/// Its actor acts by the newest weights on one observation at a time, as that of an incremental learner; its update has
/// passes of its own.
protocol BatchLearner: KeepingLearner {
  /// The two value functions.
  var critic: BatchCritic { get set }
  /// The update that is under way.
  var progress: BatchUpdate { get set }
  /// The noise of its actions.
  var noise: [Float] { get set }
  /// Begins to learn from the batch at hand.
  func beginUpdate()
  /// Learns from the next slice of the batch.
  ///
  /// A refused update has changed no weight, with one exception: if the actor's gradient overflows after the critics'
  /// step, that step stands.
  ///
  /// - Returns: the update, if that was the last slice; a refused one if a gradient is not finite.
  func learnSlice() -> Update?
}

extension BatchLearner {
  var perception: Perception {
    _read { yield critic.perception }
    _modify { yield &critic.perception }
  }

  var criticOperations: Int { critic.operations }

  func forEachCriticTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    critic.forEachTensor(visit)
  }

  func act(on observation: borrowing Observation, into action: inout [Float]) {
    actor.act(on: observation, through: &perception, into: &action)
    warmUp(&action)
  }

  func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    actor.anticipate(next, through: &perception, into: &action)
    warmUp(&action)
  }

  /// Replaces the first actions by uniform ones.
  private func warmUp(_ action: inout [Float]) {
    if mode == .learning, memory.isWarmingUp { actor.drawUniformly(&action) }
  }

  /// Keeps the transition and learns from batches.
  ///
  /// - Returns: the last update; a refused one for a transition that cannot be kept; nil as long as nothing is learned.
  func take(_ transition: borrowing Transition) -> Update? {
    if mode == .following { actor.follow(transition.action, on: transition.state, through: &perception) }
    guard transition.isLearnable else { return nil }
    let isKept = mode.isLearning && memory.append(transition)
    actor.endUpdate(&perception, continues: !transition.outcome.isLast)
    guard isKept else { return actor.refusal(scale: 1) }
    guard !memory.isWarmingUp else { return nil }
    guard actor.configuration.batch.stepsPerUpdate == 1 else { return learnShare() }
    var update: Update?
    for _ in 0..<actor.configuration.batch.updatesPerStep { update = self.update() }
    return update
  }
}

extension KeepingLearner {
  var keepsTransitions: Bool { true }

  var replayBytes: Int { memory.residentBytes }

  func prepare() throws(ReplayError) { try memory.prepare() }

  func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    var file = parts(metadata: metadata)
    memory.writeTransitions(to: &file)
    return file
  }

  func checkpoint(metadata: [String: String], replay: ReplayPlace) throws(ReplayError) -> Safetensors {
    switch replay {
    case .inside: return checkpoint(metadata: metadata)
    case .nowhere: return parts(metadata: metadata)
    case .beside(let folder, let checkpointsKept):
      var file = parts(metadata: metadata)
      try memory.save(in: folder, checkpointsKept: checkpointsKept, for: &file)
      return file
    }
  }
}
