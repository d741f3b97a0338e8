public import AVGCore

/// A body that is watched by a log, if there is one.
public struct RecordingBody<Inner: Body & ~Copyable>: Body, ~Copyable {
  /// What is watched.
  public var inner: Inner
  private let log: FrameLogWriter?
  private let jpeg: (borrowing Inner) -> [UInt8]?

  /// Watches a body.
  ///
  /// - Parameters:
  ///   - log: where to write; nil for nowhere.
  ///   - jpeg: the camera's own bytes of the frame sensed last, if they are a JPEG image; otherwise the pixels are kept.
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

  /// Lets the world go on to the end of the present control cycle.
  public mutating func awaitCycle() throws(RecordingError<Inner.Failure>) -> Int {
    do {
      let missed = try inner.awaitCycle()
      log?.noteCycle(missed: missed)
      return missed
    } catch { throw .body(error) }
  }

  /// Senses, and writes what was sensed.
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

  /// Stops and goes to a new starting place.
  public mutating func reset() throws(RecordingError<Inner.Failure>) -> Bool {
    do {
      let hasMoved = try inner.reset()
      log?.noteReset(hasMoved: hasMoved)
      return hasMoved
    } catch { throw .body(error) }
  }
}

extension RecordingBody: ResumableBody where Inner: ResumableBody, Inner: ~Copyable {
  /// The state of what is watched.
  public var state: Inner.State { inner.state }

  /// Restores what is watched.
  public mutating func restore(_ state: Inner.State) throws(RecordingError<Inner.Failure>) {
    do { try inner.restore(state) } catch { throw .body(error) }
  }
}

/// What can go wrong in a body that is watched.
public enum RecordingError<BodyFailure: Error>: Error, CustomStringConvertible {
  /// The body failed.
  case body(BodyFailure)
  /// The log could not be written.
  case log(LogError)

  /// The words of the error.
  public var description: String {
    switch self {
    case .body(let error): "\(error)"
    case .log(let error): "\(error)"
    }
  }
}
