internal import AVGCore
internal import AVGNetwork

// What an actor needs to act, and no more: the policy's network, the perception that it sees through, and how far the
// learning has come, by which excursions become rarer. Sent from where it is learned to where it is acted by.

extension HeldLearner {
  /// The policy as named tensors.
  func policy() -> Safetensors {
    var file = Safetensors()
    file.metadata["format"] = Safetensors.policyFormat
    file.set(policy: perception, normalizer: "normalizer")
    file.set(policy: actor.perception, normalizer: "actor.normalizer")
    file.set(actor.learned.parameters)
    file.setStepCounts([perception.learned.optimizer.stepCount])
    return file
  }

  /// Takes over the policy that `policy()` gave, of an agent of the same configuration.
  ///
  /// - Throws: a part of the statistics may have been taken over then, no weight.
  func take(policy file: Safetensors, name: String) throws(CheckpointError) {
    guard file.metadata["format"] == Safetensors.policyFormat else {
      throw .damaged(file: name, reason: "it is not a policy of this program's")
    }
    let reader = TensorReader(file: file, name: name)
    let steps = try reader.stepCounts(count: 1)[0]
    // Everything is read before anything is changed.
    try reader.check(perception.learned.parameters)
    try reader.check(actor.perception.learned.parameters)
    try reader.check(actor.learned.parameters)
    try reader.restore(&perception.normalizer, "normalizer")
    try reader.restore(&actor.perception.normalizer, "actor.normalizer")
    try reader.restore(&perception.learned.parameters)
    try reader.restore(&actor.perception.learned.parameters)
    try reader.restore(&actor.learned.parameters)
    perception.learned.optimizer.resume(stepCount: steps, means: perception.learned.optimizer.means)
  }

  /// Takes over the policy of another learner of the same configuration, without asking for memory.
  func copyPolicy(from other: any HeldLearner) {
    guard let other = other as? Self else { preconditionFailure("policies of two algorithms") }
    perception.copyPolicy(from: other.perception)
    actor.perception.copyPolicy(from: other.actor.perception)
    actor.learned.parameters.values.copy(from: other.actor.learned.parameters.values)
  }
}

extension Perception {
  fileprivate mutating func copyPolicy(from other: borrowing Perception) {
    learned.parameters.values.copy(from: other.learned.parameters.values)
    normalizer?.copy(from: other.normalizer)
    learned.optimizer.resume(stepCount: other.learned.optimizer.stepCount, means: learned.optimizer.means)
  }
}

extension RunningNormalizer {
  fileprivate mutating func copy(from other: RunningNormalizer?) {
    guard let other else { return }
    // One by one: an array that is shared would be copied when the next policy is written.
    for index in means.indices {
      means[index] = other.means[index]
      variances[index] = other.variances[index]
    }
    count = other.count
  }
}

extension Safetensors {
  /// What a policy's metadata call its format.
  static let policyFormat = "avg-vision-policy-1"

  fileprivate mutating func set(_ parameters: borrowing Parameters) {
    for tensor in parameters.tensors {
      set(tensor.name, tensor.read(from: parameters.values), shape: tensor.shape)
    }
  }

  fileprivate mutating func set(policy perception: borrowing Perception, normalizer name: String) {
    set(perception.learned.parameters)
    set(perception.normalizer, name)
  }
}

extension TensorReader {
  fileprivate func check(_ parameters: borrowing Parameters) throws(CheckpointError) {
    for tensor in parameters.tensors { _ = try finite(tensor.name, shape: tensor.shape, as: Float.self) }
  }

  fileprivate func restore(_ parameters: inout Parameters) throws(CheckpointError) {
    for tensor in parameters.tensors {
      tensor.write(try finite(tensor.name, shape: tensor.shape, as: Float.self), to: &parameters.values)
    }
  }
}
