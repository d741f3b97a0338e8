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
      held = AVG(
        configuration, frameCount: frameCount, frameShape: frameShape,
        proprioceptionCount: proprioceptionCount, actionCount: actionCount, seed: seed)
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

  /// What `act` does.
  public var mode: AVG.Mode {
    get { held.mode }
    set { held.mode = newValue }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    held.act(on: observation, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; see `AVG.anticipate`.
  public mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    held.anticipate(next, into: &action)
  }

  /// Learns from R, the end of the episode and S′, once.
  public mutating func learn(from outcome: Outcome, next: borrowing Observation) -> Update {
    held.learn(from: outcome, next: next)
  }

  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public mutating func follow(_ action: [Float], on observation: borrowing Observation) {
    held.follow(action, on: observation)
  }

  /// Tells of the policy's own last action: log π, and the noise behind it.
  public func explain(into noise: inout [Float]) -> Float { held.explain(into: &noise) }

  /// The whole state of the learner as named tensors.
  public borrowing func checkpoint(metadata: [String: String] = [:]) -> Safetensors {
    held.checkpoint(metadata: metadata)
  }

  /// Takes over the state that `checkpoint(metadata:)` gave, of an agent of the same configuration.
  public mutating func restore(_ file: Safetensors, name: String) throws(CheckpointError) {
    try held.restore(file, name: name)
  }

  /// The points that the encoder makes of an image.
  public var imagePointCount: Int { held.imagePointCount }

  /// Writes the points that the encoder made of the last image: x, y in −1…1.
  public func writeImagePoints(into points: inout [Float]) { held.writeImagePoints(into: &points) }

  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { held.featureMaps() }

  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    held.forEachTensor(visit)
  }
}
