public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// What a learner that learns from batches keeps of the past; `keys` describes each property.
public struct ReplayConfiguration: ConfigurationSection {
  public var steps = 100_000
  public var megabytes = 1000
  public var newest = 0

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "steps", \.steps, 1...1_000_000_000,
      "Maximum number of transitions in the replay buffer, which lies in memory and, beside the checkpoints, on the disk."
    ),
    Key(
      "megabytes", \.megabytes, 1...10_000_000,
      """
      Maximum size of the buffer, in 10⁶ bytes; the smaller limit wins. A step with a frame of 160 × 90 takes 43 kB,
      HalfCheetah's 100 bytes.
      """),
    Key(
      "newest", \.newest, 0...1_000_000,
      "How many of a batch's transitions are the newest ones; the others are drawn at random, with the same probability."
    ),
  ]
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// How a learner learns from batches; `keys` describes each property.
public struct BatchConfiguration: ConfigurationSection {
  public var samples = 256
  public var updatesPerStep = 1
  public var stepsPerUpdate = 1
  public var warmUpSteps = 1000
  public var slice = 32

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "samples", \.samples, 1...65536,
      "Transitions in a batch; at most as many as the buffer may hold."),
    Key(
      "updatesPerStep", \.updatesPerStep, 1...1000, "Updates after each control step (sac, td3)."),
    Key(
      "stepsPerUpdate", \.stepsPerUpdate, 1...10000,
      """
      Control steps that an update is spread over, slice by slice, where a whole one takes longer than a control cycle
      leaves (sac, td3). The actor moves when the last slice is done.
      """),
    Key(
      "warmUpSteps", \.warmUpSteps, 0...1_000_000_000,
      "Control steps at the beginning whose actions are drawn uniformly, and after which nothing is learned yet (sac, td3)."
    ),
    Key(
      "slice", \.slice, 1...65536,
      """
      Transitions of a batch whose frames go through the encoder together; with ReLoD's each takes 1.1 MB of memory. It
      changes no result but for rounding. Where an update is spread over control steps, batches of signals have slices too.
      """),
  ]
}

extension AVGConfiguration {
  /// The transitions of each update: 1 of a learner that keeps none.
  var batchSamples: Int { algorithm.isBatch ? min(batch.samples, keptSteps) : 1 }

  /// The most transitions that a learner from batches keeps.
  var keptSteps: Int { algorithm == .ppo ? ppo.rolloutSteps : replay.steps }
}
