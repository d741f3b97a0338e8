/// An eye on the clock of the control cycles.
public struct ClockedEye<E: Eye & ~Copyable>: ~Copyable {
  /// The eye.
  public private(set) var eye: E
  /// The clock of the control cycles.
  public private(set) var clock: CycleClock
  private let onCycle: (CycleClock) -> Void
  /// The end of the last look.
  private var lastLook = MonotonicInstant.now
  /// The frame of `glance`, which is not used otherwise.
  private var glanced: Frame

  /// Puts an eye on a clock.
  ///
  /// - Parameters:
  ///   - frameShape: the shape of the frames to fill; nil for `NoEye`.
  ///   - onCycle: called after each cycle with the clock, which has its slack and lateness.
  public init(
    _ eye: consuming E, period: Duration, frameShape: FrameShape? = .standard,
    onCycle: @escaping (CycleClock) -> Void = { _ in }
  ) {
    self.eye = eye
    self.onCycle = onCycle
    clock = CycleClock(period: period)
    glanced = Frame(shape: frameShape ?? FrameShape(height: 0, width: 0))
  }

  /// Starts a new first cycle after a pause; images captured during the pause are discarded.
  public mutating func restart() {
    clock.start()
    eye.resume(at: .now)
  }

  /// Sleeps to the end of the control cycle. After a pause of the caller, images captured during it are discarded.
  ///
  /// - Returns: the number of cycles missed before the call.
  public mutating func awaitCycle() -> Int {
    let called = MonotonicInstant.now
    // Time spent looking is no pause: images captured meanwhile are as new as they can be.
    if lastLook.duration(to: called) > clock.period { eye.resume(at: called) }
    let missed = clock.awaitDeadline()
    onCycle(clock)
    return missed
  }

  /// Reads the newest image.
  public mutating func look(into frame: inout Frame) throws(E.Failure) -> Freshness {
    defer { lastLook = .now }
    return try eye.look(into: &frame)
  }

  /// Waits for the end of the control cycle, and returns whether there is a fresh image then.
  public mutating func glance() throws(E.Failure) -> Freshness {
    _ = awaitCycle()
    defer { lastLook = .now }
    return try eye.look(into: &glanced)
  }
}
