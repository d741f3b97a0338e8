public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How fast an arm is driven; `keys` describes each property. The defaults are those of SenseAct's UR-Reacher-2.
public struct ArmSettings: ConfigurationSection {
  public var maximumJointSpeedRadiansPerSecond = 0.3
  public var jointAccelerationRadiansPerSecondSquared = 1.4

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "maximumJointSpeedRadiansPerSecond", \.maximumJointSpeedRadiansPerSecond, 0.01...3, unit: "rad/s",
      "The speed of a joint that an action of 1 stands for; no joint turns faster."),
    Key(
      "jointAccelerationRadiansPerSecondSquared", \.jointAccelerationRadiansPerSecondSquared, 0.1...40,
      unit: "rad/s²",
      "Acceleration and deceleration of a joint; the distance of braking follows from it."),
  ]

  /// What an action of 1 stands for, for people.
  public var actionScale: ActionScale {
    ActionScale("joints", perOne: maximumJointSpeedRadiansPerSecond, unit: "rad/s")
  }

  /// The bounds of UR-Reacher-2 at these speeds.
  public var bounds: ArmBounds {
    ArmBounds(
      maximumSpeed: maximumJointSpeedRadiansPerSecond,
      acceleration: jointAccelerationRadiansPerSecondSquared)
  }
}
