import AVGCore
import Synchronization

/// Writes what a run sees, does and learns into an MCAP file.
///
/// What the body tells (`noteX`, `write(frame:…)`) comes from `RecordingBody`, what was done and learned from the
/// owner of the run. All calls come from the thread of the control loop; none of them allocates, and none waits for the
/// disk unless a second's worth of data is waiting already.
public final class FrameLogWriter {
  /// The attachment with the run's state before the first step.
  public static let startingCheckpoint = "start.safetensors"
  /// The attachment with the run's state after the last step.
  public static let finalCheckpoint = "final.safetensors"
  /// The metadata's name.
  public static let metadataName = "avg-vision"

  private let writer: MCAPWriter
  /// What is added to a monotonic instant to give the log's time, in nanoseconds.
  private let clockOffset: Int64
  private var proprioception: UInt16 = 0
  private var action: UInt16 = 0
  private var learning: UInt16 = 0
  private var outcome: UInt16 = 0
  private var jpegCamera: UInt16?
  private var rawCamera: UInt16?
  /// Makes JPEG images of raw frames; nil where their pixels are kept.
  private let compressor: FrameCompressor?
  private let ownCycle: Int64?
  private var sequence: UInt32 = 0
  private var time: UInt64 = 0

  private var isStart = false
  private var hasMoved = false
  private var hasCycle = false
  private var missedCycles = 0
  private var speeds = WheelSpeeds.stopped
  /// The speeds during the cycle that ended last.
  private var sent: [Float] = [0, 0]

  /// Makes a log, which must not exist.
  ///
  /// - Parameters:
  ///   - program: name and version of what writes it.
  ///   - clockOffset: what is added to a frame's instant to give the log's time; the difference to 1970 for a real one.
  ///   - ownCycle: the length of a control cycle of a run that has a time of its own, where no clock tells when nothing was
  ///     seen; nil for a run in this machine's time.
  ///   - quality: of the JPEG images that are made of frames which do not come as such, 1…100; nil keeps their pixels, and
  ///     only then a replay can see what was seen.
  ///   - onFailure: is called by another thread, as soon as the disk refuses something; the next call throws.
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

  /// Begins the log: comes before all that is written.
  ///
  /// - Parameters:
  ///   - metadata: the resolved configuration and what else a replay must know.
  ///   - checkpoint: the run's state before the first step.
  public func begin(
    metadata: [(key: String, value: String)], checkpoint: [UInt8]
  ) throws(LogError) {
    try writer.add(metadata: Self.metadataName, metadata)
    try writer.add(
      attachment: Self.startingCheckpoint, mediaType: "application/octet-stream", time: time, checkpoint)
    proprioception = Self.channel("/proprioception", LogSchemas.proprioception, writer)
    action = Self.channel("/action", LogSchemas.action, writer)
    learning = Self.channel("/learning", LogSchemas.learning, writer)
    outcome = Self.channel("/outcome", LogSchemas.outcome, writer)
  }

  private static func channel(_ topic: String, _ schema: ProtobufSchema, _ writer: MCAPWriter) -> UInt16 {
    let number = writer.addSchema(
      name: schema.name, encoding: LogSchemas.encoding, data: schema.descriptorSet)
    return writer.addChannel(topic: topic, schema: number, encoding: LogSchemas.encoding)
  }

  /// Notes that the body was sent to a new start.
  func noteReset(hasMoved: Bool) {
    isStart = true
    self.hasMoved = hasMoved
  }

  /// Notes what the wheels are told.
  func note(_ speeds: WheelSpeeds) { self.speeds = speeds }

  /// Notes that a control cycle has ended.
  func noteCycle(missed: Int) {
    hasCycle = true
    missedCycles = missed
    sent[0] = Float(speeds.left.millimetersPerSecond)
    sent[1] = Float(speeds.right.millimetersPerSecond)
  }

  /// Writes a look at the world.
  ///
  /// - Parameter jpeg: the camera's own bytes, where they are a JPEG image; otherwise the frame's pixels are kept.
  func write(
    _ frame: borrowing Frame, _ senses: borrowing Create2Senses, isFresh: Bool, jpeg: [UInt8]?
  ) throws(LogError) {
    let stamp = frame.stamp
    if isFresh {
      time = max(time, UInt64(max(0, stamp.captured.nanoseconds + clockOffset)))
      if let jpeg { try write(jpeg: jpeg) } else { try write(frame) }
    } else {
      // This machine's clock knows nothing of a simulated world's time, nor of a file's.
      let later = ownCycle.map { time + UInt64(hasCycle ? max(0, $0) : 0) }
      time = max(time, later ?? UInt64(max(0, MonotonicInstant.now.nanoseconds + clockOffset)))
    }
    try write(proprioception, room: 200) { [self] message in
      message.append(field: 1, nanoseconds: time)
      message.append(field: 2, senses.lightBumps)
      message.append(field: 3, senses.leftBump)
      message.append(field: 4, senses.rightBump)
      message.append(field: 5, senses.wheelDrop)
      message.append(field: 6, isFresh)
      message.append(field: 7, isStart)
      message.append(field: 8, hasMoved)
      message.append(field: 9, missedCycles)
      message.append(field: 10, Int(stamp.captured.nanoseconds))
      message.append(field: 11, UInt64(stamp.sequence))
      message.append(field: 12, Int(stamp.decodeTime.nanoseconds))
      message.append(field: 13, stamp.sourceByteCount)
      message.append(field: 14, hasCycle)
      message.append(field: 15, senses.cliff)
      message.append(field: 16, senses.isDocked)
      message.append(field: 17, senses.distanceMillimeters)
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

  /// Writes what was done in the control cycle that ended last, and what came of it; the step's time and wheel speeds are
  /// the log's own.
  public func write(_ step: borrowing LoggedStep) throws(LogError) {
    try write(action, room: 96 + 4 * (step.chosen.count + step.noise.count + step.observed.count)) {
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
