import AVGCore
import AVGSystem

/// A reader of a frame log, from beginning to end.
public struct FrameLogReader: ~Copyable {
  /// An entry of a log.
  public enum Event: Sendable {
    /// A reading of camera and sensors.
    case sight(LoggedSight)
    /// An answer of an environment in another process.
    case result(LoggedResult)
    /// A control step; it follows the reading that ended it.
    case step(LoggedStep)
  }

  /// The metadata before the first message.
  public private(set) var metadata: [String: String] = [:]
  /// The run's state before the first step.
  public private(set) var startingCheckpoint: [UInt8]?
  /// The run's state after the last step, once the end has been reached.
  public private(set) var finalCheckpoint: [UInt8]?

  private var reader: MCAPReader
  private var firstMessage: MCAPReader.Message?
  private var image: SourceImage?
  private var step = LoggedStep()

  /// Opens a log and reads up to its first message.
  public init(reading path: String) throws(LogError) {
    try self.init(try MCAPReader(reading: try LogFiles.onlyPath(of: path)))
  }

  init(_ reader: consuming MCAPReader) throws(LogError) {
    self.reader = reader
    firstMessage = try nextMessage()
  }

  /// The path of the log.
  public var name: String { reader.source.name }

  /// The position at which an incomplete log was cut off, once the end has been reached; nil if the log was closed.
  public var cutOffByte: Int? {
    if case .cutOff(let byte) = reader.ending { byte } else { nil }
  }

  /// Reads the next event; nil at the end.
  public mutating func next() throws(LogError) -> Event? {
    while let message = try takeMessage() {
      if let event = try event(of: message) { return event }
    }
    return nil
  }

  private mutating func takeMessage() throws(LogError) -> MCAPReader.Message? {
    guard let message = firstMessage else { return try nextMessage() }
    firstMessage = nil
    return message
  }

  private mutating func nextMessage() throws(LogError) -> MCAPReader.Message? {
    while let item = try reader.next() {
      switch item {
      case .message(let message): return message
      case .metadata(FrameLogWriter.metadataName, let entries):
        metadata.merge(entries.map { ($0.key, $0.value) }) { $1 }
      case .metadata: break
      case .attachment(FrameLogWriter.startingCheckpoint, _, _, let range):
        startingCheckpoint = try reader.data(at: range)
      case .attachment(FrameLogWriter.finalCheckpoint, _, _, let range):
        finalCheckpoint = try reader.data(at: range)
      case .attachment: break
      }
    }
    return nil
  }

  private mutating func event(of message: MCAPReader.Message) throws(LogError) -> Event? {
    guard let channel = reader.channels[message.channel], let schema = reader.schemas[channel.schema],
      channel.encoding == LogSchemas.encoding
    else { return nil }
    let known = [
      LogSchemas.compressedImage.name, LogSchemas.rawImage.name, LogSchemas.proprioceptionName,
      LogSchemas.actionName, LogSchemas.learning.name, LogSchemas.outcome.name, LogSchemas.result.name,
    ]
    guard known.contains(schema.name) else { return nil }
    guard let fields = Protobuf.Fields(message.data) else {
      throw reader.damaged(
        message.byte, channel.topic, "message \(message.sequence) is not a valid \(schema.name)")
    }
    switch schema.name {
    case LogSchemas.compressedImage.name, LogSchemas.rawImage.name:
      image = SourceImage(fields, schema: schema.name)
    case LogSchemas.proprioceptionName:
      defer { image = nil }
      let sight = LoggedSight(fields, time: message.time, image: image)
      try check(sight.missedCycles, "missed_cycles", message)
      return .sight(sight)
    case LogSchemas.result.name:
      return .result(
        LoggedResult(
          isStart: fields.boolean(2), flags: UInt8(truncatingIfNeeded: fields.unsigned(3)),
          payload: fields.bytes(4)))
    case LogSchemas.actionName: step = LoggedStep(action: fields, time: message.time)
    case LogSchemas.learning.name: step.update = Update(fields)
    default:
      step.finish(fields)
      try check(step.step, "step", message)
      try check(step.episode, "episode", message)
      try check(step.outcome.missedCycles, "missed_cycles", message)
      return .step(step)
    }
    return nil
  }

  /// Refuses a count that no run can reach.
  private func check(
    _ count: Int, _ field: String, _ message: MCAPReader.Message
  ) throws(LogError) {
    guard ReadBounds.counts.contains(count) else {
      throw reader.damaged(
        message.byte, reader.channels[message.channel]?.topic ?? "message",
        "message \(message.sequence) has \(field) \(count)")
    }
  }
}

extension SourceImage {
  /// The image in a Foxglove message; nil for another schema.
  init?(_ fields: Protobuf.Fields, schema: String) {
    switch schema {
    case LogSchemas.compressedImage.name: self = .compressed(fields.bytes(2), format: fields.text(3))
    case LogSchemas.rawImage.name:
      self = .raw(
        fields.bytes(6), width: Int(UInt32(truncatingIfNeeded: fields.unsigned(2))),
        height: Int(UInt32(truncatingIfNeeded: fields.unsigned(3))),
        step: Int(UInt32(truncatingIfNeeded: fields.unsigned(5))), encoding: fields.text(4))
    default: return nil
    }
  }
}

extension LoggedSight {
  fileprivate init(_ fields: Protobuf.Fields, time: UInt64, image: SourceImage?) {
    self.init(
      time: time, isFresh: fields.boolean(6), isStart: fields.boolean(7), hasMoved: fields.boolean(8),
      hasCycle: fields.boolean(14), missedCycles: fields.integer(9),
      stamp: FrameStamp(
        captured: MonotonicInstant(nanoseconds: Int64(fields.integer(10))),
        sequence: UInt32(truncatingIfNeeded: fields.unsigned(11)),
        decodeTime: .nanoseconds(fields.integer(12)), sourceByteCount: fields.integer(13)), image: image,
      fields: fields)
  }
}

extension LoggedStep {
  fileprivate init(action fields: Protobuf.Fields, time: UInt64) {
    self.time = time
    step = fields.integer(2)
    chosen = fields.floats(3)
    sent = fields.floats(4)
    logProbability = fields.float(5)
    noise = fields.floats(6)
    observed = fields.floats(7)
  }

  fileprivate mutating func finish(_ fields: Protobuf.Fields) {
    outcome = Outcome(
      reward: fields.float(3), terminated: fields.boolean(4), truncated: fields.boolean(5),
      reachedGoal: fields.boolean(6), missedCycles: fields.integer(8), isStale: fields.boolean(7))
    distanceMillimeters = fields.double(10)
    episode = fields.integer(9)
  }
}

extension Update {
  fileprivate init(_ fields: Protobuf.Fields) {
    self.init(
      temporalDifferenceError: fields.float(3), temporalDifferenceScale: fields.float(4),
      value: fields.float(5),
      logProbability: 0, isRefused: fields.boolean(11))
    actorLoss = fields.float(7)
    actorGradientNorm = fields.float(8)
    criticGradientNorm = fields.float(9)
    encoderGradientNorm = fields.float(10)
  }
}
