import AVGCore
import Testing

@testable import AVGRobot

@Suite("The emulated robot")
struct EmulatedRobotTests {
  private func robot(charge: Double = 2600, haste: Double = 1) -> EmulatedRobot<StillWorld> {
    EmulatedRobot(world: StillWorld(), charge: charge, batteryHaste: haste, log: { _ in })
  }

  private func say(_ bytes: [UInt8], to robot: inout EmulatedRobot<StillWorld>) {
    for byte in bytes { robot.hear(byte) }
  }

  private func pass(_ milliseconds: Int, _ robot: inout EmulatedRobot<StillWorld>) {
    for _ in 0..<milliseconds / 5 { robot.advance() }
  }

  @Test("off, it hears nothing but Start; passive, it does not drive; Stop puts it off again")
  func modes() {
    var robot = robot()
    say([131, 145, 0, 100, 0, 100, 142, 35], to: &robot)
    #expect(robot.mode == .off && robot.outgoing.isEmpty)
    say([128, 145, 0, 100, 0, 100, 142, 35], to: &robot)
    #expect(robot.mode == .passive && robot.speeds == .stopped && robot.outgoing == [1])
    say([131, 145, 0, 100, 0xFF, 0x9C], to: &robot)
    #expect(robot.mode == .safe && robot.speeds == DriveSpeeds(left: -100, right: 100))
    say([132], to: &robot)
    #expect(robot.mode == .full && robot.speeds == DriveSpeeds(left: -100, right: 100))
    say([128], to: &robot)
    #expect(robot.mode == .passive && robot.speeds == .stopped)
    say([132, 145, 0, 100, 0, 100, 173], to: &robot)
    #expect(robot.mode == .off && robot.speeds == .stopped)
  }

  @Test("in safe mode a wheel drop and a cliff stop it; in full mode they do not")
  func safety() {
    for isCliff in [true, false] {
      var robot = robot()
      say([128, 131, 145, 0, 100, 0, 100], to: &robot)
      if isCliff { robot.isAtEdge = true } else { robot.isLifted = true }
      pass(5, &robot)
      #expect(robot.mode == .passive && robot.speeds == .stopped)
      // It does not enter safe mode while that lasts.
      say([131], to: &robot)
      #expect(robot.mode == .passive)
      say([132, 145, 0, 100, 0, 100], to: &robot)
      pass(5, &robot)
      #expect(robot.mode == .full && robot.speeds == DriveSpeeds(left: 100, right: 100))
      say([142, 7, 142, 10], to: &robot)
      #expect(robot.outgoing == (isCliff ? [0, 1] : [12, 0]))
    }
  }

  @Test("a stream comes every 15 ms, byte for byte as the document has it, until it is paused")
  func streams() {
    var robot = robot()
    // The document's example: packets 29 and 13.
    say([128, 148, 2, 29, 13], to: &robot)
    pass(30, &robot)
    let packet: [UInt8] = [19, 5, 29, 0, 0, 13, 0]
    let whole = packet + [0 &- packet.reduce(0, &+)]
    #expect(robot.outgoing == whole + whole)
    robot.outgoing.removeAll()
    say([150, 0], to: &robot)
    pass(60, &robot)
    #expect(robot.outgoing.isEmpty)
    say([150, 1], to: &robot)
    pass(15, &robot)
    #expect(robot.outgoing == whole)
  }

  @Test(
    "every group has the size that the document gives",
    arguments: [
      (0, 26), (1, 10), (2, 6), (3, 10), (4, 14), (5, 12), (6, 52), (100, 80), (101, 28), (106, 12), (107, 9),
    ] as [(UInt8, Int)])
  func groups(number: UInt8, size: Int) {
    var robot = robot()
    say([128, 142, number], to: &robot)
    #expect(robot.outgoing.count == size)
    robot.outgoing.removeAll()
    say([149, 2, number, 35], to: &robot)
    #expect(robot.outgoing.count == size + 1)
  }

