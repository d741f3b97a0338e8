public import AVGCore

/// What commands ask of a learner besides acting and learning: to act without learning, and to be kept.
public protocol CheckpointedAgent: Agent, ~Copyable {
  /// What `act` does.
  var mode: AVG.Mode { get set }

  /// The whole state of the learner as named tensors.
  borrowing func checkpoint(metadata: [String: String]) -> Safetensors

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError)
}

extension AVG: CheckpointedAgent {}
