import AVGCore
import AVGNetwork

// The action that is still to be learned from, in a checkpoint. In the order that acts first, S was perceived and A chosen
// with weights that an update has changed since, so neither can be computed again.

private let pendingPrefix = "pending."

extension Safetensors {
  /// Adds the percept of S, the policy's action, and the action carried out.
  mutating func setPendingTransition(
    _ perception: borrowing Perception, _ actorPerception: borrowing Perception,
    _ actorPass: borrowing MultilayerPerceptron.Pass, _ policy: some ActionSample, _ executed: ExecutedAction
  ) {
    func write(_ file: inout Safetensors, _ name: String, _ numbers: [Float]) {
      if !numbers.isEmpty { file.set(pendingPrefix + name, numbers, shape: [numbers.count]) }
    }
    for (name, numbers) in perception.current.numbers {
      write(&self, name, numbers)
    }
    for (name, numbers) in actorPerception.current.numbers {
      write(&self, "actor." + name, numbers)
    }
    write(&self, "actor", actorPass.numbers)
    write(&self, "policy", policy.numbers)
    write(&self, "executed", executed.numbers)
  }
}

extension TensorReader {
  /// Restores what `setPendingTransition` added.
  ///
  /// - Returns: whether there is anything to learn from.
  func restorePendingTransition(
    _ perception: inout Perception, _ actorPerception: inout Perception,
    _ actorPass: inout MultilayerPerceptron.Pass, _ policy: inout some ActionSample,
    _ executed: inout ExecutedAction
  ) throws(CheckpointError) -> Bool {
    guard file.tensors[pendingPrefix + "policy"] != nil else { return false }
    func read(_ name: String, like numbers: [Float]) throws(CheckpointError) -> [Float] {
      numbers.isEmpty ? [] : try finite(pendingPrefix + name, shape: [numbers.count], as: Float.self)
    }
    for (name, numbers) in perception.current.numbers {
      perception.setCurrent(name, try read(name, like: numbers))
    }
    for (name, numbers) in actorPerception.current.numbers {
      actorPerception.setCurrent(name, try read("actor." + name, like: numbers))
    }
    actorPass.numbers = try read("actor", like: actorPass.numbers)
    policy.numbers = try read("policy", like: policy.numbers)
    executed.numbers = try action(pendingPrefix + "executed", count: executed.action.count, last: 0...1)
    return true
  }
}
