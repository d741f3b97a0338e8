import AVGCore
import AVGCreate2
import AVGRobot
import AVGSimulation
import Foundation

/// The simulated pen as the surroundings of an emulated robot, with a dock in the middle of the near wall.
struct EmulatedPen: EmulatedWorld, ~Copyable {
  private var body: SimulatedBody
  /// Nothing is looked at here.
  private var nothing = Observation(frames: nil)

  /// The speed of a robot that looks for its dock, in mm/s.
  private static let dockingSpeed = 100.0

  /// Puts a robot into a pen.
  ///
  /// - Parameter cycle: the control cycle that the lag and the delay of the motors are counted in.
  init(_ configuration: PenConfiguration, cycle: Duration, seed: UInt64) throws {
    body = try SimulatedBody(configuration, cycle: cycle, seed: seed)
  }

  var state: SimulatedBody.State { body.state }

  mutating func advance(_ speeds: WheelSpeeds) {
    // Speeds of the interface are finite, and the walls keep the pose inside.
    try? body.drive(speeds)
    try? body.advance(by: EmulatedRobot<EmulatedPen>.tick)
  }

  mutating func feel(into senses: inout Create2Senses) { _ = try? body.sense(into: &nothing, &senses) }

  func speedsTowardsDock() -> WheelSpeeds? {
    let pose = body.pose
    let dockX = body.configuration.robotRadiusMillimeters / 1000
    let dockY = body.configuration.penWidthMeters / 2
    if pose.x < dockX + 0.01, abs(pose.y - dockY) < 0.05 { return nil }
    // To a place before the dock first, then straight into it.
    let isBefore = abs(pose.y - dockY) < 0.03
    let aimX = isBefore ? dockX - 0.1 : dockX + 0.25
    let bearing = remainder(Elementary.atan2(dockY - pose.y, aimX - pose.x) - pose.heading, 2 * .pi)
    let speed = Self.dockingSpeed
    let forward = abs(bearing) < 0.2 ? speed : 0
    let turn = max(-speed, min(speed, bearing * 2 * speed))
    return WheelSpeeds(
      left: .millimetersPerSecond(forward - turn / 2), right: .millimetersPerSecond(forward + turn / 2))
  }
}
