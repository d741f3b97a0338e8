/// The first word of a learner (docs/environment-protocol.md, "Hello and specification").
public struct EnvironmentHello: Codable, Hashable, Sendable {
  /// The version of the protocol.
  public var `protocol` = EnvironmentMessage.version
  /// Who it is, for messages.
  public var program: String
  /// How many environments alike to make.
  public var environments: Int? = 1
  /// Whether observations may come through shared memory.
  public var sharedMemory: Bool? = true
  /// What to make; nil where the environment knows.
  public var make: EnvironmentRequest?

  /// Says hello.
  public init(program: String, make: EnvironmentRequest? = nil) {
    self.program = program
    self.make = make
  }
}

/// What the host for Gymnasium is to make.
public struct EnvironmentRequest: Codable, Hashable, Sendable {
  /// The name under which Gymnasium knows the environment.
  public var id: String
  /// `name=value` for `gymnasium.make`, the values as Python writes them.
  public var keywords: [String]
  /// Modules to import before.
  public var imports: [String]
  /// Wrappers, the innermost first: `ResizeObservation(shape=(84, 84))`.
  public var wrappers: [String]
  /// The steps after which an episode is cut off; 0 leaves that to the environment.
  public var maximumEpisodeSteps: Int

  /// Asks for an environment.
  public init(
    id: String, keywords: [String] = [], imports: [String] = [], wrappers: [String] = [],
    maximumEpisodeSteps: Int = 0
  ) {
    self.id = id
    self.keywords = keywords
    self.imports = imports
    self.wrappers = wrappers
    self.maximumEpisodeSteps = maximumEpisodeSteps
  }
}

/// What an environment in another process is like, as it tells itself.
public struct EnvironmentDescription: Codable, Hashable, Sendable {
  /// The version of the protocol.
  public var `protocol`: Int
  /// What speaks.
  public var program: String?
  /// What the environment is called.
  public var name: String?
  /// How many alike there are in the process.
  public var environments: Int?
  /// The space of observations.
  public var observationSpace: Space
  /// The space of actions.
  public var actionSpace: Space
  /// The steps after which an episode is cut off; nil for no limit.
  public var maximumEpisodeSteps: Int?
  /// Who keeps the time.
  public var pace: Pace?
  /// What one step stands for, in nanoseconds; nil if nobody knows.
  public var periodNanoseconds: Int64?
  /// What is done in a cycle for which no action came in time.
  public var lateAction: LateAction?
  /// What a step measures besides its reward.
  public var measures: [DescribedMeasure]?
  /// What `render` can show.
  public var views: [String]?
  /// The memory that observations come through.
  public var sharedMemory: SharedMemoryDescription?

  /// Who keeps an environment's time.
  public enum Pace: String, Codable, Hashable, Sendable {
    /// Nobody: a step takes as long as it takes to compute.
    case unpaced
    /// The environment: a step lasts one period.
    case environment
  }

  /// What an environment that keeps the time does without an action.
  public enum LateAction: String, Codable, Hashable, Sendable { case wait, `repeat`, stop }

  /// Describes an environment.
  public init(observationSpace: Space, actionSpace: Space) {
    self.protocol = EnvironmentMessage.version
    self.observationSpace = observationSpace
    self.actionSpace = actionSpace
  }
}

/// A number that a step measures.
public struct DescribedMeasure: Codable, Hashable, Sendable {
  /// Its name, in lower camel case.
  public var name: String
  /// The unit's name, in the plural and in lower camel case.
  public var unit: String
  /// The unit's symbol.
  public var symbol: String

  /// Describes a measure.
  public init(name: String, unit: String, symbol: String) {
    self.name = name
    self.unit = unit
    self.symbol = symbol
  }
}

/// Memory that two processes map.
public struct SharedMemoryDescription: Codable, Hashable, Sendable {
  /// The slots of each environment.
  public var slots: Int
  /// The bytes of a slot, a multiple of 64.
  public var slotBytes: Int

  /// Describes shared memory.
  public init(slots: Int, slotBytes: Int) {
    self.slots = slots
    self.slotBytes = slotBytes
  }
}
