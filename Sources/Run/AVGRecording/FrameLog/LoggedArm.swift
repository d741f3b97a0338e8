public import AVGArm
import AVGCore

extension ArmSenses: LoggedSenses {
  /// All fields.
  public static let logFields: [LogField<ArmSenses>] = [
    LogField(15, "angles", \.angles), LogField(16, "speeds", \.speeds), LogField(17, "currents", \.currents),
    LogField(18, "target", \.target), LogField(19, "safety_mode", \.safetyMode),
    LogField(20, "robot_mode", \.robotMode),
  ]
}

extension JointSpeeds: LoggedCommand {
  /// The field name for joint speeds.
  public static var logName: String { "sent_radians_per_second" }

  /// Six joints.
  public static var numberCount: Int { jointCount }

  /// Writes the joints' speeds, in rad/s.
  public func write(into numbers: inout [Float]) {
    for joint in 0..<Self.jointCount { numbers[joint] = Float(radiansPerSecond[joint]) }
  }
}
