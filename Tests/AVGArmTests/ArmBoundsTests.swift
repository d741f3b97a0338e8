import AVGCore
import Testing

@testable import AVGArm

@Suite("How far an arm may go")
struct ArmBoundsTests {
  private static let tick = SimulatedArm.tickSeconds

  @Test("a UR5's tool is where its maker's parameters say, at rest and turned")
  func kinematics() {
    let zero = ArmKinematics.ur5.tool(at: JointVector())
    #expect(abs(zero.x + 0.81725) < 1e-12 && abs(zero.y + 0.19145) < 1e-12 && abs(zero.z + 0.005491) < 1e-12)
    // Straight up: all links on one line above the shoulder.
    var up = JointVector()
    up[1] = -.pi / 2
    let tool = ArmKinematics.ur5.tool(at: up)
    #expect(abs(tool.x + 0.09465) < 1e-12 && abs(tool.y + 0.19145) < 1e-12)
    #expect(abs(tool.z - (0.089159 + 0.81725)) < 1e-12)
    // A quarter turn of the base turns the place by the same.
    up[0] = .pi / 2
    let turned = ArmKinematics.ur5.tool(at: up)
    #expect(abs(turned.x - 0.19145) < 1e-12 && abs(turned.y + 0.09465) < 1e-12)
  }

  @Test("the start lies within all bounds, and so does every target, which only both joints' own plane holds")
  func starts() {
    let bounds = ArmBounds()
    #expect(bounds.contains(ReachingArm.start, margin: 0.01))
    var random = RandomSource(seed: 3, purpose: "targets")
    for _ in 0..<2000 {
      let target = ReachingArm.target(in: bounds, from: &random)
      for axis in 0..<3 {
        #expect(target[axis] >= bounds.boxLow[axis] && target[axis] <= bounds.boxHigh[axis])
      }
    }
  }

  @Test(
    "the distance of braking is that of the arithmetic, for any speed and tick, and at most v²/2a + aT²/8",
    arguments: [0.002, 0.008, 0.04])
  func braking(tick: Double) {
    let bounds = ArmBounds()
    for number in 0...1000 {
      let speed = Double(number - 500) / 700
      var motion = JointMotion(angles: JointVector())
      motion.speeds[1] = speed
      let distance = bounds.brakingDistance(at: speed, seconds: tick)
      let expected = bounds.restingAngles(of: motion, seconds: tick)[1]
      while motion.speeds[1] != 0 { motion.advance(toward: JointVector(), acceleration: 1.4, seconds: tick) }
      #expect(abs(motion.angles[1] - expected) < 1e-12)
      #expect(abs(abs(motion.angles[1]) - distance) < 1e-12)
      #expect(distance >= speed * speed / 2.8 - 1e-12)
      #expect(distance <= speed * speed / 2.8 + 1.4 * tick * tick / 8 + 1e-12)
    }
  }

  @Test(
    "in 100,000 random actions of any size no joint crosses its limit, no tool leaves its box, no speed is exceeded"
  )
  func randomActions() {
    var random = RandomSource(seed: 1, purpose: "any actions")
    for (speed, acceleration) in [(0.3, 1.4), (3.0, 2.0)] {
      let bounds = ArmBounds(maximumSpeed: speed, acceleration: acceleration)
      var motion = JointMotion(angles: ReachingArm.start)
      var wanted = JointVector()
      var nearest = Double.infinity
      for _ in 0..<50_000 {
        // Some for one joint alone, most held for long: limits are reached.
        if random.uniform() < 0.01 {
          for joint in 0..<6 { wanted[joint] = 2 * speed * random.uniform(in: -1...1) }
          if random.uniform() < 0.5 { for joint in [0, 3, 4, 5] { wanted[joint] = 0 } }
        }
        motion.advance(
          toward: bounds.allowed(wanted, from: motion, seconds: Self.tick), acceleration: acceleration,
          seconds: Self.tick)
        let isWithin = bounds.contains(motion.angles)
        #expect(isWithin, "\(motion) \(ArmKinematics.ur5.tool(at: motion.angles)) \(speed)")
        guard isWithin else { return }
        for joint in 0..<6 {
          nearest = min(
            nearest, motion.angles[joint] - bounds.lowest[joint],
            bounds.highest[joint] - motion.angles[joint],
            speed - abs(motion.speeds[joint]) + 1)
        }
      }
      // It is not that nothing was tried.
      #expect(nearest < 0.05 && nearest > 0)
    }
  }

  @Test(
    "a joint driven against its limit comes within a thousandth of a radian of it and stays there; a delay is left for"
  )
  func limits() {
    for delay in [0.0, 0.1] {
      var bounds = ArmBounds()
      bounds.delaySeconds = delay
      bounds.boxLow = SIMD3(repeating: -2)
      bounds.boxHigh = SIMD3(repeating: 2)
      var motion = JointMotion(angles: ReachingArm.start)
      var wanted = JointVector()
      wanted[1] = 1
      for _ in 0..<5000 {
        let speeds = bounds.allowed(wanted, from: motion, seconds: Self.tick)
        motion.advance(toward: speeds, acceleration: 1.4, seconds: Self.tick)
      }
      #expect(motion.angles[1] <= bounds.highest[1] && motion.angles[1] > bounds.highest[1] - 0.001)
    }
  }

  @Test("speeds that are no numbers stand still, and an arm that was left outside may only come back")
  func outside() {
    let bounds = ArmBounds()
    var motion = JointMotion(angles: ReachingArm.start)
    let none = bounds.allowed(JointVector(repeating: .nan), from: motion, seconds: Self.tick)
    #expect(none == JointVector())
    motion.angles[1] = -1.2
    motion.angles[2] = 0.2
    #expect(!bounds.contains(motion.angles))
    var moves = 0
    for direction in [-0.3, 0.3] {
      var wanted = JointVector()
      wanted[1] = direction
      if bounds.allowed(wanted, from: motion, seconds: Self.tick) != JointVector() { moves += 1 }
    }
    #expect(moves <= 1)
  }
}
