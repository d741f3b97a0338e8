public import AVGCore
public import Logging

/// A camera that is searched for and reopened when it fails.
///
/// A failure is handled in two calls, so that the caller can stop the wheels in between. The call that meets the
/// failure reports only that there is no image. The next call closes the device and starts the search, and reopening
/// can take long.
///
/// States: working (`outage` is nil); failed but open (`outage.mustClose`); searching (`source` is nil); reopened but
/// without an image yet (`source` and `outage` are both set). Only an image ends an outage: a camera that opens and
/// fails again stays in it, so that `patience` bounds the whole outage.
public struct RecoveringCamera<Source: FrameSource & ~Copyable>: ~Copyable {
  /// Opens the camera, at whatever path it has now, and continues the given statistics.
  public typealias Opener = (CaptureStatistics) throws(CameraError) -> Source

  /// How long to search for a lost camera.
  public let patience: Duration
  /// The camera's current or last path.
  public private(set) var path: String
  /// The negotiated format; it may differ after a recovery.
  public private(set) var format: CaptureFormat
  /// Counters of all frames so far, over all streams.
  public private(set) var statistics = CaptureStatistics()
  /// The camera's own bytes of the last frame read; empty unless the configuration keeps them.
  public private(set) var lastSourceBytes: [UInt8] = []

  private let name: String
  private let open: Opener
  private let logger: Logger
  private var source: Source?
  private var outage: Outage?
  private var earliest = MonotonicInstant(nanoseconds: 0)

  /// Opens the camera for the first time.
  ///
  /// - Parameters:
  ///   - name: the camera's name in messages.
  ///   - patience: how long to search before `CameraError.lost` is thrown.
  ///   - logger: receives one line for each change of state.
  ///   - open: opens the camera, now and after every failure.
  public init(
    name: String, patience: Duration = .seconds(60), logger: Logger, open: @escaping Opener
  ) throws(CameraError) {
    self.name = name
    self.patience = patience
    self.logger = logger
    self.open = open
    let source = try open(CaptureStatistics())
    path = source.path
    format = source.format
    self.source = consume source
  }

  /// Discards frames captured before `instant` from now on, also after a recovery.
  public mutating func resume(at instant: MonotonicInstant) {
    earliest = instant
    source?.resume(at: instant)
  }

  /// Reads the newest intact and fresh image that has not been read yet.
  ///
  /// - Returns: whether there was one before `deadline`.
  /// - Throws: `CameraError.lost` when the camera has been searched for in vain for `patience`.
  public mutating func readNewest(
    into frame: inout Frame, until deadline: MonotonicInstant
  ) throws(CameraError) -> Bool {
    if outage != nil { try recover() }
    do throws(CameraError) {
      guard let hasRead = try source?.readNewest(into: &frame, until: deadline) else { return false }
      updateStatistics()
      if hasRead {
        lastSourceBytes = source?.lastSourceBytes ?? []
        endOutage()
      }
      return hasRead
    } catch {
      updateStatistics()
      fail(error)
      return false
    }
  }

  private mutating func updateStatistics() {
    let recoveries = statistics.recoveries
    statistics = source?.statistics ?? statistics
    statistics.recoveries = recoveries
  }

  private mutating func fail(_ error: CameraError) {
    // A camera whose images are too old is not broken; reopening it would only delay them further.
    let mustClose = if case .onlyOldFrames = error { false } else { true }
    guard var current = outage else {
      logger.notice("\(error); waiting for it for up to \(Int(patience.seconds.rounded())) s")
      outage = Outage(cause: error, mustClose: mustClose)
      return
    }
    // A repeated failure in the same outage: the camera was found, but gave no image.
    current.cause = error
    current.mustClose = mustClose
    current.postpone()
    outage = current
  }

  /// Closes the failed device, and opens the camera again when the next attempt is due.
  private mutating func recover() throws(CameraError) {
    guard var current = outage else { return }
    if current.mustClose {
      source = nil
      current.mustClose = false
    }
    defer { outage = current }
    let elapsed = current.began.duration(to: .now)
    guard elapsed < patience else { throw .lost(device: name, after: elapsed, cause: current.cause) }
    guard source == nil, current.nextAttempt <= .now else { return }
    do throws(CameraError) {
      var found = try open(statistics)
      found.resume(at: earliest)
      path = found.path
      format = found.format
      source = consume found
    } catch {
      current.cause = error
      current.postpone()
    }
  }

  private mutating func endOutage() {
    guard let ended = outage else { return }
    outage = nil
    statistics.recoveries += 1
    logger.notice(
      "camera \(name): back after \(Int(ended.began.duration(to: .now).milliseconds.rounded())) ms")
  }
}

/// A failure and the state of its recovery; it ends with the first image.
private struct Outage {
  /// The camera should be in use within 2 s of its return, and starting it takes part of that.
  private static let longestPause = Duration.milliseconds(500)

  let began = MonotonicInstant.now
  /// The latest error.
  var cause: CameraError
  /// The failed device has yet to be closed.
  var mustClose: Bool
  private(set) var nextAttempt = MonotonicInstant.now
  private var pause = Duration.milliseconds(100)

  init(cause: CameraError, mustClose: Bool) {
    self.cause = cause
    self.mustClose = mustClose
  }

  /// Postpones the next attempt, each time for longer.
  mutating func postpone() {
    nextAttempt = MonotonicInstant.now.advanced(by: pause)
    pause = min(pause * 2, Self.longestPause)
  }
}
