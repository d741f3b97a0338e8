import AVGCore

/// A log played to two consumers: readings for the body, steps for whoever compares them, each in its own order.
public final class LogPlayer {
  private var reader: FrameLogReader
  private var sights: [LoggedSight] = []
  private var results: [LoggedResult] = []
  private var steps: [LoggedStep] = []
  private var hasEnded = false
  /// The size of the images in the queue.
  private var imageByteCount = 0

  /// The maximum number of readings and steps in the queues, and of bytes of their images. In a run's log the two
  /// alternate, except at the start of an episode, so that the queues stay short.
  private static let (longestQueue, largestImageBytes) = (4096, 128 << 20)

  /// Plays a log from its first message on.
  public init(_ reader: consuming FrameLogReader) { self.reader = reader }

  /// The path of the log.
  public var name: String { reader.name }
  /// The metadata of the run.
  public var metadata: [String: String] { reader.metadata }
  /// The run's state before the first step.
  public var startingCheckpoint: [UInt8]? { reader.startingCheckpoint }
  /// The run's state after the last step, once the end has been reached.
  public var finalCheckpoint: [UInt8]? { reader.finalCheckpoint }
  /// The position at which an incomplete log was cut off, once the end has been reached.
  public var cutOffByte: Int? { reader.cutOffByte }

  /// Returns the next reading without consuming it.
  public func peekSight() throws(LogError) -> LoggedSight? {
    while sights.isEmpty, !hasEnded { try readEvent() }
    return sights.first
  }

  /// Consumes the next reading.
  public func nextSight() throws(LogError) -> LoggedSight? {
    guard try peekSight() != nil else { return nil }
    imageByteCount -= sights[0].image?.byteCount ?? 0
    return sights.removeFirst()
  }

  /// Returns the next answer of an environment in another process without consuming it.
  public func peekResult() throws(LogError) -> LoggedResult? {
    while results.isEmpty, !hasEnded { try readEvent() }
    return results.first
  }

  /// Consumes the next answer of an environment in another process.
  public func nextResult() throws(LogError) -> LoggedResult? {
    guard try peekResult() != nil else { return nil }
    imageByteCount -= results[0].payload.count
    return results.removeFirst()
  }

  /// Returns the next step without consuming it.
  public func peekStep() throws(LogError) -> LoggedStep? {
    while steps.isEmpty, !hasEnded { try readEvent() }
    return steps.first
  }

  /// Consumes the next step.
  public func nextStep() throws(LogError) -> LoggedStep? {
    guard try peekStep() != nil else { return nil }
    return steps.removeFirst()
  }

  private func readEvent() throws(LogError) {
    switch try reader.next() {
    case .sight(let sight):
      imageByteCount += sight.image?.byteCount ?? 0
      sights.append(sight)
    case .result(let result):
      imageByteCount += result.payload.count
      results.append(result)
    case .step(let step): steps.append(step)
    case nil: hasEnded = true
    }
    guard max(sights.count, results.count, steps.count) <= Self.longestQueue,
      imageByteCount <= Self.largestImageBytes
    else {
      throw .unsupported(
        file: name,
        what:
          "it has \(sights.count + results.count) readings and \(steps.count) steps in a row, which no run produces",
        advice: "Only a log written with --record can be replayed; --camera FILE accepts any.")
    }
  }
}
