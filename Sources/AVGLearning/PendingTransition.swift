import AVGCore
import AVGNetwork

/// What lies between S answered and learned from: in the order that acts first, S was seen, and A chosen, by weights
/// that an update has changed since, so that neither can be computed again.
extension AVG {
  private static let prefix = "pending."

  /// Adds the percept of S and the policy's answer, if there is something to learn from them.
  func writePendingTransition(to file: inout Safetensors) {
    guard canLearn else { return }
    func write(_ name: String, _ numbers: [Float]) {
      if !numbers.isEmpty { file.set(Self.prefix + name, numbers, shape: [numbers.count]) }
    }
    for (name, numbers) in perception.current.numbers {
      write(name, numbers)
    }
    for (name, numbers) in actorPerception.current.numbers {
      write("actor." + name, numbers)
    }
    write("actor", actorPass.numbers)
    write("policy", policy.numbers)
  }

  /// Takes over what `writePendingTransition` wrote, or nothing to learn from.
  mutating func readPendingTransition(_ reader: TensorReader) throws(CheckpointError) {
    canLearn = reader.file.tensors[Self.prefix + "policy"] != nil
    guard canLearn else { return }
    func read(_ name: String, like numbers: [Float]) throws(CheckpointError) -> [Float] {
      numbers.isEmpty
        ? [] : try reader.finite(Self.prefix + name, shape: [numbers.count], as: Float.self)
    }
    for (name, numbers) in perception.current.numbers {
      perception.setCurrent(name, try read(name, like: numbers))
    }
    for (name, numbers) in actorPerception.current.numbers {
      actorPerception.setCurrent(name, try read("actor." + name, like: numbers))
    }
    actorPass.numbers = try read("actor", like: actorPass.numbers)
    policy.numbers = try read("policy", like: policy.numbers)
  }
}
