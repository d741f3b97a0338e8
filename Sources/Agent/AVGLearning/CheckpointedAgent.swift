public import AVGCore
public import AVGReplay

/// An agent whose whole state can be kept in a file and taken up again, to the bit.
public protocol CheckpointedAgent: Agent, ~Copyable {
  /// The whole state as named tensors: weights, moments, statistics, random sources, and the action that is still to
  /// be learned from.
  func checkpoint(metadata: [String: String]) -> Safetensors

  /// The same, with the transitions that the agent keeps, if it keeps any, in a place of their own.
  ///
  /// - Throws: `ReplayError`, if they cannot be kept there.
  func checkpoint(metadata: [String: String], replay: ReplayPlace) throws(ReplayError) -> Safetensors

  /// Whether the agent keeps transitions to learn from again.
  var keepsTransitions: Bool { get }

  /// The bytes of memory that those take at this moment.
  var replayBytes: Int { get }

  /// Reserves the memory for transitions that are to be kept: what would go wrong later goes wrong now.
  mutating func prepare() throws(ReplayError)

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  ///
  /// - Parameter name: the file's name, for messages.
  /// - Throws: `CheckpointError`; the agent is then to be thrown away.
  mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError)
}

extension CheckpointedAgent where Self: ~Copyable {
  /// The whole state: the agent keeps no transitions.
  public func checkpoint(
    metadata: [String: String], replay: ReplayPlace
  ) throws(ReplayError) -> Safetensors { checkpoint(metadata: metadata) }

  /// It keeps none.
  public var keepsTransitions: Bool { false }

  /// None.
  public var replayBytes: Int { 0 }

  /// Nothing to do: the agent keeps no transitions.
  public mutating func prepare() throws(ReplayError) {}
}
