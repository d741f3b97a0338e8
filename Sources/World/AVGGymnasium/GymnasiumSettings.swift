public import AVGCore
import AVGSystem

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// Which environment in another process is learned in, and how its observations and actions are taken; `keys` describes
/// each property.
public struct GymnasiumSettings: ConfigurationSection {
  public var id = ""
  public var command = ""
  public var python = "python3"
  public var imports: [String] = []
  public var keywords: [String] = []
  public var wrappers: [String] = []
  public var maximumEpisodeSteps = 0
  public var timeLimit = TimeLimit.truncates
  public var actions = ActionScaling.scale
  public var frames = "auto"
  public var frameAxes = "auto"
  public var frameChannels = 0
  public var frameStack = 3
  public var signals: [String] = []
  public var pace = Pace.specified
  public var periodSeconds = 0.0
  public var startSeconds = 60.0
  public var answerSeconds = 60.0

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "id", \.id, "Name under which Gymnasium knows the environment, such as HalfCheetah-v4; empty for none."),
    Key(
      "command", \.command,
      """
      Command line for the shell that starts a program which speaks docs/environment-protocol.md; empty for the host for
      Gymnasium that this program carries, whose text such a program finds at $AVG_VISION_HOST.
      """),
    Key("python", \.python, "The Python that has Gymnasium."),
    Key("imports", \.imports, "Modules to import first, which register environments, such as [shimmy]."),
    Key(
      "keywords", \.keywords, allowed: "a list of name=value", where: { $0.allSatisfy(isAssignment) },
      "Arguments of gymnasium.make, each name=value with the value as Python writes it."),
    Key(
      "wrappers", \.wrappers,
      """
      Wrappers, the innermost first, such as ["ResizeObservation(shape=(84, 84))"]; names without a dot are those of
      gymnasium.wrappers.
      """),
    Key(
      "maximumEpisodeSteps", \.maximumEpisodeSteps, 0...1_000_000_000,
      "Steps after which an episode is cut off; 0 leaves that to the environment."),
    Key("timeLimit", \.timeLimit, "What a time limit does."),
    Key("actions", \.actions, "How an action −1…1 becomes one of the environment's."),
    Key(
      "frames", \.frames,
      "The part of an observation that holds images: its name in a Dict, none, or auto for the only one."),
    Key(
      "frameAxes", \.frameAxes, allowed: "auto, or H and W with C, N or both, as HWC or NCHW",
      where: { $0 == "auto" || FrameAxes($0) != nil },
      "Order of its axes: N frames, H rows, W columns, C channels; auto guesses."),
    Key(
      "frameChannels", \.frameChannels, allowed: "0, 1 or 3", where: { [0, 1, 3].contains($0) },
      "Channels of one frame: 3 for RGB, 1 for grey; 0 guesses."),
    Key(
      "frameStack", \.frameStack, 1...16,
      "Frames in an observation, if the environment gives one at a time."),
    Key(
      "signals", \.signals,
      "The parts of an observation that are signals, in this order; empty for all that are not frames."),
    Key("pace", \.pace, "Who keeps the time."),
    Key(
      "periodSeconds", \.periodSeconds, 0...3600, unit: "s",
      "Length of a control cycle; 0 for the environment's own."),
    Key(
      "startSeconds", \.startSeconds, 0.1...86_400, unit: "s",
      "How long the environment may take from its start to its specification."),
    Key("answerSeconds", \.answerSeconds, 0.001...86_400, unit: "s", "How long it may take for an answer."),
  ]

  public var contradiction: InvalidSetting? {
    guard pace == .program, periodSeconds == 0 else { return nil }
    return InvalidSetting(
      key: "periodSeconds", value: "0", allowed: "the length of a cycle where the pace is the program's")
  }

  private static func isAssignment(_ word: String) -> Bool {
    word.firstIndex(of: "=").map { $0 != word.startIndex } ?? false
  }

  /// What a time limit does.
  public enum TimeLimit: String, SettingChoice {
    case truncates, terminates

    public var meaning: String {
      switch self {
      case .truncates:
        "It cuts the episode off; the next state keeps its value. The published choice for MuJoCo's tasks."
      case .terminates:
        "It ends the task; the next state has no value. The published choice for DeepMind Control's tasks."
      }
    }
  }

  /// How an action −1…1 becomes one of the environment's.
  public enum ActionScaling: String, SettingChoice {
    case scale, clip

    public var meaning: String {
      switch self {
      case .scale: "It is stretched to the bounds of the space."
      case .clip: "It is taken as it is and clipped to the bounds, as published."
      }
    }
  }

  /// Who keeps the time.
  public enum Pace: String, SettingChoice {
    case specified, unpaced, environment, program

    public var meaning: String {
      switch self {
      case .specified: "Whoever the environment's specification names."
      case .unpaced: "Nobody; a step takes as long as it takes to compute."
      case .environment: "The environment; its step lasts one control cycle of real time."
      case .program: "This program; it waits for the end of each control cycle."
      }
    }
  }
}

extension GymnasiumSettings {
  /// Whether an environment is named.
  public var isGiven: Bool { !id.isEmpty || !command.isEmpty }

  /// What the environment is called in messages.
  public var name: String { id.isEmpty ? command.printable(limit: 60) : id }

  /// Whether the steps of an environment are steps of real time.
  func isReal(_ description: EnvironmentDescription) -> Bool {
    switch pace {
    case .specified: description.pace == .environment
    case .unpaced: false
    case .environment, .program: true
    }
  }
}
