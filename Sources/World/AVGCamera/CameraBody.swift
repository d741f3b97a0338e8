public import AVGCore

/// A camera without a robot: it sees but feels nothing, and speeds are only recorded.
public struct CameraBody<Source: FrameSource & ~Copyable>: Body, ~Copyable {
  /// The camera.
  public private(set) var camera: RecoveringCamera<Source>
  /// The last commanded speeds.
  public private(set) var speeds = WheelSpeeds.stopped
  private let maximumFrameAge: Duration
  /// The clock of the control cycles.
  public private(set) var clock: CycleClock
  /// The time of the last image or of the end of the last pause, whichever is later.
  private var lastImage = MonotonicInstant.now
  /// The last reading gave no image.
  private var isStale = false
  /// The end of the last `sense`.
  private var lastSensed = MonotonicInstant.now

  /// Makes a body of a camera and a control period.
  ///
  /// - Parameters:
  ///   - camera: a camera that has just been opened.
  ///   - controlPeriod: the length of a cycle.
  ///   - maximumFrameAge: how long to wait for a new image after the last one before the view is stale.
  public init(
    camera: consuming RecoveringCamera<Source>, controlPeriod: Duration, maximumFrameAge: Duration
  ) {
    self.camera = camera
    self.maximumFrameAge = maximumFrameAge
    clock = CycleClock(period: controlPeriod)
  }

  /// Records the speeds.
  public mutating func drive(_ speeds: WheelSpeeds) throws(CameraError) {
    self.speeds = speeds
  }

  /// Sleeps to the end of the control cycle. After a pause of the caller, images captured during it are discarded.
  public mutating func awaitCycle() throws(CameraError) -> Int {
    let called = MonotonicInstant.now
    // Time spent inside `sense` is no pause: images captured meanwhile are as new as they can be.
    if lastSensed.duration(to: called) > clock.period { resume(at: called) }
    return clock.awaitDeadline()
  }

  /// Reads the newest whole image; feels nothing.
  ///
  /// - Throws: `CameraError.lost` when the camera has failed and could not be found again in time.
  public mutating func sense(
    into frame: inout Frame, _ senses: inout Create2Senses
  ) throws(CameraError) -> Freshness {
    for index in senses.lightBumps.indices {
      senses.lightBumps[index] = 0
    }
    senses.leftBump = false
    senses.rightBump = false
    senses.wheelDrop = false
    defer { lastSensed = .now }
    // Many cameras need seconds for their first image; nothing moves before it.
    let patience = camera.statistics.framesUsed == 0 ? Camera.startPatience : maximumFrameAge
    guard try camera.readNewest(into: &frame, until: lastImage.advanced(by: patience)) else {
      isStale = true
      return .stale
    }
    lastImage = .now
    isStale = false
    return .fresh
  }

  /// Stops, leaves the camera where it is, and starts the first cycle.
  public mutating func reset() throws(CameraError) -> Bool {
    speeds = .stopped
    clock.start()
    resume(at: .now)
    return false
  }

  private mutating func resume(at instant: MonotonicInstant) {
    camera.resume(at: instant)
    // Without an image the caller has already waited for `maximumFrameAge`; do not wait as long again in every cycle.
    if !isStale { lastImage = instant }
  }
}
