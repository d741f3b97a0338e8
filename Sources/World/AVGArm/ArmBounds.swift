import AVGCore

/// How far the joints of an arm may turn, and where its tool may be.
///
/// Braking is arithmetic. A joint that turns at v and brakes with a stands after v²/2a; one whose controller works in ticks of T
/// brakes by aT a tick, and in the last one by less, r = v mod aT, and stands after
///
///     b(v) = (v² + r (aT − r)) / 2a ≤ v²/2a + aT²/8
///
/// The invariant is that every joint, braking from now on, stands within its range. A tick at v′ keeps it if
/// (v + v′)T/2 + b(v′) is no more than the room that is left, for which v′ ≤ √((aT/2)² + 2a(room − vT/2 − aT²/8)) − aT/2
/// suffices; and braking, v′ = max(0, v − aT), always keeps it, since then both sides are b(v). A delay D, during which an arm goes
/// on as it does, adds vD to b(v). The tool's box is held by the same invariant: where the joints would stand, the tool is in
/// the box.
public struct ArmBounds: Hashable, Sendable {
  /// The least angles in radians.
  public var lowest: JointVector
  /// The greatest angles.
  public var highest: JointVector
  /// The corner of the tool's box with the least x, y and z, in metres.
  public var boxLow: SIMD3<Double>
  /// The opposite corner.
  public var boxHigh: SIMD3<Double>
  /// The greatest speed of a joint, in rad/s.
  public var maximumSpeed: Double
  /// The acceleration and deceleration of a joint, in rad/s².
  public var acceleration: Double
  /// The time from a decision to its effect, during which a joint goes on as it does, in seconds.
  public var delaySeconds = 0.0
  /// What is left free before a joint's limit, in radians; it covers rounding.
  public var angleMargin = 1e-6
  /// What is left free inside the box, in metres; it covers rounding and the way between two ticks.
  public var boxMargin = 0.001

  private static let shares = [1, 0.5, 0.25, 0.1, 0.03]

  private let kinematics: ArmKinematics

  /// Makes the bounds of UR-Reacher-2 on a UR5, as SenseAct has them: the shoulder −180° to −60°, the elbow −120° to 130°, the
  /// tool in a box of 0.4 × 0.7 × 0.5 m.
  ///
  /// Source: Mahmood et al., *Benchmarking Reinforcement Learning Algorithms on Real-World Robots*, CoRL 2018; SenseAct,
  /// setup UR5_default.
  public init(maximumSpeed: Double = 0.3, acceleration: Double = 1.4, kinematics: ArmKinematics = .ur5) {
    self.maximumSpeed = maximumSpeed
    self.acceleration = acceleration
    self.kinematics = kinematics
    let degree = Double.pi / 180
    let turn = 2 * Double.pi
    lowest = JointVector(-turn, -180 * degree, -120 * degree, -turn, -turn, -turn, 0, 0)
    highest = JointVector(turn, -60 * degree, 130 * degree, turn, turn, turn, 0, 0)
    boxLow = SIMD3(-0.2, -0.3, 0.5)
    boxHigh = SIMD3(0.2, 0.4, 1.0)
  }

  /// How far a joint goes on that turns at `speed`, in rad/s, and brakes in ticks of `seconds`; in radians, never negative.
  public func brakingDistance(at speed: Double, seconds: Double) -> Double {
    let v = abs(speed)
    let step = acceleration * seconds
    let rest = v - (v / step).rounded(.down) * step
    return (v * v + rest * (step - rest)) / (2 * acceleration)
  }

  /// Where the joints stand if they brake from now on.
  public func restingAngles(of motion: JointMotion, seconds: Double) -> JointVector {
    var angles = motion.angles
    for joint in 0..<JointSpeeds.jointCount {
      let speed = motion.speeds[joint]
      let distance = brakingDistance(at: speed, seconds: seconds) + abs(speed) * delaySeconds
      angles[joint] += speed < 0 ? -distance : distance
    }
    return angles
  }

  /// Whether all joints and the tool are within their bounds.
  public func contains(_ angles: JointVector, margin: Double = 0) -> Bool {
    for joint in 0..<JointSpeeds.jointCount {
      guard angles[joint] >= lowest[joint], angles[joint] <= highest[joint] else { return false }
    }
    return boxContains(kinematics.tool(at: angles), margin: margin)
  }

  private func boxContains(_ tool: SIMD3<Double>, margin: Double) -> Bool {
    for axis in 0..<3 {
      guard tool[axis] >= boxLow[axis] + margin, tool[axis] <= boxHigh[axis] - margin else { return false }
    }
    return true
  }

