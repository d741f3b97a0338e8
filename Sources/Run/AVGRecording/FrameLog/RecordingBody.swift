public import AVGCore
public import AVGSystem

/// A body whose readings and commands are recorded in a log, and its images in files, if that is wanted.
public struct RecordingBody<Inner: Body & ~Copyable>: Body, ~Copyable
where Inner.Command: LoggedCommand, Inner.Senses: LoggedSenses {
  /// A function that saves a frame and the source image it was made from.
  public typealias Saver = (borrowing Frame, SourceImage) throws(FileError) -> Void

  /// The recorded body.
  public var inner: Inner
  private let log: FrameLogWriter?
  private let keepsSourceJPEG: Bool
  private let save: Saver?

  /// Wraps a body, before its log is begun.
  ///
  /// - Parameters:
  ///   - log: the log to write; nil records nothing.
  ///   - keepsSourceJPEG: records the source's own bytes if they are a JPEG image; otherwise the frame's pixels.
  ///   - save: receives each fresh frame with its source image; nil saves nothing.
  public init(
    _ inner: consuming Inner, log: FrameLogWriter?, keepsSourceJPEG: Bool = true, save: Saver? = nil
  ) {
    self.inner = inner
    self.log = log
    self.keepsSourceJPEG = keepsSourceJPEG
    self.save = save
    log?.prepare(for: Inner.Command.self, Inner.Senses.self)
  }

  /// The image of the recorded body.
  public var sourceImage: SourceImage? { inner.sourceImage }

  /// Sends the command to the body, and records it.
  public mutating func drive(_ command: Inner.Command) throws(RecordingError<Inner.Failure>) {
    do { try inner.drive(command) } catch { throw .body(error) }
    log?.note(command)
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
    into observation: inout Observation, _ senses: inout Inner.Senses
  ) throws(RecordingError<Inner.Failure>) -> Freshness {
    let freshness: Freshness
    do { freshness = try inner.sense(into: &observation, &senses) } catch { throw .body(error) }
    let source = freshness == .fresh && (log != nil || save != nil) ? inner.sourceImage : nil
    if let save, let source, !observation.frames.isEmpty {
      do throws(FileError) { try save(observation.newestFrame, source) } catch { throw .file(error) }
    }
    guard let log else { return freshness }
    var jpeg: [UInt8]?
    if keepsSourceJPEG, case .compressed(let bytes, format: "jpeg")? = source { jpeg = bytes }
    do throws(LogError) {
      try log.write(observation, senses, isFresh: freshness == .fresh, jpeg: jpeg)
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
  /// An image could not be saved.
  case file(FileError)

  /// The description of the underlying error.
  public var description: String {
    switch self {
    case .body(let error): "\(error)"
    case .log(let error): "\(error)"
    case .file(let error): "\(error)"
    }
  }
}
