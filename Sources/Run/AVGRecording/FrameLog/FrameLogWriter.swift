import AVGCore
import AVGSystem
import Synchronization

/// A writer of what a run senses, does and learns, as an MCAP file.
///
/// `RecordingBody` reports the readings (`noteX`, `write(frame:…)`), and the owner of the run reports the steps. All
/// calls come from the thread of the control loop. None of them allocates, and none waits for the disk unless a
/// second's worth of data is already waiting.
public final class FrameLogWriter {
  /// The attachment with the run's state before the first step.
  public static let startingCheckpoint = "start.safetensors"
  /// The attachment with the run's state after the last step.
  public static let finalCheckpoint = "final.safetensors"
  /// The name of the metadata record.
  public static let metadataName = "avg-vision"

  private let writer: MCAPWriter
  /// The offset from a monotonic instant to the log's time, in nanoseconds.
  private let clockOffset: Int64
  private var proprioception: UInt16 = 0
  private var action: UInt16 = 0
  private var learning: UInt16 = 0
  private var outcome: UInt16 = 0
  private var jpegCamera: UInt16?
  private var rawCamera: UInt16?
  private var result: UInt16?
  /// Compresses raw frames; nil to keep their pixels.
  private let compressor: FrameCompressor?
  private let ownCycle: Int64?
  private var sequence: UInt32 = 0
  private var time: UInt64 = 0

  private var isStart = false
  private var hasMoved = false
  private var hasCycle = false
  private var missedCycles = 0
  /// The numbers of the current command, and of the command during the last completed cycle.
  private var (commanded, sent): ([Float], [Float]) = ([], [])
  /// The maximum size of a reading.
  private var readingRoom = 200
  /// The schemas that differ from body to body.
  private var schemas: (proprioception: ProtobufSchema, action: ProtobufSchema)?

  /// Makes a log, which must not exist.
  ///
  /// - Parameters:
  ///   - program: name and version of the writing program.
  ///   - clockOffset: the offset from a frame's instant to the log's time; for a real run, from the monotonic clock to
  ///     1970.
  ///   - ownCycle: the control cycle of a run with a time of its own, which gives the time of readings without an
  ///     image; nil for a run in real time.
  ///   - quality: the JPEG quality for frames that do not come as JPEG images, 1…100. nil keeps their pixels, which
  ///     exact replay needs.
  ///   - onFailure: called on another thread as soon as writing fails; the next call then throws.
  public init(
    creating path: String, program: String, clockOffset: Duration = .zero, ownCycle: Duration? = nil,
    quality: Int? = nil, onFailure: @escaping @Sendable () -> Void = {}
  ) throws(LogError) {
    var compressor: FrameCompressor?
    if let quality { compressor = try FrameCompressor(quality: quality, path: path) }
    self.compressor = compressor
    self.ownCycle = ownCycle?.nanoseconds
    writer = try MCAPWriter(
      creating: path, library: program, rewrite: compressor.map { $0.rewrite }, onFailure: onFailure)
    self.clockOffset = clockOffset.nanoseconds
    time = UInt64(max(0, clockOffset.nanoseconds))
  }

  /// Prepares the log for the command and the senses of a body.
  func prepare<Command: LoggedCommand, Senses: LoggedSenses>(
    for command: Command.Type, _ senses: Senses.Type
  ) {
    schemas = (
      LogSchemas.proprioception(Senses.logFields.map(\.schema)), LogSchemas.action(sent: Command.logName)
    )
    commanded = [Float](repeating: 0, count: Command.numberCount)
    sent = commanded
    let none = Senses()
    readingRoom = max(200, 80 + Senses.logFields.reduce(0) { $0 + $1.greatestByteCount(in: none) })
  }

  /// Begins the log; must precede all other writes, and follow `prepare` where there is a body.
  ///
  /// - Parameters:
  ///   - metadata: the resolved configuration and everything else that a replay needs.
  ///   - checkpoint: the run's state before the first step.
  public func begin(
    metadata: [(key: String, value: String)], checkpoint: [UInt8]
  ) throws(LogError) {
    try writer.add(metadata: Self.metadataName, metadata)
    try writer.add(
      attachment: Self.startingCheckpoint, mediaType: "application/octet-stream", time: time, checkpoint)
    // An environment in another process has no senses of its own here, and no command beside the action.
    let schemas = schemas ?? (LogSchemas.proprioception([]), LogSchemas.action(sent: "sent"))
    proprioception = Self.channel("/proprioception", schemas.proprioception, writer)
    action = Self.channel("/action", schemas.action, writer)
    learning = Self.channel("/learning", LogSchemas.learning, writer)
    outcome = Self.channel("/outcome", LogSchemas.outcome, writer)
  }

  private static func channel(_ topic: String, _ schema: ProtobufSchema, _ writer: MCAPWriter) -> UInt16 {
    let number = writer.addSchema(
      name: schema.name, encoding: LogSchemas.encoding, data: schema.descriptorSet)
    return writer.addChannel(topic: topic, schema: number, encoding: LogSchemas.encoding)
  }

  /// Records a reset of the body.
  func noteReset(hasMoved: Bool) {
    isStart = true
    self.hasMoved = hasMoved
  }

  /// Records a command.
  func note(_ command: some LoggedCommand) { command.write(into: &commanded) }

  /// Records the end of a control cycle.
  func noteCycle(missed: Int) {
    hasCycle = true
    missedCycles = missed
    for index in commanded.indices { sent[index] = commanded[index] }
  }

