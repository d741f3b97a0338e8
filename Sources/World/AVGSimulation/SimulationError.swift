public import AVGImaging

/// What can go wrong in the simulated world.
public enum SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A wheel speed that is not a number, or infinite.
  case nonFiniteSpeed(left: Double, right: Double)
  /// A pose that is not a place in the pen: nothing seen from there would mean anything.
  case poseOutsidePen(Pose)
  /// A state that was taken from a world of another configuration.
  case otherWorld
  /// A state with a value that no world can have come to.
  case impossibleState(key: String)
  /// An image could not be compressed.
  case compression(JPEGError)

  /// Subject, failure and value, then what to do.
  public var description: String {
    switch self {
    case .nonFiniteSpeed(let left, let right):
      "simulated robot: a wheel speed is not finite: left \(left), right \(right) mm/s. "
        + "Look for the first number that is not finite in the policy's output."
    case .poseOutsidePen(let pose):
      "simulated robot: the pose lies outside of the pen: x \(pose.x), y \(pose.y), "
        + "heading \(pose.heading). Check the restored state and the pen's configuration."
    case .otherWorld:
      "simulated robot: the state is that of another world. Restore it with the configuration that it was saved with."
    case .impossibleState(let key):
      "simulated robot: no world can have come to the state's \(key). Use another copy of the state, or train again."
    case .compression(let error): "simulated camera: \(error)"
    }
  }
}
