public import AVGCore
import AVGNetwork

/// What commands ask of every learner of the family.
public protocol IncrementalLearner: CheckpointedAgent, InspectableAgent, ~Copyable {
  /// What `act` does.
  var mode: AVG.Mode { get set }

  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  mutating func follow(_ action: [Float], on observation: borrowing Observation)
}

extension Behavior {
  /// Points of the actor's spatial softmax; a linear head has none.
  var imagePointCount: Int {
    configuration.encoderHead == .linear ? 0 : perception.encoder.featureCount / 2
  }

  func writeImagePoints(into points: inout [Float]) {
    if isShared {
      perception.writePoints(into: &points)
    } else {
      actorPerception.writePoints(into: &points)
    }
  }

  func featureMaps() -> FeatureMaps? {
    isShared ? perception.featureMaps() : actorPerception.featureMaps()
  }

  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    perception.encoder.store.forEachTensor(visit)
    actorPerception.encoder.store.forEachTensor(visit)
    actor.store.forEachTensor(visit)
  }
}

extension ParameterStore {
  func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    for parameter in parameters { visit(parameter.name, parameter.read(from: values)) }
  }

  /// Replaces every value by `weights(name)`, in PyTorch's order.
  mutating func setValues(_ weights: (_ name: String) throws -> [Float]) rethrows {
    for parameter in parameters { parameter.write(try weights(parameter.name), to: &values) }
  }
}

extension AVG {
  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public func follow(_ action: [Float], on observation: borrowing Observation) {
    behavior.follow(action, on: observation)
  }
  /// Tells of the policy's own last action: log π, and the noise behind it.
  public func explain(into noise: inout [Float]) -> Float { behavior.explain(into: &noise) }
  /// The points that the encoder makes of an image.
  public var imagePointCount: Int { behavior.imagePointCount }
  /// Writes the points that the encoder made of the last image: x, y in −1…1.
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critic.network.store.forEachTensor(visit)
  }
}

extension IAC {
  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public func follow(_ action: [Float], on observation: borrowing Observation) {
    behavior.follow(action, on: observation)
  }
  /// Tells of the policy's own last action: log π, and the noise behind it.
  public func explain(into noise: inout [Float]) -> Float { behavior.explain(into: &noise) }
  /// The points that the encoder makes of an image.
  public var imagePointCount: Int { behavior.imagePointCount }
  /// Writes the points that the encoder made of the last image: x, y in −1…1.
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critic.network.store.forEachTensor(visit)
  }
}

extension SAC1 {
  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public func follow(_ action: [Float], on observation: borrowing Observation) {
    behavior.follow(action, on: observation)
  }
  /// Tells of the policy's own last action: log π, and the noise behind it.
  public func explain(into noise: inout [Float]) -> Float { behavior.explain(into: &noise) }
  /// The points that the encoder makes of an image.
  public var imagePointCount: Int { behavior.imagePointCount }
  /// Writes the points that the encoder made of the last image: x, y in −1…1.
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critics.first.network.store.forEachTensor(visit)
    critics.second.network.store.forEachTensor(visit)
  }
}

extension TD31 {
  /// Takes `action`, which somebody else chose for S, for A: what comes of it can then be learned from.
  public func follow(_ action: [Float], on observation: borrowing Observation) {
    behavior.follow(action, on: observation)
  }
  /// Tells of the policy's own last action: log π, and the noise behind it.
  public func explain(into noise: inout [Float]) -> Float { behavior.explain(into: &noise) }
  /// The points that the encoder makes of an image.
  public var imagePointCount: Int { behavior.imagePointCount }
  /// Writes the points that the encoder made of the last image: x, y in −1…1.
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  /// What the last convolution made of the last image.
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  /// Visits every tensor of weights.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critics.first.network.store.forEachTensor(visit)
    critics.second.network.store.forEachTensor(visit)
  }
}
