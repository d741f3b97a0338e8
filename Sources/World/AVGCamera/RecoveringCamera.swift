public import AVGCore
public import Logging

/// A camera that is looked for again when it fails.
///
/// It fails in two steps, so that whoever drives can stop the wheels in between: the call that meets the failure only
/// says that there is no image; the next one closes the device and begins to look for it.
public struct RecoveringCamera<Source: FrameSource & ~Copyable>: ~Copyable {
  /// Opens the camera, wherever it is now, with the statistics to be continued.
  public typealias Opener = (CaptureStatistics) throws(CameraError) -> Source

  /// How long is looked for the camera.
  public let patience: Duration
  /// Where the camera is, or was last.
  public private(set) var path: String
  /// What the camera has been set to send; after a recovery, perhaps something else.
  public private(set) var format: CaptureFormat
  /// What became of the frames so far, of all streams.
  public private(set) var statistics = CaptureStatistics()
  /// The bytes of the last frame read, if they are kept.
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
  ///   - name: what it is called in messages.
  ///   - patience: how long it is looked for before its loss is an error.
  ///   - logger: is told, in a line, of each change of state.
  ///   - open: opens it, now and after every failure.
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

  /// Only frames captured from `instant` on are handed out.
  public mutating func resume(at instant: MonotonicInstant) {
    earliest = instant
    source?.resume(at: instant)
  }

  /// Reads the newest whole, fresh image that was not read before.
  ///
  /// - Returns: whether there was one by `deadline`.
  /// - Throws: `CameraError.lost` when the camera has been looked for in vain for as long as `patience`.
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
    // A camera whose images come late is not broken; opening it again would only make them later.
    let mustClose = if case .onlyOldFrames = error { false } else { true }
    guard var present = outage else {
      logger.notice("\(error); waiting for it for up to \(Int(patience.seconds.rounded())) s")
      outage = Outage(cause: error, mustClose: mustClose)
      return
    }
    // Found, but no image came of it.
    present.cause = error
    present.mustClose = mustClose
    present.postpone()
    outage = present
  }

  /// Closes what failed, and opens the camera again when it is time for another attempt.
  private mutating func recover() throws(CameraError) {
    guard var present = outage else { return }
    if present.mustClose {
      source = nil
      present.mustClose = false
    }
    defer { outage = present }
    let elapsed = present.began.duration(to: .now)
    guard elapsed < patience else { throw .lost(device: name, after: elapsed, cause: present.cause) }
    guard source == nil, present.nextAttempt <= .now else { return }
    do throws(CameraError) {
      var found = try open(statistics)
      found.resume(at: earliest)
      path = found.path
      format = found.format
      source = consume found
    } catch {
      present.cause = error
      present.postpone()
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

/// A failure and what has been done about it; it ends with the first image.
private struct Outage {
  /// The camera should be used within 2 s of its return, and starting it takes a part of that.
  private static let longestPause = Duration.milliseconds(500)

  let began = MonotonicInstant.now
  /// What went wrong last.
  var cause: CameraError
  /// The failed device is still to be closed.
  var mustClose: Bool
  private(set) var nextAttempt = MonotonicInstant.now
  private var pause = Duration.milliseconds(100)

  init(cause: CameraError, mustClose: Bool) {
    self.cause = cause
    self.mustClose = mustClose
  }

  /// Puts the next attempt off, for longer each time.
  mutating func postpone() {
    nextAttempt = MonotonicInstant.now.advanced(by: pause)
    pause = min(pause * 2, Self.longestPause)
  }
}
