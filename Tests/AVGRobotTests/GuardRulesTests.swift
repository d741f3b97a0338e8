import AVGCore
import Testing

@testable import AVGRobot

@Suite("The guard's rules")
struct GuardRulesTests {
  private let forward = DriveSpeeds(left: 200, right: 150)

  /// A robot under way.
  private func driving() -> GuardScene {
    var scene = GuardScene()
    scene.pass(milliseconds: 100)
    scene.drive(forward, milliseconds: 90)
    return scene
  }

  @Test("a robot that answers is put into safe mode, stands, and then does what it is told within the limit")
  func drives() {
    var scene = GuardScene()
    #expect(scene.rules.report.phase == .waking)
    scene.pass(milliseconds: 100)
    #expect(scene.rules.report.phase == .driving)
    #expect(scene.robot.mode == .safe && scene.robot.speeds == .stopped)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
    #expect(scene.rules.report.sent == forward && scene.rules.report.orderNumber == 1)

    scene.rules = GuardRules(GuardRules.Settings(speedLimit: 150))
    scene.rules.portOpened(at: scene.now)
    scene.pass(milliseconds: 100)
    scene.drive(DriveSpeeds(left: 400, right: -400), milliseconds: 45)
    #expect(scene.robot.speeds == DriveSpeeds(left: 150, right: -150))
    #expect(scene.rules.report.sent == DriveSpeeds(left: 150, right: -150))
  }

  @Test("without a fresh order for 200 ms the wheels stop, and a late order moves nothing")
  func expires() {
    var scene = driving()
    scene.order(.drive, forward)
    scene.pass(milliseconds: 195)
    #expect(scene.robot.speeds == forward)
    scene.pass(milliseconds: 15)
    #expect(scene.robot.speeds == .stopped)
    #expect(scene.rules.report.counts.expiries == 1)
    scene.order(.drive, forward, ageMilliseconds: 250)
    scene.pass(milliseconds: 15)
    #expect(scene.robot.speeds == .stopped)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
  }

  @Test("when the learner is gone the robot is left stopped and passive, its stream off")
  func leaves() {
    var scene = driving()
    scene.rules.beginLeaving(at: scene.now)
    scene.carry()
    #expect(scene.robot.speeds == .stopped && scene.robot.mode == .passive)
    scene.pass(milliseconds: 200)
    #expect(scene.rules.hasEnded == true)
    scene.robot.outgoing.removeAll()
    for _ in 0..<10 { scene.robot.advance() }
    #expect(scene.robot.outgoing.isEmpty)
    // An order that comes too late is none.
    scene.order(.drive, forward)
    #expect(scene.robot.speeds == .stopped)
  }

  @Test("a robot that is not understood is halted, and put to work again when it is")
  func silence() {
    var scene = driving()
    scene.guardHears = false
    for _ in 0..<3 {
      scene.order(.drive, forward)
      scene.pass(milliseconds: 45)
    }
    #expect(scene.robot.speeds == .stopped && scene.robot.mode == .passive)
    #expect(scene.rules.report.phase == .waking && scene.rules.report.counts.silences == 1)
    scene.drive(forward, milliseconds: 450)
    #expect(scene.robot.speeds == .stopped)
    scene.guardHears = true
    scene.pass(milliseconds: 600)
    #expect(scene.rules.report.phase == .driving)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
  }

  @Test(
    "noise on the line stops the robot within 250 ms, and no garbled command moves it while the noise lasts")
  func noise() {
    for seed in UInt64(1)...25 {
      let motion = Motion()
      var scene = GuardScene { line in
        if line.hasPrefix("wheels"), line != "wheels 0 0" { motion.starts += 1 }
      }
      scene.pass(milliseconds: 100)
      scene.drive(forward, milliseconds: 90)
      scene.noise = RandomSource(seed: seed, purpose: "noise on the line")
      scene.drive(forward, milliseconds: 225)
      motion.starts = 0
      scene.drive(forward, milliseconds: 1800)
      #expect(scene.robot.speeds == .stopped && motion.starts == 0, "seed \(seed)")
      scene.noise = nil
      // Noise may have made a reset of a command, or one that swallows the next 255 bytes.
      for _ in 0..<16 where scene.rules.report.phase != .driving { scene.pass(milliseconds: 500) }
      scene.drive(forward, milliseconds: 90)
      // This world's dock is where the robot stands: a garbled byte may have sent it there.
      #expect(scene.robot.speeds == forward || scene.rules.report.phase == .docked, "seed \(seed)")
    }
  }

  @Test("a search for the dock that noise has begun ends within 100 ms, though the robot is not understood")
  func garbledSearch() {
    for wait in stride(from: 0, to: 250, by: 10) {
      var scene = driving()
      scene.robot.world.stepsToDock = 10_000
      scene.guardHears = false
      scene.pass(milliseconds: 600 + wait)
      #expect(scene.rules.report.phase == .waking && scene.robot.speeds == .stopped)
      scene.robot.hear(143)
      scene.robot.advance()
      #expect(scene.robot.speeds != .stopped)
      scene.pass(milliseconds: 95)
      #expect(scene.robot.speeds == .stopped, "\(wait) ms later")
    }
  }

