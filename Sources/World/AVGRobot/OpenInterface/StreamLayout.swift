/// The one stream that this program asks for: which of its bytes are fixed, and where the data lie.
///
/// A packet of it is 19, the number of bytes up to the checksum, number and data of each sensor packet, and a checksum
/// that makes the sum of all bytes 0 modulo 256.
enum StreamLayout {
  /// The sensor packets asked for, in this order.
  static let packets: [SensorPacket] =
    [
      .bumpsAndWheelDrops, .cliffLeft, .cliffFrontLeft, .cliffFrontRight, .cliffRight, .chargingState,
      .voltage, .batteryCharge, .batteryCapacity, .chargingSources, .mode, .requestedRightVelocity,
      .requestedLeftVelocity, .leftEncoderCounts, .rightEncoderCounts,
    ] + SensorPacket.lightBumps

  /// The first byte of every stream packet.
  static let header: UInt8 = 19

  /// Bytes of a whole stream packet, header and checksum included.
  static let byteCount = 3 + packets.reduce(0) { $0 + 1 + $1.size }

  /// For each byte: its value if that is fixed, else −1.
  static let fixedBytes: [Int16] =
    [Int16(header), Int16(byteCount - 3)]
    + packets.flatMap { [Int16($0.rawValue)] + [Int16](repeating: -1, count: $0.size) } + [-1]

  /// Reads a packet whose fixed bytes and checksum are right; nil if a value is out of its range.
  static func reading(in bytes: [UInt8]) -> SensorReading? {
    var fields = Fields(bytes: bytes)
    var reading = SensorReading()
    // In the order of `packets`.
    let bumps = fields.byte(below: 16)
    reading.rightBump = bumps & 1 != 0
    reading.leftBump = bumps & 2 != 0
    reading.wheelDrop = bumps & 12 != 0
    for _ in 0..<4 where fields.byte(below: 2) != 0 { reading.cliff = true }
    reading.isCharging = (1...3).contains(fields.byte(below: 6))
    reading.millivolts = fields.word()
    reading.charge = fields.word()
    reading.capacity = fields.word()
    reading.isAtCharger = fields.byte(below: 4) != 0
    reading.mode = InterfaceMode(rawValue: fields.byte(below: 4)) ?? .off
    reading.requested.right = fields.speed()
    reading.requested.left = fields.speed()
    reading.leftEncoder = fields.word()
    reading.rightEncoder = fields.word()
    for index in 0..<SensorPacket.lightBumps.count { reading.lightBumps[index] = fields.word(below: 4096) }
    return fields.areInRange ? reading : nil
  }

  /// Reads the data of one packet after the other.
  private struct Fields {
    let bytes: [UInt8]
    private var next = 3
    private(set) var areInRange = true

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte(below bound: UInt8) -> UInt8 {
      let value = bytes[next]
      next += 2
      if value >= bound { areInRange = false }
      return value
    }

    /// Most significant byte first.
    mutating func word(below bound: Int = 65_536) -> UInt16 {
      let value = UInt16(bytes[next]) << 8 | UInt16(bytes[next + 1])
      next += 3
      if Int(value) >= bound { areInRange = false }
      return value
    }

    mutating func speed() -> Int16 {
      let value = Int16(bitPattern: word())
      if abs(Int(value)) > DriveSpeeds.fastest { areInRange = false }
      return value
    }
  }
}
