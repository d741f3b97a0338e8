public import AVGCore
import AVGSystem

/// Which environment in another process is learned in, and how its observations and actions are taken.
public struct GymnasiumSettings: Codable, Hashable, Sendable {
  /// The name under which Gymnasium knows the environment, as HalfCheetah-v4; empty for none.
  public var id = ""
  /// The command line of a program that speaks docs/environment-protocol.md, for the shell; empty for the host that this
  /// program carries. The host's text is open at $AVG_VISION_HOST.
  public var command = ""
  /// The Python that the host runs in.
  public var python = "python3"
  /// Modules to import before, for those that register environments.
  public var imports: [String] = []
  /// What `gymnasium.make` is told besides, each `name=value` with the value as Python writes it.
  public var keywords: [String] = []
  /// Wrappers, the innermost first, as `ResizeObservation(shape=(84, 84))`; without a dot, they are gymnasium.wrappers'.
  public var wrappers: [String] = []
  /// Steps after which an episode is cut off; 0 leaves that to the environment.
  public var maximumEpisodeSteps = 0
  /// What the end of an episode by its time limit is.
  public var timeLimit = TimeLimit.truncates
  /// How an action −1…1 becomes one of the environment's.
  public var actions = ActionScaling.scale
  /// The part of an observation that holds images: a name, `auto` for the only one, or `none`.
  public var frames = "auto"
  /// The axes of that part, in their order: N frames, H rows, W columns, C channels; `auto` to guess.
  public var frameAxes = "auto"
  /// The channels of one frame: 3 for red, green and blue, 1 for grey; 0 to guess.
  public var frameChannels = 0
  /// How many frames an observation stacks, where the environment gives one at a time.
  public var frameStack = 3
  /// The parts of an observation that are signals, in this order; empty for all others.
  public var signals: [String] = []
  /// Who keeps the time.
  public var pace = Pace.specified
  /// The length of a control cycle, in seconds; 0 for the environment's own.
  public var periodSeconds = 0.0
  /// How long the environment may take from its start to its specification, in seconds.
  public var startSeconds = 60.0
  /// How long it may take for an answer, in seconds.
  public var answerSeconds = 60.0

  /// What a time limit does.
  public enum TimeLimit: String, Codable, Hashable, Sendable, CaseIterable {
    /// It cuts the episode off: the next state keeps its value. So it is in the published runs of MuJoCo's tasks.
    case truncates
    /// It ends the task: the next state has no value. So it is in the published runs of DeepMind Control's tasks.
    case terminates
  }

  /// How an action −1…1 becomes one of the environment's.
  public enum ActionScaling: String, Codable, Hashable, Sendable, CaseIterable {
    /// It is stretched to the bounds of the space.
    case scale
    /// It is taken as it is and clipped to the bounds, as published: of ±2 the half is reached, of ±0.4 much is clipped.
    case clip
  }

  /// Who keeps the time.
  public enum Pace: String, Codable, Hashable, Sendable, CaseIterable {
    /// As the environment specifies.
    case specified
    /// Nobody: a step takes as long as it takes to compute.
    case unpaced
    /// The environment: its step lasts one control cycle of real time.
    case environment
    /// This program: it waits for the end of each control cycle.
    case program
  }

  /// Makes the settings of no environment.
  public init() {}

  /// Whether an environment is named.
  public var isGiven: Bool { !id.isEmpty || !command.isEmpty }

  /// Whether the steps of an environment are steps of real time.
  func isReal(_ description: EnvironmentDescription) -> Bool {
    switch pace {
    case .specified: description.pace == .environment
    case .unpaced: false
    case .environment, .program: true
    }
  }

  /// What the environment is called in messages.
  public var name: String { id.isEmpty ? command.printable(limit: 60) : id }

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("maximumEpisodeSteps", maximumEpisodeSteps, in: 0...1_000_000_000)
    try InvalidSetting.check("frameStack", frameStack, in: 1...16)
    guard [0, 1, 3].contains(frameChannels) else {
      throw InvalidSetting(key: "frameChannels", value: "\(frameChannels)", allowed: "0, 1 or 3")
    }
    guard frameAxes == "auto" || FrameAxes(frameAxes) != nil else {
      throw InvalidSetting(
        key: "frameAxes", value: frameAxes, allowed: "auto, or H and W with C, N or both, as HWC or NCHW")
    }
    try InvalidSetting.check("periodSeconds", periodSeconds, in: 0...3600)
    guard pace != .program || periodSeconds > 0 else {
      throw InvalidSetting(
        key: "periodSeconds", value: "0", allowed: "the cycle's length where pace is program")
    }
    try InvalidSetting.check("startSeconds", startSeconds, in: 0.1...86_400)
    try InvalidSetting.check("answerSeconds", answerSeconds, in: 0.001...86_400)
    for word in keywords where word.firstIndex(of: "=").map({ $0 == word.startIndex }) ?? true {
      throw InvalidSetting(key: "keywords", value: word, allowed: "name=value")
    }
  }
}