  @Test("commands with data are read to their end, those that it does not know are passed over")
  func arguments() {
    var robot = robot()
    // A song, its playing, a schedule, lights; within them, bytes that are commands elsewhere.
    say([128, 131, 140, 0, 2, 145, 32, 132, 32, 141, 0], to: &robot)
    say([167, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132, 132], to: &robot)
    say([139, 132, 132, 132, 3, 250, 163, 132, 132, 132, 132], to: &robot)
    #expect(robot.mode == .safe && robot.speeds == .stopped)
    say([137, 0xFF, 0x38, 0x01, 0xF4], to: &robot)
    // The document's example: −200 mm/s along a radius of 500 mm.
    #expect(robot.speeds == DriveSpeeds(left: -153, right: -247))
    say([137, 0, 100, 0x80, 0], to: &robot)
    #expect(robot.speeds == DriveSpeeds(left: 100, right: 100))
    say([137, 0, 100, 0xFF, 0xFF], to: &robot)
    #expect(robot.speeds == DriveSpeeds(left: 100, right: -100))
    say([145, 0x7F, 0xFF, 0x80, 0], to: &robot)
    #expect(robot.speeds == DriveSpeeds(left: -500, right: 500))
  }

  @Test("encoders, distance and angle follow the wheels")
  func odometry() {
    var robot = robot()
    say([128, 131, 145, 0, 200, 0, 100], to: &robot)
    pass(1000, &robot)
    say([149, 4, 43, 44, 19, 20], to: &robot)
    let words = stride(from: 0, to: 8, by: 2).map {
      Int(robot.outgoing[$0]) << 8 | Int(robot.outgoing[$0 + 1])
    }
    // 508.8 counts a turn of π · 72 mm; a turn of the robot takes 235 mm of wheel base.
    #expect(words == [224, 449, 150, 24])
    robot.outgoing.removeAll()
    // Distance and angle begin anew when they have been asked for.
    say([145, 0, 0, 0, 0, 149, 2, 19, 20], to: &robot)
    #expect(robot.outgoing == [0, 0, 0, 0])
  }

  @Test("a reset is a silence of 3 s, in which nothing is heard, and the mode off")
  func resets() {
    var robot = robot()
    say([128, 131, 145, 0, 100, 0, 100, 7], to: &robot)
    #expect(robot.mode == .off && robot.speeds == .stopped)
    #expect(String(decoding: robot.outgoing, as: UTF8.self).hasPrefix("bl-start\r\n"))
    say([128], to: &robot)
    #expect(robot.mode == .off)
    pass(3000, &robot)
    say([128], to: &robot)
    #expect(robot.mode == .passive)
  }

  @Test("it finds its dock, charges there, and sleeps after a minute without a command")
  func dock() {
    var robot = robot(charge: 1000, haste: 100)
    robot.world.stepsToDock = 50
    say([128, 131, 143], to: &robot)
    #expect(robot.mode == .passive)
    pass(300, &robot)
    #expect(robot.isDocked == true)
    say([149, 4, 21, 34, 25, 35], to: &robot)
    #expect(robot.outgoing.prefix(2) == [2, 2] && robot.outgoing.last == 1)
    robot.outgoing.removeAll()
    pass(10_000, &robot)
    say([142, 25], to: &robot)
    #expect((1300...1400).contains(Int(robot.outgoing[0]) << 8 | Int(robot.outgoing[1])))
    // No byte wakes it; its button does, or the baud-rate-change pin.
    pass(61_000, &robot)
    robot.outgoing.removeAll()
    say([142, 35, 128, 142, 35, 128, 142, 35], to: &robot)
    #expect(robot.outgoing.isEmpty)
    robot.wakeUp()
    say([128, 142, 35], to: &robot)
    #expect(robot.outgoing == [1])
  }

  @Test("in passive mode it sleeps after five minutes in which nothing was said; in safe mode it does not")
  func sleep() {
    for (commands, isAsleep) in [([128], true), ([128, 131], false)] as [([UInt8], Bool)] {
      var robot = robot()
      say(commands + [148, 1, 35], to: &robot)
      pass(299_000, &robot)
      robot.outgoing.removeAll()
      pass(15, &robot)
      #expect(!robot.outgoing.isEmpty)
      pass(2000, &robot)
      robot.outgoing.removeAll()
      say([142, 35], to: &robot)
      #expect(robot.outgoing.isEmpty == isAsleep)
      guard isAsleep else { continue }
      // Its stream is over, too.
      robot.pressButton()
      pass(60, &robot)
      #expect(robot.outgoing.isEmpty)
      say([128, 142, 35], to: &robot)
      #expect(robot.outgoing == [1])
    }
  }

