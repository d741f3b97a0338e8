import AVGCore
import Testing

@testable import AVGRobot

@Suite("A stranger at the serial port")
struct StrangerTests {
  private func stranger(_ bytes: [UInt8]) -> Stranger {
    var ear = StrangerEar()
    for byte in bytes { ear.hear(byte) }
    return ear.stranger
  }

  private var request: [UInt8] {
    var bytes: [UInt8] = []
    Command.stream(StreamLayout.packets).encode(into: &bytes)
    return bytes
  }

  @Test("a GPS receiver is known by its sentences")
  func navigation() {
    let sentences =
      "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
      + "$GNRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n"
    #expect(stranger(Array(sentences.utf8)) == .navigation)
    // Heard from the middle on, and with another system's talker.
    #expect(stranger(Array("9,M,,*47\r\n$GLGSV,3,1,11*55\r\n!AIVDM,1,1,,B,177K*5C\r\n".utf8)) == .navigation)
  }

  @Test(
    "a modem is known by its answer", arguments: ["OK", "ERROR", "+CME ERROR: 100", "NO CARRIER", "RING"])
  func modem(answer: String) {
    #expect(stranger(Array("\r\n\(answer)\r\n".utf8)) == .modem)
    // Its echo comes first.
    let halts = [UInt8](repeating: 128, count: 20)
    #expect(stranger(halts + request + Array("AT\r\r\n\(answer)\r\n".utf8)) == .modem)
  }

  @Test("a line that gives back what is sent is known by the request for the stream")
  func echo() {
    let halts = [UInt8](repeating: 128, count: 9)
    #expect(stranger(halts + request + [150, 1] + halts) == .echo)
    #expect(stranger(halts) == .none)
  }

  @Test("other text is text; that of a robot which starts or charges is none")
  func text() {
    #expect(
      stranger(
        Array("Debian GNU/Linux 12 pi ttyS0\r\n\r\npi login: \r\nPassword: \r\nLogin incorrect\r\n".utf8))
        == .text)
    let start = "bl-start\r\n2007-05-14-1715-L   \r\nRDK by iRobot!\r\nMC9S12E128\r\n2007-05-14-1715-L\r\n"
    #expect(stranger(Array(start.utf8)) == .none)
    let charging =
      "bat:   min 1  sec 4  mV 16198  mA 1402  deg-C 24\r\nbat:   min 1  sec 5  mV 16200  mA 1400  deg-C 24\r\n"
    #expect(stranger(Array(charging.utf8)) == .none)
  }

  @Test(
    "a robot at another speed is known by what its packets look like at this one", arguments: [4, 6, 12, 24])
  func wrongSpeed(factor: Int) {
    let stream = (0..<30).flatMap { TestPacket.bytes(number: $0) }
    let heard = OversampledLine.heard(stream, factor: factor)
    #expect(heard.count > 64)
    #expect(stranger(heard) == .wrongSpeed)
  }

  @Test("each stranger is told by a line of its own, and says what to do")
  func words() {
    let strangers: [Stranger] = [.echo, .modem, .navigation, .text, .wrongSpeed]
    let lines = strangers.map { RobotError.stranger(port: "/dev/ttyUSB0", $0).description }
    #expect(Set(lines).count == strangers.count)
    for line in lines { #expect(line.hasPrefix("robot /dev/ttyUSB0: ") && !line.contains("no answer")) }
  }
}

/// A serial line that is listened to at a multiple of its speed, as a UART does: 8 bits, no parity, one stop bit.
enum OversampledLine {
  static func heard(_ bytes: [UInt8], factor: Int) -> [UInt8] {
    var levels: [Bool] = []
    for byte in bytes {
      let bits = [false] + (0..<8).map { byte >> $0 & 1 == 1 } + [true]
      for bit in bits { levels += [Bool](repeating: bit, count: factor) }
    }
    levels += [Bool](repeating: true, count: 20)
    var heard: [UInt8] = []
    var position = 0
    while position + 10 <= levels.count {
      guard !levels[position] else {
        position += 1
        continue
      }
      heard.append((0..<8).reduce(0) { $0 | (levels[position + 1 + $1] ? 1 << UInt8($1) : 0) })
      // A missing stop bit is a framing error; the next edge to low begins the next byte.
      let hasStopBit = levels[position + 9]
      position += 10
      if !hasStopBit { while position < levels.count, !levels[position] { position += 1 } }
    }
    return heard
  }
}
