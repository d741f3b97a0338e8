extension EmulatedRobot where World: ~Copyable {
  /// The wheel speeds of the command Drive: a velocity in mm/s and the radius of the turn in mm, left positive.
  static func speeds(velocity: Double, radius: Double) -> DriveSpeeds {
    let limit = DriveSpeeds.fastest
    switch Int(radius) {
    case 32_767, -32_768: return DriveSpeeds(left: velocity, right: velocity, limit: limit)
    case -1: return DriveSpeeds(left: velocity, right: -velocity, limit: limit)
    case 1: return DriveSpeeds(left: -velocity, right: velocity, limit: limit)
    case 0: return .stopped
    default:
      let halfBase = 235.0 / 2
      return DriveSpeeds(
        left: velocity * (radius - halfBase) / radius, right: velocity * (radius + halfBase) / radius,
        limit: limit)
    }
  }

  /// What packets 39 and 40 say after the command Drive: what was asked for, within the interface's range.
  ///
  /// The radii that mean straight on and on the spot stay as they are.
  static func requested(velocity: Double, radius: Double) -> (velocity: Int, radius: Int) {
    let isStraight = radius == 32_767 || radius == -32_768
    return (
      Int(max(-500, min(500, velocity))), isStraight ? Int(radius) : Int(max(-2000, min(2000, radius)))
    )
  }

  /// The packets that a number stands for: itself, or those of its group.
  static func packets(_ number: UInt8) -> [SensorPacket] {
    (SensorPacket.group(number) ?? number...number).compactMap { SensorPacket(rawValue: $0) }
  }

  /// The signed number in two bytes, the most significant first.
  static func number(_ bytes: [UInt8], _ index: Int) -> Double {
    Double(Int16(bitPattern: UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])))
  }

  /// Two bytes, the most significant first; the number wraps around.
  static func word(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
  }
}
