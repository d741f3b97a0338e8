public import AVGArm

/// The scripted driver of UR-Reacher-2: both joints toward where the tool meets the target, and slowly at the end.
///
/// It solves the plane's two equations anew in each step, by the tool's derivatives: J q̇ = k (target − tool).
public struct ReachingOracle: Sendable {
  private let settings: ArmSettings
  private let kinematics = ArmKinematics.ur5

  /// The share of the way that is gone in a second.
  private static let gain = 6.0
  private static let step = 1e-5

  /// Makes the driver of an arm.
  public init(_ settings: ArmSettings) { self.settings = settings }

  /// Chooses the action for what the arm is and the target's place.
  public func act(_ motion: JointMotion, target: SIMD3<Double>, into action: inout [Float]) {
    let tool = kinematics.tool(at: motion.angles)
    var columns: [SIMD3<Double>] = []
    for joint in ReachingArm.joints {
      var moved = motion.angles
      moved[joint] += Self.step
      columns.append((kinematics.tool(at: moved) - tool) / Self.step)
    }
    let (y, z) = (target.y - tool.y, target.z - tool.z)
    let determinant = columns[0].y * columns[1].z - columns[1].y * columns[0].z
    // Stretched out, the elbow moves the tool nowhere new: damped there.
    let scale = Self.gain * determinant / (determinant * determinant + 1e-4)
    let speeds = [
      (y * columns[1].z - z * columns[1].y) * scale, (z * columns[0].y - y * columns[0].z) * scale,
    ]
    let fastest = max(settings.maximumJointSpeedRadiansPerSecond, abs(speeds[0]), abs(speeds[1]))
    for index in action.indices { action[index] = Float(speeds[index] / fastest) }
  }
}
