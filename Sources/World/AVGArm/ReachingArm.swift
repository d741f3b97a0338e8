public import AVGCore

/// UR-Reacher-2's start and targets, whatever arm does it.
public enum ReachingArm {
  /// The joints that the task moves: shoulder and elbow.
  public static let joints = [1, 2]

  /// The angles from which each episode starts, in radians.
  ///
  /// Source: SenseAct, setup UR5_default, `q_ref`.
  public static let start = JointVector(1.587, -2.4, 1.5, -0.718, 1.637, 1.009, 0, 0)

  /// Draws the place of a target: where the tool is for uniformly drawn angles of both joints, in their ranges, that leave it in
  /// its box.
  public static func target(
    in bounds: ArmBounds, kinematics: ArmKinematics = .ur5, from random: inout RandomSource
  ) -> SIMD3<Double> {
    var angles = start
    // One in three lies within; this many never fail together.
    for _ in 0..<1000 {
      for joint in joints {
        angles[joint] = random.uniform(in: bounds.lowest[joint]...bounds.highest[joint])
      }
      if bounds.contains(angles, margin: bounds.boxMargin) { break }
    }
    return kinematics.tool(at: angles)
  }
}
