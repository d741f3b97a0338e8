public import AVGCore

/// A number for each of six joints: base, shoulder, elbow, wrist 1, 2, 3; the last two places are unused.
public typealias JointVector = SIMD8<Double>

/// What an arm of six joints is told: how fast each is to turn.
public struct JointSpeeds: BaseCommand, BitwiseCopyable {
  /// The speeds in radians per second.
  public var radiansPerSecond: JointVector

  /// How many joints there are.
  public static let jointCount = 6

  /// Makes a command of speeds in radians per second.
  public init(radiansPerSecond: JointVector) { self.radiansPerSecond = radiansPerSecond }

  /// All joints standing still.
  public static let stopped = JointSpeeds(radiansPerSecond: JointVector())
}

/// What an arm feels.
public struct ArmSenses: BaseSenses, Hashable {
  /// The joints' angles in radians [6].
  public var angles: [Float]
  /// Their speeds in radians per second [6].
  public var speeds: [Float]
  /// The motors' currents in amperes [6].
  public var currents: [Float]
  /// The place that the tool is to reach, x, y, z in metres from the base [3]; zeros where there is none.
  public var target: [Float]
  /// The controller's safety mode: 1 normal, 2 reduced, 3 protective stop, above that worse; 0 unknown.
  public var safetyMode = 0.0
  /// The controller's robot mode: 7 running.
  public var robotMode = 0.0

  /// Makes the senses of an arm with all joints at 0.
  public init() {
    angles = [Float](repeating: 0, count: JointSpeeds.jointCount)
    speeds = angles
    currents = angles
    target = [0, 0, 0]
  }

  /// The joints' angles as one vector.
  public var angleVector: JointVector { JointVector(joints: angles) }
}

extension SIMD8<Double> {
  /// Makes a vector of six numbers, one a joint.
  public init(joints: [Float]) {
    self.init()
    for joint in 0..<JointSpeeds.jointCount { self[joint] = Double(joints[joint]) }
  }

  /// Writes the six numbers.
  func write(into joints: inout [Float]) {
    for joint in 0..<JointSpeeds.jointCount { joints[joint] = Float(self[joint]) }
  }
}
