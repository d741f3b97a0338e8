public import AVGCore
import AVGNetwork

extension AVG: InspectableAgent {
  /// One for each channel of the last convolution; none of a linear head.
  public var imagePointCount: Int {
    configuration.encoderHead == .linear ? 0 : perception.encoder.featureCount / 2
  }

  /// Writes the actor's spatial-softmax points.
  public func writeImagePoints(into points: inout [Float]) {
    if configuration.encoderSharing == .shared {
      perception.writePoints(into: &points)
    } else {
      actorPerception.writePoints(into: &points)
    }
  }

  /// The activations that the actor's spatial softmax takes.
  public func featureMaps() -> FeatureMaps? {
    configuration.encoderSharing == .shared ? perception.featureMaps() : actorPerception.featureMaps()
  }

  /// Visits the weights of encoders, actor and critic.
  public func forEachTensor(_ visit: (_ name: String, _ entries: [Float]) -> Void) {
    perception.encoder.store.forEachTensor(visit)
    actorPerception.encoder.store.forEachTensor(visit)
    actor.store.forEachTensor(visit)
    critic.store.forEachTensor(visit)
  }
}
