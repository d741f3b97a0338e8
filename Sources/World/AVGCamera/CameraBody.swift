public import AVGCore

/// A camera without a robot: it sees, feels nothing, and its wheels are only told.
public struct CameraBody<Source: FrameSource & ~Copyable>: Body, ~Copyable {
  /// The camera.
  public private(set) var camera: RecoveringCamera<Source>
  /// The speeds last asked for.
  public private(set) var speeds = WheelSpeeds.stopped
  private let maximumFrameAge: Duration
  /// The beat of the control cycles.
  public private(set) var clock: CycleClock
  /// When the last image was taken in, or the last pause ended.
  private var lastSight = MonotonicInstant.now
  /// There was no image when one was last asked for.
  private var isBlind = false
  /// When the camera was last attended to.
  private var lastSensed = MonotonicInstant.now

  /// Puts a camera on a clock.
  ///
  /// - Parameters:
  ///   - camera: a camera just opened.
  ///   - controlPeriod: the length of a cycle.
  ///   - maximumFrameAge: how long after the last image a new one may come before the view is stale.
  public init(
    camera: consuming RecoveringCamera<Source>, controlPeriod: Duration, maximumFrameAge: Duration
  ) {
    self.camera = camera
    self.maximumFrameAge = maximumFrameAge
    clock = CycleClock(period: controlPeriod)
  }

  /// Remembers the speeds.
  public mutating func drive(_ speeds: WheelSpeeds) throws(CameraError) {
    self.speeds = speeds
  }

  /// Sleeps to the end of the control cycle; after a pause, what was captured meanwhile is passed over.
  public mutating func awaitCycle() throws(CameraError) -> Int {
    let called = MonotonicInstant.now
    // Waiting for the camera is no pause: what came meanwhile is as new as can be.
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
    // Many cameras need seconds for their first image; nothing has moved by then.
    let patience = camera.statistics.framesUsed == 0 ? Camera.startPatience : maximumFrameAge
    guard try camera.readNewest(into: &frame, until: lastSight.advanced(by: patience)) else {
      isBlind = true
      return .stale
    }
    lastSight = .now
    isBlind = false
    return .fresh
  }

  /// Stops, stays where it is, and begins a new first cycle.
  public mutating func reset() throws(CameraError) -> Bool {
    speeds = .stopped
    clock.start()
    resume(at: .now)
    return false
  }

  private mutating func resume(at instant: MonotonicInstant) {
    camera.resume(at: instant)
    // Who is blind has waited already.
    if !isBlind { lastSight = instant }
  }
}