  @Test("packets 39 and 40 say what the command Drive asked for, straight on included")
  func requested() {
    var robot = robot()
    say([128, 131], to: &robot)
    for (velocity, radius, answer) in [
      ([0, 100], [0x80, 0], [0, 100, 0x80, 0]), ([0, 100], [0x7F, 0xFF], [0, 100, 0x7F, 0xFF]),
      ([0xFF, 0x38], [0x01, 0xF4], [0xFF, 0x38, 0x01, 0xF4]), ([0, 50], [0, 1], [0, 50, 0, 1]),
      ([0, 50], [0xFF, 0xFF], [0, 50, 0xFF, 0xFF]),
      // Out of the document's range: the nearest in it.
      ([0x7F, 0xFF], [0x0F, 0xA0], [0x01, 0xF4, 0x07, 0xD0]),
    ] as [([UInt8], [UInt8], [UInt8])] {
      robot.outgoing.removeAll()
      say([137] + velocity + radius + [149, 2, 39, 40], to: &robot)
      #expect(robot.outgoing == answer, "\(velocity) \(radius)")
    }
    robot.outgoing.removeAll()
    say([128, 149, 2, 39, 40], to: &robot)
    #expect(robot.outgoing == [0, 0, 0, 0])
  }

  @Test("a song plays for as long as its notes, one at a time, and not in passive mode")
  func songs() {
    var robot = robot()
    // Song 2: 32/64 s and 64/64 s; song 1: 16/64 s.
    say([128, 140, 2, 2, 60, 32, 62, 64, 140, 1, 1, 60, 16, 141, 2, 149, 2, 36, 37], to: &robot)
    #expect(robot.outgoing == [0, 0])
    robot.outgoing.removeAll()
    say([131, 141, 2, 141, 1, 149, 2, 36, 37], to: &robot)
    #expect(robot.outgoing == [2, 1])
    robot.outgoing.removeAll()
    pass(1490, &robot)
    say([142, 37], to: &robot)
    pass(20, &robot)
    say([142, 37, 141, 1, 149, 2, 36, 37], to: &robot)
    #expect(robot.outgoing == [1, 0, 1, 1])
    robot.outgoing.removeAll()
    // One that nobody has defined is none, and a number out of the range likewise.
    pass(300, &robot)
    say([141, 3, 141, 200, 149, 2, 36, 37], to: &robot)
    #expect(robot.outgoing == [1, 0])
  }

  @Test(
    "a group in a stream comes as one: its number, then its data",
    arguments: [
      (0, 26), (1, 10), (2, 6), (3, 10), (4, 14), (5, 12), (6, 52), (100, 80), (101, 28), (106, 12), (107, 9),
    ] as [(UInt8, Int)])
  func streamedGroups(number: UInt8, size: Int) {
    var robot = robot()
    say([128, 148, 2, number, 35], to: &robot)
    pass(15, &robot)
    let packet = robot.outgoing
    #expect(packet.count == size + 6)
    #expect(Array(packet.prefix(3)) == [19, UInt8(size + 3), number])
    #expect(Array(packet.suffix(3).dropLast()) == [35, 1])
    #expect(packet.reduce(0, &+) == 0)
  }

  @Test("the battery empties as it drives")
  func battery() {
    var robot = robot(charge: 1500, haste: 60)
    say([128, 131, 145, 0, 100, 0, 100], to: &robot)
    pass(15_000, &robot)
    say([142, 25], to: &robot)
    #expect((1299...1300).contains(Int(robot.outgoing[0]) << 8 | Int(robot.outgoing[1])))
  }

  @Test("faults are read as they are written, and what is none is refused")
  func faults() {
    #expect(EmulatorFault("noise 2") == .noise(2))
    #expect(EmulatorFault(" unplug  0.5 ") == .unplug(0.5))
    #expect(EmulatorFault("reboot") == .reboot)
    for text in ["", "noise", "noise two", "noise -1", "reboot 2", "rain 3", "noise 1 2", "noise nan"] {
      #expect(EmulatorFault(text) == nil, "\(text)")
    }
    let scheduled = ScheduledFault("~30:passive")
    #expect(scheduled?.fault == .passive && scheduled?.seconds == 30 && scheduled?.isRecurring == true)
    #expect(ScheduledFault("10:noise 2")?.isRecurring == false)
    for text in [
      "passive", "10:rain", "x:passive", "~0:passive", "-1:passive", "inf:passive", "1e300:passive",
      "nan:passive",
    ] {
      #expect(ScheduledFault(text) == nil, "\(text)")
    }
  }
}
