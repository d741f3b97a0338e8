import AVGCore
import Testing

@testable import AVGRobot

@Suite("The stream parser")
struct StreamParserTests {
  private func parse(_ bytes: [UInt8]) -> (readings: [SensorReading], parser: StreamParser) {
    var parser = StreamParser()
    let readings = bytes.compactMap { parser.push($0) }
    return (readings, parser)
  }

  @Test("reads every field from its place")
  func fields() throws {
    // Written by hand from the Open Interface's document.
    let packet: [UInt8] = [
      19, 55, 7, 0b0110, 9, 0, 10, 0, 11, 1, 12, 0, 21, 2, 22, 0x3C, 0xF0, 25, 0x07, 0x3A, 26, 0x0A, 0x8C, 34,
      2, 35,
      2, 41, 0xFF, 0x6A, 42, 0x01, 0xF4, 43, 0xFF, 0xFE, 44, 0x00, 0x10, 46, 0, 5, 47, 0, 6, 48, 0x0F, 0xFF,
      49, 0, 8,
      50, 1, 9, 51, 0, 10,
    ]
    let sum = packet.reduce(0, &+)
    let (readings, parser) = parse(packet + [0 &- sum])
    let reading = try #require(readings.first)
    #expect(reading.leftBump && !reading.rightBump && reading.wheelDrop && reading.cliff)
    #expect(reading.isCharging && reading.isAtCharger && reading.mode == .safe)
    #expect([reading.millivolts, reading.charge, reading.capacity] == [15_600, 1850, 2700])
    #expect(reading.requested == DriveSpeeds(left: 500, right: -150))
    #expect(reading.leftEncoder == 0xFFFE && reading.rightEncoder == 16)
    #expect((0..<6).map { reading.lightBumps[$0] } == [5, 6, 4095, 8, 265, 10])
    #expect(parser.acceptedPackets == 1 && parser.refusedPackets == 0 && parser.skippedBytes == 0)
  }

  @Test("accepts no false reading after any change of any single byte, and loses at most the packet it is in")
  func singleByteCorruption() {
    let packets = (0..<4).map { TestPacket.bytes(number: $0) }
    let readings = (0..<4).map { TestPacket.reading(number: $0) }
    for position in packets[1].indices {
      for change in UInt8(1)...255 {
        var damaged = packets[1]
        damaged[position] &+= change
        let (found, _) = parse(packets[0] + damaged + packets[2] + packets[3])
        #expect(found == [readings[0], readings[2], readings[3]], "byte \(position) changed by \(change)")
      }
    }
  }

  @Test("accepts no false reading after a byte is lost or doubled, and the packets after it are read")
  func lostAndDoubledBytes() {
    let packets = (0..<3).map { TestPacket.bytes(number: $0) }
    let all = (0..<3).map { TestPacket.reading(number: $0) }
    let withoutDamaged = [all[0], all[2]]
    for position in packets[1].indices {
      var shorter = packets[1]
      shorter.remove(at: position)
      #expect(parse(packets[0] + shorter + packets[2]).readings == withoutDamaged, "byte \(position) lost")
      for added in [UInt8(0), 19, 55, 255] {
        var longer = packets[1]
        longer.insert(added, at: position)
        let found = parse(packets[0] + longer + packets[2]).readings
        // What is put before a whole packet does it no harm, and a doubled byte may be put before or after.
        let leavesWhole = position == 0 || longer.dropFirst() == packets[1][...]
        #expect(found == (leavesWhole ? all : withoutDamaged), "\(added) put before byte \(position)")
      }
    }
  }

  @Test("finds nothing in a megabyte of noise, and the packet that follows it")
  func noise() {
    for seed in UInt64(1)...3 {
      var random = RandomSource(seed: seed, purpose: "noise on the line")
      var parser = StreamParser()
      var found = 0
      for _ in 0..<1_000_000 where parser.push(UInt8(truncatingIfNeeded: random.next())) != nil { found += 1 }
      #expect(found == 0)
      let after = TestPacket.bytes(number: 7).compactMap { parser.push($0) }
      #expect(after == [TestPacket.reading(number: 7)])
    }
  }

  @Test("finds nothing in noise made of a packet's own bytes", arguments: UInt64(1)...4)
  func likelyNoise(seed: UInt64) {
    // The bytes of packets, shuffled: headers and numbers are everywhere.
    var random = RandomSource(seed: seed, purpose: "likely noise")
    let alphabet = TestPacket.bytes(number: 3)
    var parser = StreamParser()
    for _ in 0..<200_000 {
      #expect(parser.push(alphabet[Int(random.next() % UInt64(alphabet.count))]) == nil)
    }
  }

  @Test("refuses a packet with a right checksum and a value out of its range")
  func ranges() {
    let outOfRange: [(SensorPacket, [UInt8])] = [
      (.bumpsAndWheelDrops, [16]), (.cliffRight, [2]), (.chargingState, [6]), (.chargingSources, [4]),
      (.mode, [4]), (.requestedLeftVelocity, [0x01, 0xF5]), (.requestedRightVelocity, [0xFE, 0x0B]),
      (.lightBumpRight, [0x10, 0]),
    ]
    for (packet, data) in outOfRange {
      let (readings, parser) = parse(TestPacket.bytes(number: 1, replacing: packet, with: data))
      #expect(readings.isEmpty, "\(packet) \(data)")
      #expect(parser.refusedPackets == 1)
    }
    #expect(
      parse(TestPacket.bytes(number: 1, replacing: .requestedLeftVelocity, with: [0x01, 0xF4])).readings.count
        == 1)
  }
}

/// Stream packets made after the document, apart from the program's own code.
enum TestPacket {
  /// A packet whose values depend on `number`.
  static func bytes(number: Int, replacing: SensorPacket? = nil, with data: [UInt8] = []) -> [UInt8] {
    var body: [UInt8] = []
    for packet in StreamLayout.packets {
      body.append(packet.rawValue)
      body += packet == replacing ? data : Self.data(packet, number)
    }
    let packet = [19, UInt8(body.count)] + body
    return packet + [0 &- packet.reduce(0, &+)]
  }

  /// What that packet says.
  static func reading(number: Int) -> SensorReading {
    var reading = SensorReading()
    reading.mode = .safe
    reading.millivolts = UInt16(15_000 + number)
    reading.charge = 1900
    reading.capacity = 2700
    reading.requested = DriveSpeeds(left: Int16(19 + number), right: -19)
    reading.leftEncoder = UInt16(19 * 256 + number)
    reading.rightEncoder = 19
    for index in 0..<6 { reading.lightBumps[index] = UInt16(number * 10 + index) }
    return reading
  }

  private static func data(_ packet: SensorPacket, _ number: Int) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    switch packet {
    case .voltage: return word(15_000 + number)
    case .batteryCharge: return word(1900)
    case .batteryCapacity: return word(2700)
    case .mode: return [2]
    case .requestedRightVelocity: return word(-19)
    case .requestedLeftVelocity: return word(19 + number)
    // Payload that looks like headers.
    case .leftEncoderCounts: return word(19 * 256 + number)
    case .rightEncoderCounts: return word(19)
    default:
      if let place = SensorPacket.lightBumps.firstIndex(of: packet) { return word(number * 10 + place) }
      return [UInt8](repeating: 0, count: packet.size)
    }
  }
}
