import AVGCore
import AVGGuard
import AVGRobot
import Testing

@testable import AVGExec

/// The rules of a program's guard, at instants that a test chooses.
private struct Scene {
  var rules: ExecRules
  var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  var number: UInt64 = 0

  init() { rules = ExecRules(ExecRules.Settings(startPatience: .seconds(5)), at: now) }

  mutating func hear(_ text: String) { rules.hear(Array(text.utf8), at: now) }

  mutating func pass(_ milliseconds: Int) {
    for _ in 0..<max(1, milliseconds / 5) {
      now = now.advanced(by: .milliseconds(5))
      rules.tick(at: now)
    }
  }

  mutating func drive(_ left: Int16, _ right: Int16) {
    number += 1
    rules.obey(
      ExecOrder(kind: .drive, speeds: DriveSpeeds(left: left, right: right), number: number, given: now),
      at: now)
  }

  /// What the program was told since it was last asked.
  mutating func told() -> [String] {
    defer { rules.outgoing.removeAll() }
    return String(decoding: rules.outgoing, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  var fault: String { rules.report.fault.text }
}

@Suite("The guard of a robot that a program drives")
struct ExecRulesTests {
  /// A robot that has said what it is, and has answered its first line.
  private func ready(_ senses: String = "ready left_bump") -> Scene {
    var scene = Scene()
    scene.hear("robot 1 cart \(senses)\n")
    scene.pass(5)
    scene.hear("senses 1 1 0\n")
    _ = scene.told()
    return scene
  }

  @Test("the program is told what to expect, and hears nothing more before it has said what it is")
  func hello() {
    var scene = Scene()
    #expect(scene.told() == ["hello 1 wheels period_ms 45 timeout_ms 200 limit_mm_s 300"])
    scene.drive(100, 100)
    scene.pass(200)
    #expect(scene.told().isEmpty)
    scene.hear("robot 1 cart\r\n")
    scene.pass(5)
    #expect(scene.told() == ["stop 1"])
  }

  @Test(
    "a fresh order is told at once, within the limit, and repeated until it is too old; then the robot is stopped"
  )
  func drives() {
    var scene = ready()
    scene.drive(400, -100)
    #expect(scene.told() == ["drive 2 300 -100"])
    scene.hear("senses 2 1 0\n")
    #expect(scene.rules.report.orderNumber == 1)
    scene.pass(50)
    #expect(scene.told() == ["drive 3 300 -100"])
    var lines: [String] = []
    var line = 3
    for _ in 0..<40 {
      scene.hear("senses \(line) 1 0\n")
      scene.pass(5)
      let told = scene.told()
      line += told.count
      lines += told
    }
    // 200 ms after the order, and every 50 ms from then on.
    #expect(lines.first?.hasPrefix("drive 4") == true && lines.last?.hasPrefix("stop") == true)
    #expect(scene.rules.report.expiries == 1 && scene.fault.isEmpty)
  }

  @Test(
    "a robot that is not ready is told to stop, and one that a person has stopped stays so until that is over"
  )
  func holds() {
    var scene = ready()
    scene.hear("senses 1 0 1\n")
    scene.drive(100, 100)
    #expect(scene.rules.report.phase == .unready && scene.rules.report.reading.leftBump)
    #expect(scene.told().isEmpty)
    scene.hear("senses 1 1 0\n")
    scene.rules.obey(ExecOrder(kind: .halt, given: scene.now), at: scene.now)
    scene.drive(100, 100)
    scene.pass(10)
    #expect(scene.rules.report.phase == .held && scene.told().allSatisfy { $0.hasPrefix("stop") })
    scene.rules.obey(ExecOrder(kind: .clear, given: scene.now), at: scene.now)
    scene.drive(100, 100)
    #expect(scene.told().last?.hasPrefix("drive") == true)
  }

  @Test("a program that answers late is not driven, and one that hangs is given up")
  func late() {
    var scene = ready()
    for _ in 0..<6 {
      scene.drive(100, 100)
      scene.pass(50)
    }
    #expect(scene.rules.report.phase == .late && scene.rules.report.lateAnswers == 1)
    #expect(scene.told().last?.hasPrefix("stop") == true)
    scene.pass(2000)
    #expect(scene.fault.hasPrefix("it has not answered line 2 for "))
    #expect(scene.rules.isLeaving && scene.told().last?.hasPrefix("stop") == true)
  }

  @Test("a program that is always a little behind is found out: its oldest line is what counts")
  func behind() {
    var scene = ready()
    var answered = 1
    for _ in 0..<400 where !scene.rules.isLeaving {
      scene.drive(100, 100)
      scene.pass(45)
      if scene.number.isMultiple(of: 2) {
        answered += 1
        scene.hear("senses \(answered) 1 0\n")
      }
    }
    #expect(scene.fault.hasPrefix("it has not answered line "))
  }

  @Test(
    "whatever is no line of the protocol ends the run with a line that says which",
    arguments: [
      ("sensez 1\n", "it said 'sensez 1', which is no line of the protocol"),
      ("\n", "it said '', which is no line of the protocol"),
      ("senses 1 1\n", "it reported 1 senses, not the 2 of its 'robot' line"),
      ("senses 1 1 0 0\n", "it reported 3 senses, not the 2 of its 'robot' line"),
      ("senses one 1 0\n", "it said 'senses one 1 0' without the number of a line after 'senses'"),
      ("senses 1 nan 0\n", "it said 'senses 1 nan 0', in which 'nan' is no number"),
      ("senses 1 1 2\n", "its left_bump is 2.0, which is not within 0.0 to 1.0"),
      ("senses 9 1 0\n", "it answered line 9 after line 1; 1 were sent"),
      ("senses 0 1 0\n", "it answered line 0 after line 1; 1 were sent"),
      ("robot 1 cart\n", "it said twice what it is"),
      ("fault the battery is empty\n", "it said that it cannot go on: the battery is empty"),
      ("\u{1B}[2J\n", "it said '\\u{1B}[2J', which is no line of the protocol"),
      (String(repeating: "x", count: 1001), "it wrote 1001 bytes without the end of a line"),
    ])
  func garbles(line: String, message: String) {
    var scene = ready()
    scene.hear(line)
    #expect(scene.fault == message)
    #expect(scene.rules.isLeaving && scene.told() == ["stop 2"])
  }

  @Test(
    "what a program says of itself must be known",
    arguments: [
      ("robot 2 cart\n", "it speaks version 2 of the protocol, not 1"),
      ("robot cart\n", "its 'robot' line has no version and name: 'robot 1 NAME SENSE…'"),
      ("robot 1 cart nose\n", "it reports 'nose', which nobody knows; there are left_bump right_bump"),
      ("robot 1 cart cliff cliff\n", "it names 'cliff' twice"),
      ("senses 0\n", "it reported senses before its 'robot' line"),
    ])
  func introductions(line: String, message: String) {
    var scene = Scene()
    scene.hear(line)
    #expect(scene.fault.hasPrefix(message))
  }

  @Test("a program that does not say what it is, ends, or whose learner ends, is left, told to stop")
  func ends() {
    var silent = Scene()
    silent.pass(5100)
    #expect(silent.fault.hasPrefix("it did not say what it is within 5 s"))
    var ended = ready()
    ended.rules.programEnded("its process ended with status 3", at: ended.now)
    #expect(ended.fault == "its process ended with status 3" && ended.rules.isLeaving)
    var left = ready()
    left.drive(100, 100)
    left.rules.learnerLeft(at: left.now)
    #expect(left.fault.isEmpty && left.told() == ["drive 2 100 100", "stop 3"])
  }

  @Test("every sense that docs/robot-protocol.md names can be reported, in any order")
  func senses() {
    var scene = Scene()
    let names = ExecSense.allCases.reversed().map(\.rawValue)
    scene.hear("robot 1 cart \(names.joined(separator: " "))\n")
    scene.pass(5)
    scene.hear("senses 1 6 5 4 3 2 1 -12.5 1 1 1 1 1 1\n")
    let reading = scene.rules.report.reading
    #expect((0..<6).map { reading.lightBumps[$0] } == [1, 2, 3, 4, 5, 6])
    #expect(reading.odometerMillimeters == -12.5 && reading.isReady && reading.isDocked && reading.cliff)
    #expect(reading.wheelDrop && reading.rightBump && reading.leftBump)
  }
}
