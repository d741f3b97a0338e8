/// What a robot's program may report, by the name that it has in the program's `robot` line.
enum ExecSense: String, CaseIterable {
  case leftBump = "left_bump"
  case rightBump = "right_bump"
  case wheelDrop = "wheel_drop"
  case cliff
  case docked
  case ready
  case odometer = "odometer_mm"
  case lightBump1 = "light_bump_1"
  case lightBump2 = "light_bump_2"
  case lightBump3 = "light_bump_3"
  case lightBump4 = "light_bump_4"
  case lightBump5 = "light_bump_5"
  case lightBump6 = "light_bump_6"

  /// The values that it may have.
  var range: ClosedRange<Double> {
    switch self {
    case .leftBump, .rightBump, .wheelDrop, .cliff, .docked, .ready: 0...1
    case .odometer: -1e12...1e12
    case .lightBump1, .lightBump2, .lightBump3, .lightBump4, .lightBump5, .lightBump6: 0...4095
    }
  }

  /// Puts a value of its range into a reading.
  func write(_ value: Double, into reading: inout ExecReading) {
    switch self {
    case .leftBump: reading.leftBump = value >= 0.5
    case .rightBump: reading.rightBump = value >= 0.5
    case .wheelDrop: reading.wheelDrop = value >= 0.5
    case .cliff: reading.cliff = value >= 0.5
    case .docked: reading.isDocked = value >= 0.5
    case .ready: reading.isReady = value >= 0.5
    case .odometer: reading.odometerMillimeters = value
    case .lightBump1: reading.lightBumps[0] = Float(value)
    case .lightBump2: reading.lightBumps[1] = Float(value)
    case .lightBump3: reading.lightBumps[2] = Float(value)
    case .lightBump4: reading.lightBumps[3] = Float(value)
    case .lightBump5: reading.lightBumps[4] = Float(value)
    case .lightBump6: reading.lightBumps[5] = Float(value)
    }
  }
}
