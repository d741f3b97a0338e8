public import AVGCore

/// A camera without a robot: it sees, feels nothing, and its wheels are only told.
public struct CameraBody: Body, ~Copyable {
  /// The camera.
  public private(set) var camera: Camera
  /// The speeds last asked for.
  public private(set) var speeds = WheelSpeeds.stopped
  private var clock: CycleClock

  /// Puts a camera on a clock.
  public init(camera: consuming Camera, controlPeriod: Duration) {
    self.camera = camera
    clock = CycleClock(period: controlPeriod)
  }

  /// Whether the camera keeps its own bytes of each frame.
  public var keepsSourceBytes: Bool {
    get { camera.keepsSourceBytes }
    set { camera.keepsSourceBytes = newValue }
  }

  /// Remembers the speeds.
  public mutating func drive(_ speeds: WheelSpeeds) throws(CameraError) {
    self.speeds = speeds
  }

  /// Sleeps to the end of the control cycle.
  public mutating func awaitCycle() throws(CameraError) -> Int {
    clock.awaitDeadline()
  }

  /// Reads the newest whole image; feels nothing.
  public mutating func sense(into frame: inout Frame, _ senses: inout BaseSenses) throws(CameraError) {
    try camera.readNewest(into: &frame)
    for index in senses.lightBumps.indices {
      senses.lightBumps[index] = 0
    }
    senses.leftBump = false
    senses.rightBump = false
    senses.wheelDrop = false
  }

  /// Stops, stays where it is, and begins a new first cycle.
  public mutating func reset() throws(CameraError) -> Bool {
    speeds = .stopped
    clock.start()
    return false
  }
}
