import AVGCore

/// A log that is played: looks for the body, steps for who compares, each in its own order.
public final class LogPlayer {
  private var reader: FrameLogReader
  private var sights: [LoggedSight] = []
  private var steps: [LoggedStep] = []
  private var hasEnded = false
  /// The bytes of the images that wait.
  private var imageByteCount = 0

  /// The most looks and steps that wait for the other kind, and the most bytes of their images: a run's log has the two by
  /// turns, but for the looks around the start of an episode.
  private static let (mostWaiting, mostImageBytes) = (4096, 128 << 20)

  /// Plays a log from its first message on.
  public init(_ reader: consuming FrameLogReader) { self.reader = reader }

  /// The log's file.
  public var name: String { reader.name }
  /// The metadata of the run.
  public var metadata: [String: String] { reader.metadata }
  /// The run's state before the first step.
  public var startingCheckpoint: [UInt8]? { reader.startingCheckpoint }
  /// The run's state after the last step, once the end has been reached.
  public var finalCheckpoint: [UInt8]? { reader.finalCheckpoint }
  /// The byte from which on the log is not whole, once its end has been reached.
  public var cutOffByte: Int? { reader.cutOffByte }

  /// The next look, which stays the next.
  public func peekSight() throws(LogError) -> LoggedSight? {
    while sights.isEmpty, !hasEnded { try readEvent() }
    return sights.first
  }

  /// The next look.
  public func nextSight() throws(LogError) -> LoggedSight? {
    guard try peekSight() != nil else { return nil }
    imageByteCount -= sights[0].image?.byteCount ?? 0
    return sights.removeFirst()
  }

  /// The next step, which stays the next.
  public func peekStep() throws(LogError) -> LoggedStep? {
    while steps.isEmpty, !hasEnded { try readEvent() }
    return steps.first
  }

  /// The next step.
  public func nextStep() throws(LogError) -> LoggedStep? {
    guard try peekStep() != nil else { return nil }
    return steps.removeFirst()
  }

  private func readEvent() throws(LogError) {
    switch try reader.next() {
    case .sight(let sight):
      imageByteCount += sight.image?.byteCount ?? 0
      sights.append(sight)
    case .step(let step): steps.append(step)
    case nil: hasEnded = true
    }
    guard max(sights.count, steps.count) <= Self.mostWaiting, imageByteCount <= Self.mostImageBytes else {
      throw .unsupported(
        file: name,
        what: "it has \(sights.count) looks and \(steps.count) steps in a row, which no run leaves",
        advice: "Only a log written with --record can be replayed; --camera FILE sees any.")
    }
  }
}
