public import AVGCore

/// A body whose readings are recorded in a log, if there is one.
public struct RecordingBody<Inner: Body & ~Copyable>: Body, ~Copyable {
  /// The recorded body.
  public var inner: Inner
  private let log: FrameLogWriter?
  private let jpeg: (borrowing Inner) -> [UInt8]?

  /// Wraps a body.
  ///
  /// - Parameters:
  ///   - log: the log to write; nil records nothing.
  ///   - jpeg: the camera's own bytes of the last frame if they are a JPEG image; otherwise the pixels are recorded.
  public init(
    _ inner: consuming Inner, log: FrameLogWriter?,
    jpeg: @escaping (borrowing Inner) -> [UInt8]? = { _ in nil }
  ) {
    self.inner = inner
    self.log = log
    self.jpeg = jpeg
  }

  /// Sets the wheel speeds.
  public mutating func drive(_ speeds: WheelSpeeds) throws(RecordingError<Inner.Failure>) {
    do { try inner.drive(speeds) } catch { throw .body(error) }
    log?.note(speeds)
  }

  /// Waits for the end of the current control cycle.
  public mutating func awaitCycle() throws(RecordingError<Inner.Failure>) -> Int {
    do {
      let missed = try inner.awaitCycle()
      log?.noteCycle(missed: missed)
      return missed
    } catch { throw .body(error) }
  }

  /// Reads camera and sensors, and records the reading.
  public mutating func sense(
    into frame: inout Frame, _ senses: inout Create2Senses
  ) throws(RecordingError<Inner.Failure>) -> Freshness {
    let freshness: Freshness
    do { freshness = try inner.sense(into: &frame, &senses) } catch { throw .body(error) }
    guard let log else { return freshness }
    let isFresh = freshness == .fresh
    do throws(LogError) {
      try log.write(frame, senses, isFresh: isFresh, jpeg: isFresh ? jpeg(inner) : nil)
    } catch { throw .log(error) }
    return freshness
  }

  /// Stops and moves to a new starting place.
  public mutating func reset() throws(RecordingError<Inner.Failure>) -> Bool {
    do {
      let hasMoved = try inner.reset()
      log?.noteReset(hasMoved: hasMoved)
      return hasMoved
    } catch { throw .body(error) }
  }
}

extension RecordingBody: ResumableBody where Inner: ResumableBody, Inner: ~Copyable {
  /// The state of the recorded body.
  public var state: Inner.State { inner.state }

  /// Restores the recorded body.
  public mutating func restore(_ state: Inner.State) throws(RecordingError<Inner.Failure>) {
    do { try inner.restore(state) } catch { throw .body(error) }
  }
}

/// An error of a recorded body.
public enum RecordingError<BodyFailure: Error>: Error, CustomStringConvertible {
  /// The body failed.
  case body(BodyFailure)
  /// The log could not be written.
  case log(LogError)

  /// The description of the underlying error.
  public var description: String {
    switch self {
    case .body(let error): "\(error)"
    case .log(let error): "\(error)"
    }
  }
}
