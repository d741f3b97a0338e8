public import AVGCore
import AVGNetwork

/// What commands ask of every learner of the family.
public protocol IncrementalLearner: CheckpointedAgent, InspectableAgent, ~Copyable {
  /// What `act` does.
  var mode: AVG.Mode { get set }
}

extension AVG: IncrementalLearner {}

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
}

extension IAC {
  public var imagePointCount: Int { behavior.imagePointCount }
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critic.network.store.forEachTensor(visit)
  }
}

extension SAC1 {
  public var imagePointCount: Int { behavior.imagePointCount }
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critics.first.network.store.forEachTensor(visit)
    critics.second.network.store.forEachTensor(visit)
  }
}

extension TD31 {
  public var imagePointCount: Int { behavior.imagePointCount }
  public func writeImagePoints(into points: inout [Float]) { behavior.writeImagePoints(into: &points) }
  public func featureMaps() -> FeatureMaps? { behavior.featureMaps() }
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    behavior.forEachTensor(visit)
    critics.first.network.store.forEachTensor(visit)
    critics.second.network.store.forEachTensor(visit)
  }
}
