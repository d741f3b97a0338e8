/// What an environment is like, known before it runs: a learner is made for it.
public struct EnvironmentSpecification: Codable, Hashable, Sendable {
  /// The frames of an observation; nil in an environment without a camera.
  public var frames: FrameStack?
  /// The body's own signals in an observation, each about −1…1.
  public var signalCount: Int
  /// The numbers in an action, each −1…1.
  public var actionCount: Int
  /// The length of a control cycle.
  public var controlPeriod: Duration
  /// What the task measures in every step, besides the reward.
  public var measures: [Measure]
  /// What an episode is judged by.
  public var score: EpisodeScore

  /// Makes a specification.
  ///
  /// - Parameters:
  ///   - frames: nil for an environment without a camera.
  ///   - score: `.total(of:)` takes one of `measures`.
  public init(
    frames: FrameStack? = FrameStack(), signalCount: Int, actionCount: Int,
    controlPeriod: Duration = .milliseconds(45), measures: [Measure] = [], score: EpisodeScore = .success
  ) {
    precondition(signalCount >= 0 && actionCount >= 1, "an action has at least one number")
    self.frames = frames
    self.signalCount = signalCount
    self.actionCount = actionCount
    self.controlPeriod = controlPeriod
    self.measures = measures
    self.score = score
  }
}

/// The frames that an observation stacks, the newest and those before it.
public struct FrameStack: Codable, Hashable, Sendable {
  /// How many there are.
  public var count: Int
  /// The rows and columns of each.
  public var shape: FrameShape

  /// Makes a stack of at least one frame.
  public init(count: Int = 3, shape: FrameShape = .standard) {
    precondition(count >= 1, "a stack of frames needs at least 1 frame, not \(count)")
    self.count = count
    self.shape = shape
  }
}

/// A number that a task measures in every step, and whose sum is the episode's.
public struct Measure: Codable, Hashable, Sendable {
  /// Its name, in lower camel case.
  public var name: String
  /// What it is measured in.
  public var unit: Unit

  /// Names a measure.
  public init(_ name: String, unit: Unit) {
    self.name = name
    self.unit = unit
  }

  /// A unit, and the one that people are shown instead.
  public struct Unit: Codable, Hashable, Sendable {
    /// Its name, in the plural and in lower camel case: `millimeters`.
    public var name: String
    /// Its symbol: `mm`.
    public var symbol: String
    /// The name of the unit that charts show: `metres`.
    public var shownName: String
    /// Its symbol: `m`.
    public var shownSymbol: String
    /// How many of this unit are one of those.
    public var perShown: Double

    /// Makes a unit that is shown as it is, unless another one is named.
    public init(
      _ name: String, symbol: String, shownName: String? = nil, shownSymbol: String? = nil,
      perShown: Double = 1
    ) {
      self.name = name
      self.symbol = symbol
      self.shownName = shownName ?? name
      self.shownSymbol = shownSymbol ?? symbol
      self.perShown = perShown
    }

    /// Millimetres, shown as metres.
    public static let millimeters = Unit(
      "millimeters", symbol: "mm", shownName: "metres", shownSymbol: "m", perShown: 1000)
    /// Seconds.
    public static let seconds = Unit("seconds", symbol: "s")
  }

  /// Name and unit in one word, as files call it: `distanceMillimeters`.
  public var key: String { name + unit.name.prefix(1).uppercased() + unit.name.dropFirst() }
  /// The same as a column of a table: `distance_mm`.
  public var column: String { "\(name)_\(unit.symbol)" }
}

/// What an episode is judged by.
public enum EpisodeScore: Codable, Hashable, Sendable {
  /// Whether and how soon it reached the goal.
  case success
  /// The sum of its rewards.
  case `return`
  /// The sum of what a task measures in each step.
  case total(of: Measure)
}

/// What an action of 1 stands for, for people: wheels, 300 mm/s.
public struct ActionScale: Codable, Hashable, Sendable {
  /// What moves: `wheels`.
  public var name: String
  /// How many of `unit` an action of 1 stands for.
  public var perOne: Double
  /// The symbol of the unit: `mm/s`.
  public var unit: String

  /// Makes a scale.
  public init(_ name: String, perOne: Double, unit: String) {
    self.name = name
    self.perOne = perOne
    self.unit = unit
  }

  /// What an action stands for, without its unit: `-150`, whole where the scale is 10 or more.
  public func text(for action: Float) -> String {
    let value = Double(action) * perOne
    // Not a number is within no bound.
    guard abs(value) < 1e15 else { return "—" }
    return perOne >= 10 ? "\(Int(value.rounded()))" : "\((value * 100).rounded() / 100)"
  }
}