  /// How often the wheels were set in motion.
  private final class Motion { var starts = 0 }

  @Test("a robot that answers no more has its port opened again after 3 s, and is asked to wake up before")
  func reopens() {
    var scene = driving()
    scene.robotHears = false
    scene.guardHears = false
    scene.pass(milliseconds: 1300)
    #expect(scene.rules.wantsWaking && !scene.rules.wantsReopening)
    scene.rules.wakingDone()
    scene.pass(milliseconds: 1700)
    #expect(scene.rules.wantsReopening && !scene.rules.wantsWaking)
    scene.rules.portLost(at: scene.now)
    // Asked for once: whoever closes it must have the time to open it again.
    #expect(scene.rules.report.phase == .searching && !scene.rules.wantsReopening)
    scene.robotHears = true
    scene.guardHears = true
    scene.rules.portOpened(at: scene.now)
    scene.pass(milliseconds: 100)
    #expect(scene.rules.report.phase == .driving && scene.rules.report.counts.reopenings == 1)
  }

  @Test(
    "a wheel drop or a cliff holds the robot until it is over and the learner says so",
    arguments: [true, false])
  func hazards(isCliff: Bool) {
    var scene = driving()
    if isCliff { scene.robot.isAtEdge = true } else { scene.robot.isLifted = true }
    scene.drive(forward, milliseconds: 45)
    #expect(scene.rules.report.phase == .held && scene.rules.report.counts.hazards == 1)
    scene.order(.clear)
    scene.drive(forward, milliseconds: 90)
    #expect(scene.rules.report.phase == .held && scene.robot.speeds == .stopped)
    scene.robot.isAtEdge = false
    scene.robot.isLifted = false
    scene.drive(forward, milliseconds: 90)
    #expect(scene.rules.report.phase == .held && scene.robot.speeds == .stopped)
    scene.order(.clear)
    scene.pass(milliseconds: 45)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
  }

  @Test("a robot that falls to passive mode, or starts anew, is put into safe mode again, standing")
  func reenters() {
    var scene = driving()
    scene.robot.pressButton()
    scene.pass(milliseconds: 60)
    #expect(scene.robot.mode == .safe && scene.robot.speeds == .stopped)
    #expect(scene.rules.report.counts.reentries == 1)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)

    scene.robot.reboot()
    scene.pass(milliseconds: 4000)
    #expect(scene.rules.report.phase == .driving && scene.robot.mode == .safe)
  }

  @Test("a command that the robot has not taken is repeated")
  func repeats() {
    var scene = driving()
    scene.robotHears = false
    scene.order(.drive, DriveSpeeds(left: -100, right: -100))
    scene.robotHears = true
    #expect(scene.robot.speeds == forward)
    scene.pass(milliseconds: 75)
    #expect(scene.robot.speeds == DriveSpeeds(left: -100, right: -100))
    #expect(scene.rules.report.counts.repeats == 1)
  }

  @Test("an emergency stop holds the robot, whatever the learner orders after it")
  func emergency() {
    var scene = driving()
    scene.order(.halt)
    #expect(scene.robot.speeds == .stopped && scene.robot.mode == .passive)
    scene.drive(forward, milliseconds: 200)
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .held)
    scene.order(.clear)
    scene.pass(milliseconds: 45)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
    // A busy processor is no excuse.
    scene.order(.halt, ageMilliseconds: 900)
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .held)
  }

  @Test(
    "the robot looks for its dock while the learner lives, stands there charging, and leaves it in full mode")
  func docks() {
    var scene = driving()
    scene.robot.world.stepsToDock = 100
    scene.order(.seekDock)
    #expect(scene.rules.report.phase == .docking)
    for _ in 0..<6 {
      scene.order(.live)
      scene.pass(milliseconds: 90)
    }
    #expect(
      scene.rules.report.phase == .docked && scene.robot.isDocked && scene.rules.report.reading.isCharging)
    // No order is needed to stand there.
    scene.pass(milliseconds: 500)
    #expect(scene.rules.report.phase == .docked && scene.robot.speeds == .stopped)
    scene.order(.leaveDock)
    scene.pass(milliseconds: 45)
    #expect(scene.robot.mode == .full)
    scene.drive(DriveSpeeds(left: -200, right: -200), milliseconds: 450)
    #expect(!scene.robot.isDocked && scene.robot.mode == .safe)
  }

  @Test("a search for the dock is broken off when the learner falls silent")
  func breaksOffDocking() {
    var scene = driving()
    scene.robot.world.stepsToDock = 10_000
    scene.order(.seekDock)
    scene.pass(milliseconds: 60)
    #expect(scene.robot.speeds != .stopped)
    scene.pass(milliseconds: 200)
    #expect(scene.robot.speeds == .stopped)
  }
}
