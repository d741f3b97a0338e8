import AVGCore
import Testing

@testable import AVGArm

/// An emulated arm, its guard's rules, and a learner, on a clock of the test's.
private struct Rig {
  var robot = EmulatedUR5()
  var rules = ArmRules(ArmRules.Settings())
  var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  var number: UInt64 = 0
  /// Packets on their way, the oldest first: a network that takes a while.
  var underWay: [StatePacket] = []
  var delay = 1

  /// Lets ticks go by; what the rules say arrives with the next one.
  mutating func pass(_ ticks: Int, isConnected: Bool = true) {
    for _ in 0..<ticks {
      robot.advance()
      now = now.advanced(by: .milliseconds(8))
      underWay.append(robot.packet)
      if underWay.count > delay {
        let packet = underWay.removeFirst()
        if isConnected { rules.hear(packet, count: 1, at: now) }
      }
      rules.tick(at: now)
      for line in said() where isConnected { robot.obey(line) }
    }
  }

  mutating func said() -> [String] {
    defer { rules.outgoing.removeAll() }
    return String(decoding: rules.outgoing, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  mutating func order(_ kind: ArmOrder.Kind, _ speeds: JointVector = JointVector()) {
    number += 1
    rules.obey(
      ArmOrder(kind: kind, speeds: JointSpeeds(radiansPerSecond: speeds), number: number, given: now), at: now
    )
  }

  var isAtRest: Bool { robot.motion.speeds == JointVector() }
}

@Suite("The guard of an arm")
struct ArmRulesTests {
  private let elbow = JointVector(0, 0, 0.3, 0, 0, 0, 0, 0)

  @Test(
    "a fresh order turns the joints, an old one does not: at rest 100 ms + 75 ms + 5 ticks after the last")
  func orders() {
    var rig = Rig()
    rig.pass(3)
    for _ in 0..<25 {
      rig.order(.drive, elbow)
      rig.pass(5)
    }
    #expect(abs(rig.robot.motion.speeds[2] - 0.3) < 1e-9)
    rig.pass((100 + 75 + 40) / 8)
    #expect(rig.isAtRest && rig.rules.report.expiries == 1)
    rig.pass(20)
    let said = rig.said()
    #expect(said.isEmpty)
  }

  @Test("a guard that says nothing more leaves the arm at rest by the controller's own deceleration")
  func silence() {
    var rig = Rig()
    for _ in 0..<25 {
      rig.order(.drive, elbow)
      rig.pass(5)
    }
    rig.pass((24 + 214 + 16) / 8 + 1, isConnected: false)
    #expect(rig.isAtRest)
    #expect(rig.rules.report.phase == .searching)
  }

  @Test("without order, or with the learner gone, the arm is stopped, and stopped again until it rests")
  func leaving() {
    var rig = Rig()
    for _ in 0..<25 {
      rig.order(.drive, elbow)
      rig.pass(5)
    }
    rig.rules.leave(at: rig.now)
    rig.order(.drive, elbow)
    rig.pass((75 + 16) / 8 + 1)
    #expect(rig.isAtRest && rig.rules.isLeaving && rig.rules.isAtRest)
  }

  @Test("a protective stop is obeyed, told of once, and never unlocked")
  func protectiveStop() {
    var rig = Rig()
    rig.pass(3)
    rig.order(.drive, elbow)
    rig.pass(5)
    rig.robot.stop(.protectiveStop)
    for _ in 0..<200 {
      rig.order(.drive, elbow)
      rig.robot.advance()
      rig.now = rig.now.advanced(by: .milliseconds(8))
      rig.rules.hear(rig.robot.packet, count: 1, at: rig.now)
      let said = rig.said()
      #expect(said.isEmpty)
    }
    #expect(rig.rules.report.phase == .stopped && rig.rules.report.safetyStops == 1)
    rig.pass(500)
    let isUnlocked = rig.robot.unlock()
    #expect(isUnlocked)
    for _ in 0..<5 {
      rig.order(.drive, elbow)
      rig.pass(5)
    }
    #expect(rig.rules.report.phase == .driving && !rig.isAtRest)
  }

  @Test("halt stops at once and lasts until clear")
  func halt() {
    var rig = Rig()
    for _ in 0..<25 {
      rig.order(.drive, elbow)
      rig.pass(5)
    }
    rig.order(.halt)
    for _ in 0..<10 {
      rig.order(.drive, elbow)
      rig.pass(2)
    }
    #expect(rig.isAtRest && rig.rules.report.phase == .held)
    rig.order(.clear)
    rig.order(.drive, elbow)
    rig.pass(5)
    #expect(!rig.isAtRest)
  }

  @Test("from anywhere within its bounds the arm comes back to its start")
  func start() {
    var random = RandomSource(seed: 4, purpose: "poses")
    for _ in 0..<5 {
      var rig = Rig()
      for _ in 0..<100 {
        let wanted = JointVector(0, random.uniform(in: -1...1), random.uniform(in: -1...1), 0, 0, 0, 0, 0)
        for _ in 0..<4 {
          rig.order(.drive, wanted)
          rig.pass(5)
        }
      }
      #expect(!rig.rules.report.isAtStart)
      for _ in 0..<800 {
        rig.order(.goToStart)
        rig.pass(5)
        if rig.rules.report.isAtStart { break }
      }
      #expect(rig.rules.report.isAtStart)
    }
  }

  @Test(
    "in random orders, 40 ms apart, through the guard no joint crosses its limit and no tool leaves its box, whatever the delay",
    arguments: [0, 1, 2])
  func bounds(delay: Int) {
    var random = RandomSource(seed: UInt64(delay), purpose: "any orders")
    let bounds = ArmBounds()
    var rig = Rig()
    rig.delay = delay
    var wanted = JointVector()
    var nearest = Double.infinity
    for _ in 0..<8_000 {
      if random.uniform() < 0.05 {
        for joint in 1...2 { wanted[joint] = random.uniform(in: -1...1) }
      }
      rig.order(.drive, wanted)
      rig.pass(5)
      let isWithin = bounds.contains(rig.robot.motion.angles)
      #expect(
        isWithin,
        "\(delay) \(rig.robot.motion) \(ArmKinematics.ur5.tool(at: rig.robot.motion.angles)) \(wanted)")
      guard isWithin else { return }
      for joint in 1...2 {
        nearest = min(
          nearest, rig.robot.motion.angles[joint] - bounds.lowest[joint],
          bounds.highest[joint] - rig.robot.motion.angles[joint])
      }
    }
    #expect(nearest < 0.02 && rig.rules.report.boundedOrders > 100)
  }

  @Test("late packets are counted, and an arm that is not heard is not driven")
  func late() {
    var rig = Rig()
    rig.pass(10)
    rig.now = rig.now.advanced(by: .milliseconds(30))
    rig.pass(1)
    #expect(rig.rules.report.latePackets == 1)
    rig.pass(15, isConnected: false)
    rig.order(.drive, elbow)
    let said = rig.said()
    #expect(rig.rules.report.phase == .searching && said.isEmpty)
  }
}
