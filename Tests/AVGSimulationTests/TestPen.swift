import AVGCore
import AVGCreate2
import AVGImaging
import AVGSimulation
import AVGTestSupport

extension WheelSpeeds {
  /// Speeds in millimetres per second.
  init(_ left: Double, _ right: Double) {
    self.init(left: .millimetersPerSecond(left), right: .millimetersPerSecond(right))
  }
}

/// Puts the robot somewhere, at rest.
func place(_ body: inout SimulatedBody, x: Double, y: Double, heading: Double) throws {
  var state = body.state
  state.pose = Pose(x: x, y: y, heading: heading)
  state.commandedLeft = 0
  state.commandedRight = 0
  state.wheelLeft = 0
  state.wheelRight = 0
  try body.restore(state)
}

/// What the body sees and feels now.
func view(_ body: inout SimulatedBody) throws -> (frame: Frame, senses: Create2Senses) {
  var frame = Frame()
  var senses = Create2Senses()
  _ = try body.sense(into: &frame, &senses)
  return (frame, senses)
}

/// The mean column of the target's pixels.
func targetColumn(_ frame: Frame) -> Double {
  var mask = PixelMask(shape: frame.shape)
  ColorMask().find(in: frame, into: &mask)
  var sum = 0
  for row in 0..<frame.shape.height {
    for column in 0..<frame.shape.width where mask[row, column] { sum += column }
  }
  return Double(sum) / Double(mask.count)
}
