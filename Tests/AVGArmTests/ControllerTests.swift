import AVGCore
import Testing

@testable import AVGArm

@Suite("An arm's controller, emulated")
struct ControllerTests {
  private func packet() -> StatePacket {
    var packet = StatePacket()
    packet.time = 12.5
    packet.angles = JointVector(1, -2, 0.5, 0.25, -0.125, 3, 0, 0)
    packet.speeds = JointVector(0.1, 0, -0.2, 0, 0, 0.3, 0, 0)
    packet.safetyMode = 3
    return packet
  }

  /// What changes the robot stands outside of the macro.
  private func expect(_ isTrue: Bool, _ place: SourceLocation = #_sourceLocation) {
    #expect(isTrue, sourceLocation: place)
  }

  @Test("a packet has 1,060 bytes, and its numbers where SenseAct and urx read them")
  func packets() {
    var bytes: [UInt8] = []
    packet().encode(into: &bytes)
    #expect(bytes.count == 1060 && bytes[..<4] == [0, 0, 4, 36])
    func number(_ offset: Int) -> Double { bytes.withUnsafeBytes { $0.bigEndianDouble(at: offset) } }
    #expect(number(4) == 12.5 && number(252) == 1 && number(260) == -2 && number(300) == 0.1)
    #expect(number(756) == 7 && number(812) == 3 && number(940) == 1)
    bytes.withUnsafeBytes { #expect(StatePacket($0) == packet()) }
  }

  @Test(
    "packets are put together from pieces of any size, and what is none is passed over and counted",
    arguments: 0..<20)
  func pieces(seed: UInt64) {
    var random = RandomSource(seed: seed, purpose: "pieces")
    var stream: [UInt8] = []
    var rubbish = 0
    for number in 0..<40 {
      if random.uniform() < 0.3 {
        let count = Int(random.next() % 300)
        stream += (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        rubbish += count
      }
      var next = packet()
      next.time = Double(number)
      next.encode(into: &stream)
    }
    var reader = StateReader()
    var (start, found, newest) = (0, 0, StatePacket())
    while start < stream.count {
      let end = min(stream.count, start + 1 + Int(random.next() % 3000))
      stream.withUnsafeBytes {
        found += reader.read(UnsafeRawBufferPointer(rebasing: $0[start..<end]), into: &newest)
      }
      start = end
    }
    #expect(found == 40 && newest.time == 39 && reader.packets == 40 && reader.skippedBytes == rubbish)
  }

  @Test("a packet that no robot sends is none: other lengths, no numbers, impossible angles")
  func impossible() {
    var bytes: [UInt8] = []
    packet().encode(into: &bytes)
    func isPacket(_ change: (inout [UInt8]) -> Void) -> Bool {
      var changed = bytes
      change(&changed)
      return changed.withUnsafeBytes { StatePacket($0) != nil }
    }
    #expect(isPacket { _ in })
    #expect(!isPacket { $0[2] = 5 })
    #expect(!isPacket { $0.removeLast() })
    #expect(!isPacket { $0.replaceSubrange(252..<260, with: [0x7F, 0xF8, 0, 0, 0, 0, 0, 0]) })
    #expect(!isPacket { $0.replaceSubrange(252..<260, with: [0x40, 0x59, 0, 0, 0, 0, 0, 0]) })
    #expect(!isPacket { $0.replaceSubrange(756..<764, with: [0x3F, 0xE0, 0, 0, 0, 0, 0, 0]) })
  }

  @Test(
    "lines of URScript are read with arguments by place and by name, and nothing else is",
    arguments: [
      ("speedj([0,0.1,-0.2,0,0,0],1.4,0.024)", true),
      ("speedj([0, 0.1, -0.2, 0, 0, 0], a=1.4, t_min=0.008)", true),
      ("  stopj(3)", true), ("stopj(a=2)", true), ("movej([1,2,3,4,5,6], a=1.4, v=1.05, t=2, r=0)", true),
      ("servoj([1,2,3,4,5,6], t=0.008)", true), ("speedj([0,0.1],1.4)", false),
      ("speedj([0,0,0,0,0,nan],1)", false),
      ("movel(p[0,0,0,0,0,0])", false), ("stopj", false), ("def f():", false), ("end", false), ("", false),
      ("speedj([0,0,0,0,0,0],-1)", false), ("stopj(1e300)", false), ("speedj([1,2,3,4,5,6", false),
    ])
  func script(line: String, isMotion: Bool) {
    #expect((ArmScript(line) != nil) == isMotion)
    var robot = EmulatedUR5()
    robot.obey(line)
    robot.advance()
  }

  @Test("speedj is followed with its acceleration for its time, and then the arm stops by itself")
  func speedj() {
    var robot = EmulatedUR5()
    let start = robot.motion.angles
    robot.obey("speedj([0,0.3,0,0,0,0],1.4,0.4)")
    for _ in 0..<20 { robot.advance() }
    #expect(abs(robot.motion.speeds[1] - 20 * 1.4 * 0.008) < 1e-9)
    for _ in 0..<30 { robot.advance() }
    #expect(abs(robot.motion.speeds[1] - 0.3) < 1e-9)
    for _ in 0..<27 { robot.advance() }
    #expect(robot.motion.speeds == JointVector() && robot.motion.angles[1] > start[1] + 0.1)
    robot.obey("speedj([0,0.3,0,0,0,0],1.4)")
    for _ in 0..<1000 { robot.advance() }
    #expect(abs(robot.motion.speeds[1] - 0.3) < 1e-9)
    robot.obey("stopj(3)")
    for _ in 0..<13 { robot.advance() }
    #expect(robot.motion.speeds == JointVector())
  }

  @Test("movej arrives with all joints together, from rest to rest; servoj follows")
  func moves() {
    var robot = EmulatedUR5()
    robot.obey("movej([1,-2,1.2,-0.5,1.5,1], t=2)")
    for _ in 0..<251 { robot.advance() }
    #expect(abs(robot.motion.angles[1] + 2) < 1e-12 && abs(robot.motion.angles[0] - 1) < 1e-12)
    robot.advance()
    #expect(robot.motion.speeds == JointVector())
    robot.obey("servoj([1,-2,1.21,-0.5,1.5,1],0,0,0.08)")
    for _ in 0..<11 { robot.advance() }
    #expect(abs(robot.motion.angles[2] - 1.21) < 1e-12)
  }

  @Test("a protective stop brakes, obeys nothing, and is unlocked after five seconds at the earliest")
  func protectiveStop() {
    var robot = EmulatedUR5()
    robot.obey("speedj([0,0.3,0,0,0,0],1.4)")
    for _ in 0..<100 { robot.advance() }
    robot.stop(.protectiveStop)
    for _ in 0..<6 { robot.advance() }
    #expect(robot.motion.speeds == JointVector() && robot.packet.safetyMode == 3)
    robot.obey("speedj([0,0.3,0,0,0,0],1.4)")
    robot.advance()
    #expect(robot.motion.speeds == JointVector())
    expect(robot.answer(dashboard: "safetymode") == "Safetymode: PROTECTIVE_STOP")
    expect(robot.answer(dashboard: "unlock protective stop").hasPrefix("Cannot unlock"))
    for _ in 0..<625 { robot.advance() }
    expect(robot.answer(dashboard: " unlock protective stop\r") == "Protective stop releasing")
    #expect(robot.packet.safetyMode == 1)
    robot.stop(.emergencyStop)
    expect(robot.answer(dashboard: "safetymode") == "Safetymode: ROBOT_EMERGENCY_STOP")
    expect(robot.answer(dashboard: "dance") == "could not understand: dance")
  }

  @Test("a joint that would cross the controller's own limit leads to a protective stop there")
  func ownLimit() {
    var robot = EmulatedUR5()
    robot.obey("speedj([0,-3,0,0,0,0],10)")
    for _ in 0..<2000 { robot.advance() }
    #expect(robot.safety == .protectiveStop && abs(robot.motion.angles[1]) <= 2 * .pi)
    #expect(robot.motion.speeds == JointVector())
  }

  @Test("data exchange: version, recipe and data as the guide has them, at the rate that was asked for")
  func exchange() {
    func message(_ kind: Character, _ contents: [UInt8]) -> [UInt8] {
      [0, UInt8(contents.count + 3), kind.asciiValue ?? 0] + contents
    }
    var exchange = DataExchange()
    var answers: [UInt8] = []
    func hear(_ bytes: [UInt8]) {
      // A byte at a time.
      for byte in bytes { withUnsafeBytes(of: byte) { exchange.hear($0, answers: &answers) } }
    }
    hear(message("V", [0, 2]))
    #expect(answers == message("V", [1]))
    answers = []
    var rate: [UInt8] = []
    withUnsafeBytes(of: (62.5 as Double).bitPattern.bigEndian) { rate += $0 }
    hear(message("O", rate + Array("timestamp,actual_q,safety_mode,nothing".utf8)))
    #expect(answers == message("O", [1] + Array("DOUBLE,VECTOR6D,INT32,NOT_FOUND".utf8)))
    answers = []
    exchange.tell(packet(), tick: 2, into: &answers)
    #expect(answers.isEmpty)
    hear(message("S", []))
    #expect(answers == message("S", [1]))
    answers = []
    exchange.tell(packet(), tick: 1, into: &answers)
    #expect(answers.isEmpty)
    exchange.tell(packet(), tick: 2, into: &answers)
    #expect(answers.count == 3 + 1 + 8 + 48 + 4 && answers[2] == UInt8(ascii: "U"))
    answers.withUnsafeBytes {
      #expect($0.bigEndianDouble(at: 4) == 12.5 && $0.bigEndianDouble(at: 12) == 1)
    }
    #expect(answers.suffix(4) == [0, 0, 0, 3])
    // Lengths that cannot be end nothing.
    hear([0, 1, 2, 3, 255, 255])
  }
}
