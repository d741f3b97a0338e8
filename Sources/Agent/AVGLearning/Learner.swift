public import AVGCore
public import AVGNetwork

/// The learner that a configuration names, whichever it is.
public struct Learner: CheckpointedAgent, InspectableAgent, ~Copyable, @unchecked Sendable {
  // Unchecked: what is held is this value's alone, which can be moved but not copied.
  private var held: any IncrementalLearner

  /// Makes the agent of `configuration.algorithm` with freshly drawn weights, for one kind of environment.
  ///
  /// - Parameter seed: what weights, exploration and imagined next actions are drawn from.
  public init(
    _ configuration: AVGConfiguration, for environment: EnvironmentSpecification, seed: UInt64,
    instructionSet: InstructionSet = .best
  ) {
    held =
      switch configuration.algorithm {
      case .avg: AVG(configuration, for: environment, seed: seed, instructionSet: instructionSet)
      case .iac: IAC(configuration, for: environment, seed: seed, instructionSet: instructionSet)
      case .sac1: SAC1(configuration, for: environment, seed: seed, instructionSet: instructionSet)
      case .td31: TD31(configuration, for: environment, seed: seed, instructionSet: instructionSet)
      }
  }

  /// What `act` does.
  public var mode: ActingMode {
    get { held.mode }
    set { held.mode = newValue }
  }

  /// Chooses A for S as `mode` says; zeros if a number on the way is not finite.
  public mutating func act(on observation: borrowing Observation, into action: inout [Float]) {
    held.act(on: observation, into: &action)
  }

  /// Chooses A′ for S′ with the weights before the update; zeros if a number on the way is not finite.
  ///
  /// The update that follows differs from the published one in two ways. Its target takes this A′, which is drawn from
  /// the same policy as the published order's own sample. And from then on S is seen, and A chosen, by the weights
  /// before the last update: features and the actor's gradient are one update old, the critic's is not. It costs one
  /// pass of the encoder less.
  public mutating func anticipate(_ next: borrowing Observation, into action: inout [Float]) {
    held.anticipate(next, into: &action)
  }

  /// Learns from R, the end of the episode and S′, once; S and A are those that it acted on and chose, unless it is
  /// `following`.
  @discardableResult
  public mutating func take(_ transition: borrowing Transition) -> Update? { held.take(transition) }

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

  /// The multiplications and additions of one pass through each part.
  public var operations: LearnerOperations { held.operations }

  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { held.featureMaps() }

  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    held.forEachTensor(visit)
  }
}
