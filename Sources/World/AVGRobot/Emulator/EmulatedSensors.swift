import AVGCore
import AVGCreate2

// What the robot says.
extension EmulatedRobot where World: ~Copyable {
  mutating func stream() {
    var packet: [UInt8] = [StreamLayout.header, 0]
    // A group comes as one: its number, then the data of all its packets.
    for number in streamed {
      packet.append(number)
      for single in Self.packets(number) { packet += data(single) }
    }
    packet[1] = UInt8(truncatingIfNeeded: packet.count - 2)
    packet.append(0 &- packet.reduce(0, &+) &+ (spoilsChecksums ? 1 : 0))
    outgoing += packet
  }

  mutating func data(_ packet: SensorPacket) -> [UInt8] {
    if let place = SensorPacket.lightBumps.firstIndex(of: packet) {
      return Self.word(Int(senses.lightBumps[place]))
    }
    switch packet {
    case .bumpsAndWheelDrops:
      return [(senses.rightBump ? 1 : 0) | (senses.leftBump ? 2 : 0) | (isLifted ? 12 : 0)]
    case .cliffFrontLeft, .cliffFrontRight: return [isAtEdge ? 1 : 0]
    case .distance:
      defer { sinceAsked.millimeters = 0 }
      return Self.word(Int(sinceAsked.millimeters.rounded()))
    case .angle:
      defer { sinceAsked.degrees = 0 }
      return Self.word(Int(sinceAsked.degrees.rounded()))
    case .chargingState: return [isDocked ? 2 : 0]
    case .voltage: return Self.word(battery.millivolts)
    case .batteryCharge: return Self.word(Int(battery.charge))
    case .batteryCapacity: return Self.word(Int(battery.capacity))
    case .temperature: return [25]
    case .chargingSources: return [isDocked ? 2 : 0]
    case .mode: return [mode.rawValue]
    case .streamPacketCount: return [UInt8(truncatingIfNeeded: streamed.count)]
    case .requestedRightVelocity: return Self.word(Int(speeds.right))
    case .requestedLeftVelocity: return Self.word(Int(speeds.left))
    case .requestedVelocity: return Self.word(requested.velocity)
    case .requestedRadius: return Self.word(requested.radius)
    case .songNumber: return [songs.selected]
    case .songPlaying: return [songs.isPlaying ? 1 : 0]
    case .leftEncoderCounts: return Self.word(Int(leftCounts.rounded(.down)))
    case .rightEncoderCounts: return Self.word(Int(rightCounts.rounded(.down)))
    case .lightBumper:
      // Bit 0 is the left sensor; it is set where a reflection is seen.
      return [(0..<6).reduce(UInt8(0)) { $0 | (senses.lightBumps[$1] > 100 ? 1 << UInt8($1) : 0) }]
    default: return [UInt8](repeating: 0, count: packet.size)
    }
  }
}
