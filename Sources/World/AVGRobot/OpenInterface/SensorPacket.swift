/// A sensor packet of the Open Interface; the raw value is its number.
///
/// Source: *iRobot Create 2 Open Interface (OI)*, section "Create 2 Open Interface Sensor Packets".
public enum SensorPacket: UInt8, CaseIterable, Sendable {
  /// Bits 0 and 1: right and left bumper; bits 2 and 3: right and left wheel drop.
  case bumpsAndWheelDrops = 7
  case wall = 8
  case cliffLeft = 9
  case cliffFrontLeft = 10
  case cliffFrontRight = 11
  case cliffRight = 12
  case virtualWall = 13
  case wheelOvercurrents = 14
  case dirtDetect = 15
  case unused16 = 16
  case infraredOmni = 17
  case buttons = 18
  /// Millimetres since last asked for, signed.
  case distance = 19
  /// Degrees since last asked for, counter-clockwise positive.
  case angle = 20
  case chargingState = 21
  /// Millivolts.
  case voltage = 22
  /// Milliamperes, out of the battery negative.
  case current = 23
  /// Degrees Celsius.
  case temperature = 24
  /// Milliampere-hours.
  case batteryCharge = 25
  /// Milliampere-hours.
  case batteryCapacity = 26
  case wallSignal = 27
  case cliffLeftSignal = 28
  case cliffFrontLeftSignal = 29
  case cliffFrontRightSignal = 30
  case cliffRightSignal = 31
  case unused32 = 32
  case unused33 = 33
  /// Bit 0: internal charger; bit 1: home base.
  case chargingSources = 34
  case mode = 35
  case songNumber = 36
  case songPlaying = 37
  case streamPacketCount = 38
  case requestedVelocity = 39
  case requestedRadius = 40
  /// Millimetres per second.
  case requestedRightVelocity = 41
  /// Millimetres per second.
  case requestedLeftVelocity = 42
  case leftEncoderCounts = 43
  case rightEncoderCounts = 44
  case lightBumper = 45
  case lightBumpLeft = 46
  case lightBumpFrontLeft = 47
  case lightBumpCentreLeft = 48
  case lightBumpCentreRight = 49
  case lightBumpFrontRight = 50
  case lightBumpRight = 51
  case infraredLeft = 52
  case infraredRight = 53
  case leftMotorCurrent = 54
  case rightMotorCurrent = 55
  case mainBrushCurrent = 56
  case sideBrushCurrent = 57
  case stasis = 58

  /// The bytes of its data.
  public var size: Int {
    switch self {
    case .distance, .angle, .voltage, .current, .batteryCharge, .batteryCapacity, .wallSignal,
      .cliffLeftSignal, .cliffFrontLeftSignal, .cliffFrontRightSignal, .cliffRightSignal, .unused33,
      .requestedVelocity, .requestedRadius, .requestedRightVelocity, .requestedLeftVelocity,
      .leftEncoderCounts, .rightEncoderCounts, .lightBumpLeft, .lightBumpFrontLeft, .lightBumpCentreLeft,
      .lightBumpCentreRight, .lightBumpFrontRight, .lightBumpRight, .leftMotorCurrent, .rightMotorCurrent,
      .mainBrushCurrent, .sideBrushCurrent:
      2
    default: 1
    }
  }

  /// The packets that the groups 0…6, 100, 101, 106 and 107 consist of; nil for other numbers.
  public static func group(_ number: UInt8) -> ClosedRange<UInt8>? {
    switch number {
    case 0: 7...26
    case 1: 7...16
    case 2: 17...20
    case 3: 21...26
    case 4: 27...34
    case 5: 35...42
    case 6: 7...42
    case 100: 7...58
    case 101: 43...58
    case 106: 46...51
    case 107: 54...58
    default: nil
    }
  }

  /// The six light-bump signals, from the left to the right.
  public static let lightBumps: [SensorPacket] = [
    .lightBumpLeft, .lightBumpFrontLeft, .lightBumpCentreLeft, .lightBumpCentreRight, .lightBumpFrontRight,
    .lightBumpRight,
  ]
}
