public import AVGCore

/// An agent whose whole state can be kept in a file and taken up again, to the bit.
public protocol CheckpointedAgent: Agent, ~Copyable {
  /// The whole state as named tensors: weights, moments, statistics, random sources, and the action that is still to
  /// be learned from.
  func checkpoint(metadata: [String: String]) -> Safetensors

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Parameter name: the file's name, for messages.
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError)
}
