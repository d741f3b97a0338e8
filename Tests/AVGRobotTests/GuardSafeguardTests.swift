import AVGCore
import Testing

@testable import AVGGuard
@testable import AVGRobot

@Suite("What a guard wants to have before the wheels turn")
struct GuardSafeguardTests {
  private let forward = DriveSpeeds(left: 200, right: 150)

  /// A robot under way.
  private func driving() -> GuardScene {
    var scene = GuardScene()
    scene.pass(milliseconds: 100)
    scene.drive(forward, milliseconds: 90)
    return scene
  }

  @Test("without a second guard nothing moves; once there is one it does")
  func alone() {
    var scene = GuardScene()
    scene.isWatched = false
    scene.pass(milliseconds: 100)
    scene.drive(forward, milliseconds: 180)
    #expect(scene.rules.report.phase == .alone && scene.robot.speeds == .stopped)
    #expect(scene.rules.report.counts.obstacles == 0)
    scene.isWatched = true
    scene.drive(forward, milliseconds: 135)
    #expect(scene.robot.speeds == forward)
  }

  @Test(
    "a second guard that falls silent stops the wheels within 90 ms, and one that is heard again lets them go on"
  )
  func silence() {
    var scene = driving()
    scene.isWatched = false
    scene.drive(forward, milliseconds: 45)
    scene.pass(milliseconds: 30)
    #expect(scene.robot.speeds == forward)
    scene.pass(milliseconds: 15)
    #expect(scene.robot.speeds == .stopped && scene.robot.mode == .passive)
    #expect(scene.rules.report.phase == .alone && scene.rules.report.counts.obstacles == 1)
    scene.drive(forward, milliseconds: 180)
    #expect(scene.robot.speeds == .stopped)
    scene.isWatched = true
    scene.drive(forward, milliseconds: 135)
    #expect(scene.robot.speeds == forward)
  }

  @Test("a second guard that does not hold the port that is open now is as good as none")
  func otherPort() {
    var scene = GuardScene()
    scene.isWatched = false
    for _ in 0..<20 {
      scene.rules.hearPeer(holding: scene.rules.report.portNumber - 1, at: scene.now)
      scene.drive(forward, milliseconds: 45)
    }
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .alone)
  }

  @Test(
    "a learner that does not hold the port moves nothing, and may stop all the same",
    arguments: [0, 2] as [UInt32])
  func learnerWithoutPort(number: UInt32) {
    var scene = driving()
    #expect(scene.rules.report.portNumber == 1)
    let other = DriveSpeeds(left: -100, right: -100)
    scene.rules.obey(
      GuardOrder(kind: .drive, speeds: other, number: 99, given: scene.now, portNumber: number), at: scene.now
    )
    scene.carry()
    #expect(scene.robot.speeds == forward)
    scene.rules.obey(GuardOrder(kind: .halt, number: 0, given: scene.now, portNumber: number), at: scene.now)
    scene.carry()
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .held)
  }

  @Test("after an absence the robot is halted, and nothing that was ordered before it moves anything")
  func absence() {
    var scene = driving()
    let before = GuardOrder(
      kind: .drive, speeds: forward, number: 99, given: scene.now, portNumber: scene.rules.report.portNumber)
    scene.now = scene.now.advanced(by: .milliseconds(20))
    scene.rules.wokeUp(at: scene.now)
    scene.carry()
    #expect(scene.robot.speeds == .stopped && scene.robot.mode == .passive)
    for _ in 0..<20 {
      scene.rules.obey(before, at: scene.now)
      scene.pass(milliseconds: 5)
    }
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .driving)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward && scene.rules.report.counts.absences == 1)
  }

  @Test("after an absence what a person has stopped stays so")
  func absenceWhileHeld() {
    var scene = driving()
    scene.order(.halt)
    scene.rules.wokeUp(at: scene.now)
    scene.drive(forward, milliseconds: 225)
    #expect(scene.rules.report.phase == .held && scene.robot.speeds == .stopped)
  }

  @Test("before the computer sleeps the wheels stand, and afterwards they wait for an order")
  func sleep() {
    var scene = driving()
    let began = scene.now
    scene.rules.suspend(true, at: scene.now)
    #expect(!scene.rules.stands(since: began))
    scene.carry()
    scene.pass(milliseconds: 20)
    #expect(scene.robot.speeds == .stopped && scene.rules.stands(since: began))
    scene.drive(forward, milliseconds: 225)
    #expect(scene.robot.speeds == .stopped && scene.rules.report.phase == .suspending)
    scene.rules.suspend(false, at: scene.now)
    scene.pass(milliseconds: 180)
    #expect(scene.robot.speeds == .stopped)
    scene.drive(forward, milliseconds: 45)
    #expect(scene.robot.speeds == forward)
  }

  @Test("a process that was stopped knows that it was away; one that is only busy was not")
  func absenceWatch() {
    var watch = AbsenceWatch()
    let start = MonotonicInstant.now
    let answers = [60, 170, 180, 300].map { watch.wasAway(at: start.advanced(by: .milliseconds($0))) }
    #expect(answers == [false, true, false, true])
  }
}
