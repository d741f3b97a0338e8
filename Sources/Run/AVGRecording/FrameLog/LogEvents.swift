public import AVGCore

/// One look at the world, as a body had it.
public struct LoggedSight: Sendable {
  /// When, in nanoseconds on the log's clock.
  public var time: UInt64
  /// Whether there was an image of the present.
  public var isFresh: Bool
  /// The body had just been sent to a new start.
  public var isStart: Bool
  /// It then stood somewhere else.
  public var hasMoved: Bool
  /// A control cycle ended with this look.
  public var hasCycle: Bool
  /// The cycles that had gone by unused.
  public var missedCycles: Int
  /// What the base felt.
  public var senses: Create2Senses
  /// When and where the image was taken.
  public var stamp: FrameStamp
  /// The image; nil where there was none of the present.
  public var image: LoggedImage?
}

/// An image as a log holds it.
public enum LoggedImage: Hashable, Sendable {
  /// foxglove.CompressedImage: the bytes, and what they are said to be: `jpeg`, `png`.
  case compressed([UInt8], format: String)
  /// foxglove.RawImage: rows of `step` bytes.
  case raw([UInt8], width: Int, height: Int, step: Int, encoding: String)

  /// The bytes of the image itself.
  var byteCount: Int {
    switch self {
    case .compressed(let bytes, _), .raw(let bytes, _, _, _, _): bytes.count
    }
  }
}

/// What was done in one control cycle, and what came of it.
public struct LoggedStep: Hashable, Sendable {
  /// When it ended, in nanoseconds on the log's clock.
  public var time: UInt64 = 0
  /// The steps of the run so far, this one included; those without sight are not counted.
  public var step = 0
  /// The episode's number, from 1.
  public var episode = 0
  /// The action as the agent chose it.
  public var chosen: [Float] = []
  /// The wheel speeds that the body was told, in mm/s.
  public var sent: [Float] = []
  /// log π of the policy's own action, which `chosen` is but on an excursion.
  public var logProbability: Float = 0
  /// The noise ε behind the policy's own action.
  public var noise: [Float] = []
  /// The signals that the agent was given besides the image.
  public var observed: [Float] = []
  /// What came of it.
  public var outcome = Outcome(reward: 0)
  /// How far the step led, in millimetres, in a task that measures it.
  public var distanceMillimeters = 0.0
  /// What was learned; nil where nothing was.
  public var update: Update?

  /// Makes an empty step.
  public init() {}
}
