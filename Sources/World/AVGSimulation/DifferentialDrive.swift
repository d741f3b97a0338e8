import AVGCore

/// The motion of a round robot with two wheels between four walls.
struct DifferentialDrive {
  private let pen: Pen
  private let radius: Double
  private let wheelBase: Double
  private let wallSlide: Double

  /// Parts that a control cycle is integrated in.
  private static let substepCount = 2

  /// A bumper's outer switch stays open when the wall is met this far to the other side, in radians.
  private static let bumperOverlap = 0.17

  init(_ configuration: PenConfiguration) {
    pen = Pen(configuration)
    radius = configuration.robotRadius
    wheelBase = configuration.wheelBaseMillimeters / 1000
    wallSlide = configuration.wallSlide
  }

  /// Which bumpers were pressed during a motion.
  struct Bumps: Codable, Hashable {
    var left = false
    var right = false
  }

  /// Moves `pose` for `seconds` with the wheels at these speeds in metres per second.
  func move(_ pose: inout Pose, left: Double, right: Double, seconds: Double) -> Bumps {
    let speed = (left + right) / 2
    let turnRate = (right - left) / wheelBase
    let step = seconds / Double(Self.substepCount)
    var bumps = Bumps()
    for _ in 0..<Self.substepCount {
      // Midpoint rule: the heading half-way is the direction of the whole substep.
      let direction = pose.heading + turnRate * step / 2
      advance(
        &pose, byX: speed * Elementary.cos(direction) * step, y: speed * Elementary.sin(direction) * step,
        &bumps)
      pose.heading = wrappedAngle(pose.heading + turnRate * step)
    }
    return bumps
  }

  /// Shifts the robot, as far as the walls allow; along a wall it slides.
  private func advance(_ pose: inout Pose, byX deltaX: Double, y deltaY: Double, _ bumps: inout Bumps) {
    let farX = pen.length - radius
    let farY = pen.width - radius
    let meetsX = pose.x + deltaX < radius || pose.x + deltaX > farX
    let meetsY = pose.y + deltaY < radius || pose.y + deltaY > farY
    if meetsX { press(&bumps, towards: deltaX > 0 ? 0 : .pi, heading: pose.heading) }
    if meetsY { press(&bumps, towards: deltaY > 0 ? .pi / 2 : -.pi / 2, heading: pose.heading) }
    // `max` and `min` must not turn a number that is not finite into a place in the pen.
    pose.x = clamped(pose.x + deltaX * (meetsY ? wallSlide : 1), radius, farX)
    pose.y = clamped(pose.y + deltaY * (meetsX ? wallSlide : 1), radius, farY)
  }

  private func clamped(_ value: Double, _ lower: Double, _ upper: Double) -> Double {
    value < lower ? lower : value > upper ? upper : value
  }

  /// Presses the bumpers that face a wall standing in the direction `wall`.
  private func press(_ bumps: inout Bumps, towards wall: Double, heading: Double) {
    let bearing = wrappedAngle(wall - heading)
    // The bumper spans the front half of the robot.
    guard abs(bearing) <= .pi / 2 else { return }
    if bearing > -Self.bumperOverlap { bumps.left = true }
    if bearing < Self.bumperOverlap { bumps.right = true }
  }
}