  /// Writes a reading.
  ///
  /// - Parameter jpeg: the camera's own bytes if they are a JPEG image; otherwise the frame's pixels are recorded.
  func write<Senses: LoggedSenses>(
    _ observation: borrowing Observation, _ senses: Senses, isFresh: Bool, jpeg: [UInt8]?
  ) throws(LogError) {
    let hasImage = isFresh && !observation.frames.isEmpty
    let stamp =
      observation.frames.last?.stamp ?? FrameStamp(captured: MonotonicInstant(nanoseconds: 0), sequence: 0)
    if hasImage {
      time = max(time, UInt64(max(0, stamp.captured.nanoseconds + clockOffset)))
      if let jpeg { try write(jpeg: jpeg) } else { try write(observation.newestFrame) }
    } else {
      // A simulated world or a file has its own time, which this machine's clock does not follow.
      let later = ownCycle.map { time + UInt64(hasCycle ? max(0, $0) : 0) }
      time = max(time, later ?? UInt64(max(0, MonotonicInstant.now.nanoseconds + clockOffset)))
    }
    try write(proprioception, room: readingRoom) { [self] message in
      message.append(field: 1, nanoseconds: time)
      for field in Senses.logFields where LogSchemas.firstSenses.contains(field.number) {
        field.append(senses, to: &message)
      }
      message.append(field: 6, isFresh)
      message.append(field: 7, isStart)
      message.append(field: 8, hasMoved)
      message.append(field: 9, missedCycles)
      message.append(field: 10, Int(stamp.captured.nanoseconds))
      message.append(field: 11, UInt64(stamp.sequence))
      message.append(field: 12, Int(stamp.decodeTime.nanoseconds))
      message.append(field: 13, stamp.sourceByteCount)
      message.append(field: 14, hasCycle)
      for field in Senses.logFields where LogSchemas.otherSenses.contains(field.number) {
        field.append(senses, to: &message)
      }
    }
    isStart = false
    hasMoved = false
    hasCycle = false
    missedCycles = 0
  }

  private func write(jpeg: [UInt8]) throws(LogError) {
    let channel = jpegCamera ?? Self.channel("/camera", LogSchemas.compressedImage, writer)
    jpegCamera = channel
    try write(channel, room: jpeg.count + 64) { [self] message in
      message.appendCompressedImage(jpeg, time: time)
    }
  }

  private func write(_ frame: borrowing Frame) throws(LogError) {
    let channel =
      rawCamera
      ?? Self.channel("/camera", compressor == nil ? LogSchemas.rawImage : LogSchemas.compressedImage, writer)
    rawCamera = channel
    compressor?.channel.store(channel, ordering: .relaxed)
    let shape = frame.shape
    try write(channel, room: shape.byteCount + 96) { [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, fixed32: UInt32(shape.width))
      message.append(field: 3, fixed32: UInt32(shape.height))
      message.append(field: 4, text: "rgb8")
      message.append(field: 5, fixed32: UInt32(3 * shape.width))
      message.append(field: 6, frame.pixels)
      message.append(field: 7, text: "camera")
    }
  }

  /// Writes an answer of an environment in another process.
  ///
  /// - Parameter payload: that of docs/environment-protocol.md, with the observation in it.
  public func write(result payload: [UInt8], flags: UInt8, isStart: Bool) throws(LogError) {
    if let ownCycle {
      time += UInt64(isStart ? 0 : max(0, ownCycle))
    } else {
      time = max(time, UInt64(max(0, MonotonicInstant.now.nanoseconds + clockOffset)))
    }
    let channel = result ?? Self.channel("/result", LogSchemas.result, writer)
    result = channel
    try write(channel, room: payload.count + 48) { [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, isStart)
      message.append(field: 3, UInt64(flags))
      message.append(field: 4, payload)
    }
  }

  /// Writes the step of the control cycle that ended last, with the log's own time and command.
  public func write(_ step: borrowing LoggedStep) throws(LogError) {
    try write(
      action, room: 88 + 4 * (step.chosen.count + sent.count + step.noise.count + step.observed.count)
    ) {
      [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, step.step)
      message.append(field: 3, step.chosen)
      message.append(field: 4, sent)
      message.append(field: 5, step.logProbability)
      message.append(field: 6, step.noise)
      message.append(field: 7, step.observed)
    }
    if let update = step.update { try write(update, step: step.step) }
    try write(outcome, room: 96) { [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, step.step)
      message.append(field: 3, step.outcome.reward)
      message.append(field: 4, step.outcome.terminated)
      message.append(field: 5, step.outcome.truncated)
      message.append(field: 6, step.outcome.reachedGoal)
      message.append(field: 7, step.outcome.isStale)
      message.append(field: 8, step.outcome.missedCycles)
      message.append(field: 9, step.episode)
      message.append(field: 10, step.distanceMillimeters)
    }
  }

  private func write(_ update: Update, step: Int) throws(LogError) {
    try write(learning, room: 128) { [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, step)
      message.append(field: 3, update.temporalDifferenceError)
      message.append(field: 4, update.temporalDifferenceScale)
      message.append(field: 5, update.value)
      message.append(field: 6, update.criticLoss)
      message.append(field: 7, update.actorLoss)
      message.append(field: 8, update.actorGradientNorm)
      message.append(field: 9, update.criticGradientNorm)
      message.append(field: 10, update.encoderGradientNorm)
      message.append(field: 11, update.isRefused)
    }
  }

  private func write(
    _ channel: UInt16, room: Int, _ data: (inout ByteBuffer) -> Void
  ) throws(LogError) {
    try writer.write(channel: channel, sequence: sequence, time: time, room: room, data)
    sequence &+= 1
  }

  /// Ends the log.
  ///
  /// - Parameter checkpoint: the run's state after the last step; nil if there is none.
  public func close(checkpoint: [UInt8]?) throws(LogError) {
    if let checkpoint {
      try writer.add(
        attachment: Self.finalCheckpoint, mediaType: "application/octet-stream", time: time, checkpoint)
    }
    try writer.close()
  }
}
