import AVGCore

/// Where the tool of an arm is, from its joints' angles: six joints in Denavit's and Hartenberg's parameters.
public struct ArmKinematics: Hashable, Sendable {
  /// The distance d of each joint along its axis, in metres.
  var offsets: JointVector
  /// The length a of each link, in metres.
  var lengths: JointVector

  /// A UR5.
  ///
  /// Source: Universal Robots, *DH parameters for calculations of kinematics and dynamics*; α is π/2, 0, 0, π/2, −π/2, 0.
  public static let ur5 = ArmKinematics(
    offsets: JointVector(0.089159, 0, 0, 0.10915, 0.09465, 0.0823, 0, 0),
    lengths: JointVector(0, -0.425, -0.39225, 0, 0, 0, 0, 0))

  /// sin α of each joint, whose cosine is 1 − |sin α|.
  private static let twists = JointVector(1, 0, 0, 1, -1, 0, 0, 0)

  /// The tool's place, x, y, z in metres from the base, for joint angles in radians.
  public func tool(at angles: JointVector) -> SIMD3<Double> {
    end(ofLink: JointSpeeds.jointCount, at: angles)
  }

  /// The place where a link ends, likewise: of the second that is the elbow, of the third the wrist, of the last the tool.
  func end(ofLink link: Int, at angles: JointVector) -> SIMD3<Double> {
    // From there back to the base: each joint turns and shifts what lies behind it.
    var point = SIMD3<Double>()
    for joint in stride(from: link - 1, through: 0, by: -1) {
      let (cosine, sine) = (Elementary.cos(angles[joint]), Elementary.sin(angles[joint]))
      let twistSine = Self.twists[joint]
      let twistCosine = 1 - abs(twistSine)
      let x = point.x + lengths[joint]
      let y = twistCosine * point.y - twistSine * point.z
      let z = twistSine * point.y + twistCosine * point.z + offsets[joint]
      point = SIMD3(cosine * x - sine * y, sine * x + cosine * y, z)
    }
    return point
  }
}
