public import AVGCore

/// The learner that a configuration names, whichever it is.
public struct Learner: IncrementalLearner, ~Copyable, @unchecked Sendable {
  // Unchecked: what is held is this value's alone, which can be moved but not copied.
  private var held: any IncrementalLearner

  /// Makes the agent of `configuration.algorithm` with freshly drawn weights; see `AVG.init`.
  public init(
    _ configuration: AVGConfiguration, frameCount: Int = 3, frameShape: FrameShape = .standard,
    proprioceptionCount: Int, actionCount: Int, seed: UInt64
  ) {
    switch configuration.algorithm {
    case .avg:
      held = HeldAVG(
        AVG(
          configuration, frameCount: frameCount, frameShape: frameShape,
          proprioceptionCount: proprioceptionCount, actionCount: actionCount, seed: seed))
    case .iac:
      held = IAC(
        configuration, frameCount: frameCount, frameShape: frameShape,
        proprioceptionCount: proprioceptionCount, actionCount: actionCount, seed: seed)
    case .sac1:
      held = SAC1(
        configuration, frameCount: frameCount, frameShape: frameShape,
        proprioceptionCount: proprioceptionCount, actionCount: actionCount, seed: seed)
    case .td31:
      held = TD31(
        configuration, frameCount: frameCount, frameShape: frameShape,
        proprioceptionCount: proprioceptionCount, actionCount: actionCount, seed: seed)
    }
  }

  public var mode: AVG.Mode {
    get { held.mode }
    set { held.mode = newValue }
  }

  public mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    held.act(on: observation, into: &action)
  }

  public mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    held.anticipate(next, into: &action)
  }

  public mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    held.learn(from: outcome, next: next)
  }

  public borrowing func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    held.checkpoint(metadata: metadata)
  }

  public mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try held.restore(file, name: name)
  }

  public var imagePointCount: Int { held.imagePointCount }

  public func writeImagePoints(into points: inout [Float]) { held.writeImagePoints(into: &points) }

  public func featureMaps() -> FeatureMaps? { held.featureMaps() }

  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    held.forEachTensor(visit)
  }
}

/// A place for AVG that can be referred to, as its siblings can: it is a value that cannot be copied.
private final class HeldAVG: IncrementalLearner {
  private var agent: AVG

  init(_ agent: consuming AVG) {
    self.agent = agent
  }

  var mode: AVG.Mode {
    get { agent.mode }
    set { agent.mode = newValue }
  }

  func act(on observation: borrowing Observation, into action: inout [Float]) {
    agent.act(on: observation, into: &action)
  }

  func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    agent.anticipate(next, into: &action)
  }

  func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    agent.learn(from: outcome, next: next)
  }

  func checkpoint(metadata: [String: String]) -> Safetensors { agent.checkpoint(metadata: metadata) }

  func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try agent.restore(file, name: name)
  }

  var imagePointCount: Int { agent.imagePointCount }

  func writeImagePoints(into points: inout [Float]) { agent.writeImagePoints(into: &points) }

  func featureMaps() -> FeatureMaps? { agent.featureMaps() }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    agent.forEachTensor(visit)
  }
}
