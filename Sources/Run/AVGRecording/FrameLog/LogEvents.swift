public import AVGCore
import AVGSystem

/// A reading of a body's camera and sensors.
public struct LoggedSight: Sendable {
  /// The time in nanoseconds on the log's clock.
  public var time: UInt64
  /// Whether there was a fresh image.
  public var isFresh: Bool
  /// Whether the body had just been reset for a new episode.
  public var isStart: Bool
  /// Whether that reset moved it.
  public var hasMoved: Bool
  /// Whether this reading ended a control cycle.
  public var hasCycle: Bool
  /// The number of control cycles missed before it.
  public var missedCycles: Int
  /// The stamp of the image.
  public var stamp: FrameStamp
  /// The image; nil if there was no fresh one.
  public var image: SourceImage?
  /// The fields of the message.
  let fields: Protobuf.Fields

  /// The base's sensor values.
  public func senses<Senses: LoggedSenses>() -> Senses {
    var senses = Senses()
    for field in Senses.logFields { field.read(fields, into: &senses) }
    return senses
  }
}

/// An answer of an environment in another process.
public struct LoggedResult: Hashable, Sendable {
  /// Whether it answers a reset.
  public var isStart: Bool
  /// The flags of its header.
  public var flags: UInt8
  /// Its payload, with the observation in it (docs/environment-protocol.md).
  public var payload: [UInt8]
}

/// A control step: action, outcome and update.
public struct LoggedStep: Hashable, Sendable {
  /// The time at which it ended, in nanoseconds on the log's clock.
  public var time: UInt64 = 0
  /// The number of the step in the run, from 1; steps without a fresh image are not counted.
  public var step = 0
  /// The episode's number, from 1.
  public var episode = 0
  /// The action as the agent chose it.
  public var chosen: [Float] = []
  /// The numbers of the command sent to the base, in its unit.
  public var sent: [Float] = []
  /// log π of the action sampled from the policy, which `chosen` is except on an excursion.
  public var logProbability: Float = 0
  /// The noise ε of the action sampled from the policy.
  public var noise: [Float] = []
  /// The agent's signals besides the image.
  public var observed: [Float] = []
  /// The outcome.
  public var outcome = Outcome(reward: 0)
  /// The distance driven in the step in millimetres, in tasks that measure it.
  public var distanceMillimeters = 0.0
  /// The agent's update; nil if there was none.
  public var update: Update?

  /// Makes an empty step.
  public init() {}
}