  /// The speeds that the joints may be told for the next tick: those wanted, or as many of them as keep the invariant.
  ///
  /// - Parameters:
  ///   - wanted: speeds in rad/s; one that is not finite is 0.
  ///   - seconds: the length of a tick.
  public func allowed(_ wanted: JointVector, from motion: JointMotion, seconds: Double) -> JointVector {
    var speeds = JointVector()
    for joint in 0..<JointSpeeds.jointCount {
      let speed = wanted[joint].isFinite ? max(-maximumSpeed, min(maximumSpeed, wanted[joint])) : 0
      speeds[joint] = allowed(speed, joint: joint, from: motion, seconds: seconds)
    }
    // The box: the wish itself, less of it, one joint's part of it, or to brake, which changes nothing about where the tool will
    // stand.
    for choice in 0..<Self.shares.count + JointSpeeds.jointCount {
      let joint = choice - Self.shares.count
      var less = joint < 0 ? speeds * Self.shares[choice] : JointVector()
      if joint >= 0 { less[joint] = speeds[joint] }
      // To stand still is no part of a wish to move.
      if joint >= 0, less == JointVector() { continue }
      var next = motion
      next.advance(toward: less, acceleration: acceleration, seconds: seconds)
      if keepsTool(next, seconds: seconds) { return less }
      let rest = kinematics.tool(at: restingAngles(of: next, seconds: seconds))
      if isNearer(rest, than: motion, seconds: seconds) { return less }
    }
    return JointVector()
  }

  /// Whether the tool stays in its box while the joints brake from now on.
  ///
  /// Joints that brake for times of their own turn the way: between two looks, Δt apart, each is at most aΔt²/8 off the straight
  /// line, 0.07 mrad of 20 ms.
  private func keepsTool(_ motion: JointMotion, seconds: Double) -> Bool {
    let end = restingAngles(of: motion, seconds: seconds)
    var (turned, fastest) = (0.0, 0.0)
    for joint in 0..<JointSpeeds.jointCount {
      turned += abs(end[joint] - motion.angles[joint])
      fastest = max(fastest, abs(motion.speeds[joint]))
    }
    let looks = Int(max(turned / 0.02, fastest / acceleration / 0.02).rounded(.up))
    for look in stride(from: 1, to: looks, by: 1) {
      let time = fastest / acceleration * Double(look) / Double(looks)
      var angles = motion.angles
      for joint in 0..<JointSpeeds.jointCount {
        let speed = motion.speeds[joint]
        let braking = min(time, abs(speed) / acceleration)
        let distance = abs(speed) * (braking + delaySeconds) - acceleration * braking * braking / 2
        angles[joint] += speed < 0 ? -distance : distance
      }
      guard boxContains(kinematics.tool(at: angles), margin: boxMargin) else { return false }
    }
    return boxContains(kinematics.tool(at: end), margin: boxMargin)
  }

  /// An arm that is outside, as it was left by somebody, may come back.
  private func isNearer(_ tool: SIMD3<Double>, than motion: JointMotion, seconds: Double) -> Bool {
    let resting = kinematics.tool(at: restingAngles(of: motion, seconds: seconds))
    guard !boxContains(resting, margin: boxMargin) else { return false }
    // Nearer than it is, and than it would be if it braked.
    let present = kinematics.tool(at: motion.angles)
    return excess(of: tool) < min(excess(of: resting), excess(of: present))
  }

  private func excess(of tool: SIMD3<Double>) -> Double {
    var sum = 0.0
    for axis in 0..<3 {
      let over = max(0, boxLow[axis] + boxMargin - tool[axis], tool[axis] - boxHigh[axis] + boxMargin)
      sum += over * over
    }
    return sum
  }

  /// The fastest of a joint's way to `speed` at which it can still stand within its range.
  private func allowed(
    _ speed: Double, joint: Int, from motion: JointMotion, seconds: Double
  ) -> Double {
    let now = motion.speeds[joint]
    let upward = room(now, highest[joint] - angleMargin - motion.angles[joint], seconds)
    let downward = room(-now, motion.angles[joint] - lowest[joint] - angleMargin, seconds)
    return max(-downward, min(upward, speed))
  }

  /// The greatest speed of the next tick toward a limit that is `room` away, at `now` toward it.
  private func room(_ now: Double, _ room: Double, _ seconds: Double) -> Double {
    let step = acceleration * seconds
    let half = step / 2 + acceleration * delaySeconds
    let root = half * half + 2 * acceleration * (room - now * seconds / 2 - step * seconds / 8)
    return root > half * half ? root.squareRoot() - half : 0
  }
}
