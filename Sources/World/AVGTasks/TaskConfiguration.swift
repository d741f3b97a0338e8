import AVGArm
public import AVGCore
import AVGCreate2
public import AVGImaging

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The settings of a task; `keys` describes each property, and which task uses it.
public struct TaskConfiguration: ConfigurationSection {
  /// The tasks there are.
  public enum Kind: String, SettingChoice {
    case createReacher = "create-reacher"
    case createMover = "create-mover"
    case urReacher2 = "ur-reacher-2"
    case visualURReacher2 = "visual-ur-reacher-2"

    public var meaning: String {
      switch self {
      case .createReacher: "ReLoD's: −1 a step until the target fills enough of the image."
      case .createMover: "SenseAct's: drive forward and touch nothing (configs/create-mover.yaml)."
      case .urReacher2: "SenseAct's: bring the tool of a UR5 to a target (configs/ur-reacher-2.yaml)."
      case .visualURReacher2:
        "The same by a camera, in whose image the target is (configs/visual-ur-reacher-2.yaml)."
      }
    }

    /// Whether the body is an arm, not two wheels.
    public var isOfArm: Bool { self == .urReacher2 || self == .visualURReacher2 }

    /// What an observation stacks; nil for a task without a camera.
    public var frames: FrameStack? { self == .urReacher2 ? nil : FrameStack() }
  }

  public var kind = Kind.createReacher
  public var minimumTargetArea = 0.12
  public var firstTargetArea = 0.0
  public var targetAreaGrowth = 0.01
  public var timeLimitSteps = 333
  public var controlPeriodSeconds = 0.045
  public var maximumWheelSpeedMillimetersPerSecond = 300.0
  public var wheelDropReward = -333.0
  public var rewardPerMillimeter = 0.15
  public var targetColor = ColorCriteria()
  public var markColor = Self.magenta
  public var viewWidthMeters = 1.0

  public init() { self.init(.createReacher) }

  /// Makes the settings with which the default learner is known to learn the task.
  public init(_ kind: Kind) {
    self.kind = kind
    if kind == .createMover {
      // SenseAct's: 90 s in cycles of 150 ms, at ±150 mm/s.
      timeLimitSteps = 600
      controlPeriodSeconds = 0.15
      maximumWheelSpeedMillimetersPerSecond = 150
    } else if kind.isOfArm {
      // SenseAct's: 4 s in cycles of 40 ms.
      timeLimitSteps = 100
      controlPeriodSeconds = 0.04
    }
  }

  public static let keys: [Key<Self>] = [
    Key("kind", \.kind, "The task."),
    Key(
      "minimumTargetArea", \.minimumTargetArea, 0.001...1,
      "Share of the image that the target must fill (Create-Reacher)."),
    Key(
      "firstTargetArea", \.firstTargetArea, from: 0, to: .of("minimumTargetArea", \.minimumTargetArea),
      """
      A curriculum for worlds in which the untrained policy never reaches the goal: the share of the image that
      ends the first episodes, which count as successes only at minimumTargetArea. 0 for none.
      """),
    Key(
      "targetAreaGrowth", \.targetAreaGrowth, 1e-6...1,
      "How much that share grows with every episode that it ends."),
    Key(
      "timeLimitSteps", \.timeLimitSteps, 1...1_000_000,
      "Control steps after which an episode is truncated: 333 of 45 ms are 15 s."),
    Key("controlPeriodSeconds", \.controlPeriodSeconds, 0.005...2, unit: "s", "Length of a control cycle."),
    Key(
      "maximumWheelSpeedMillimetersPerSecond", \.maximumWheelSpeedMillimetersPerSecond, 1...500, unit: "mm/s",
      "The wheel speed that an action of 1 stands for."),
    Key(
      "wheelDropReward", \.wheelDropReward, -1_000_000...0,
      "The reward of a step in which a wheel loses the floor, which ends the episode (Create-Reacher)."),
    Key(
      "rewardPerMillimeter", \.rewardPerMillimeter, 0...1000,
      "The reward of a millimetre moved forward, by the wheels' encoders (Create-Mover)."),
    Key(
      "targetColor", \.targetColor,
      """
      The colours that count as the target (Create-Reacher, Visual UR-Reacher-2), on OpenCV's 8-bit scales; bounds are
      inclusive.
      """),
    Key(
      "markColor", \.markColor,
      "The colours that count as the mark on the tool (Visual UR-Reacher-2), likewise: magenta."
    ),
    Key(
      "viewWidthMeters", \.viewWidthMeters, 0.05...10, unit: "m",
      "How much the image shows from left to right where mark and target are (Visual UR-Reacher-2)."),
  ]

  /// What an environment of the task is like, with the standard stack of frames.
  public var specification: EnvironmentSpecification {
    if kind.isOfArm {
      return EnvironmentSpecification(
        frames: kind.frames, signalCount: URReacher2.signalCount(sees: kind == .visualURReacher2),
        actionCount: ReachingArm.joints.count,
        controlPeriod: controlPeriod, measures: [URReacher2.distance], score: .return)
    }
    return EnvironmentSpecification(
      signalCount: CreateProprioception.count, actionCount: 2, controlPeriod: controlPeriod,
      measures: kind == .createMover ? [CreateMover.distance] : [],
      score: kind == .createMover ? .total(of: CreateMover.distance) : .success)
  }

  private static let magenta: ColorCriteria = {
    var color = ColorCriteria()
    color.minimumHue = 140
    color.maximumHue = 172
    color.minimumSaturation = 100
    return color
  }()

  /// The length of a control cycle, in whole nanoseconds.
  public var controlPeriod: Duration { .nanoseconds(Int64((controlPeriodSeconds * 1e9).rounded())) }

  /// What an action of 1 stands for.
  var actionScale: ActionScale {
    ActionScale("wheels", perOne: maximumWheelSpeedMillimetersPerSecond, unit: "mm/s")
  }

  /// The left and the right wheel's share of the greatest speed.
  func wheelSpeeds(for action: [Float]) -> WheelSpeeds {
    WheelSpeeds(action, fastest: .millimetersPerSecond(maximumWheelSpeedMillimetersPerSecond))
  }
}
