import AVGCore
import AVGNetwork

// What the checkpoints of AVG's siblings are put together from.

extension Behavior where Sample: ActionSample {
  /// The steps that the optimisers of actor, encoder and the actor's encoder have taken.
  var stepCounts: [Int] {
    [actorOptimizer, encoderOptimizer, actorEncoderOptimizer].map(\.stepCount)
  }

  func write(to file: inout Safetensors) {
    file.metadata["format"] = Safetensors.checkpointFormat
    AVG.write(actor.store, actorOptimizer, to: &file)
    AVG.write(perception.encoder.store, encoderOptimizer, to: &file)
    AVG.write(actorPerception.encoder.store, actorEncoderOptimizer, to: &file)
    AVG.write(perception.normalizer, "normalizer", to: &file)
    AVG.write(actorPerception.normalizer, "actor.normalizer", to: &file)
    file.set("random", [exploration.state, imagination.state], shape: [2])
    file.set("exploration.noise", explorationNoise.values, shape: [explorationNoise.values.count])
    if canLearn { file.setPendingTransition(perception, actorPerception, actorPass, sample) }
  }

  /// - Parameter stepCounts: those of actor, encoder and the actor's encoder come first.
  mutating func restore(_ reader: TensorReader, _ stepCounts: [Int]) throws(CheckpointError) {
    let hasMomentum = actorOptimizer.firstMomentDecay > 0
    try reader.restore(&actor.store, hasMomentum: hasMomentum)
    try reader.restore(&perception.encoder.store, hasMomentum: hasMomentum)
    try reader.restore(&actorPerception.encoder.store, hasMomentum: hasMomentum)
    actorOptimizer.stepCount = stepCounts[0]
    encoderOptimizer.stepCount = stepCounts[1]
    actorEncoderOptimizer.stepCount = stepCounts[2]
    try reader.restore(&perception.normalizer, "normalizer")
    try reader.restore(&actorPerception.normalizer, "actor.normalizer")
    let states = try reader.numbers("random", count: 2, as: UInt64.self)
    exploration.state = states[0]
    imagination.state = states[1]
    explorationNoise.restore(
      try reader.finite("exploration.noise", shape: [explorationNoise.values.count], as: Float.self))
    canLearn = try reader.restorePendingTransition(
      &perception, &actorPerception, &actorPass, &sample)
  }
}

extension Safetensors {
  mutating func set(_ critic: borrowing Critic) {
    AVG.write(critic.network.store, critic.optimizer, to: &self)
  }

  mutating func set(_ critics: borrowing TwinCritic) {
    set(critics.first)
    set(critics.second)
    setValues(critics.firstTarget.network.store)
    setValues(critics.secondTarget.network.store)
    setValues(critics.targetPerception.encoder.store)
  }

  mutating func set(_ scaler: TemporalDifferenceScaler) {
    set("scaler", scaler.numbers, shape: [scaler.numbers.count])
  }

  mutating func setStepCounts(_ counts: [Int]) {
    set("optimizer.steps", counts.map(UInt64.init), shape: [counts.count])
  }
}

extension TensorReader {
  /// Makes a reader of a checkpoint in this program's format.
  init(checking file: Safetensors, name: String) throws(CheckpointError) {
    try file.checkFormat(name: name)
    self.init(file: file, name: name)
  }

  func restore(_ critic: inout Critic, stepCount: Int) throws(CheckpointError) {
    try restore(&critic.network.store, hasMomentum: critic.optimizer.firstMomentDecay > 0)
    critic.optimizer.stepCount = stepCount
  }

  func restore(_ critics: inout TwinCritic, stepCount: Int) throws(CheckpointError) {
    try restore(&critics.first, stepCount: stepCount)
    try restore(&critics.second, stepCount: stepCount)
    try restoreValues(&critics.firstTarget.network.store)
    try restoreValues(&critics.secondTarget.network.store)
    try restoreValues(&critics.targetPerception.encoder.store)
  }
}
