import AVGArm
import AVGCore
import Testing

@testable import AVGTasks

@Suite("UR-Reacher-2")
struct URReacher2Tests {
  private typealias World = TaskEnvironment<SimulatedArm, URReacher2>

  private func world(seed: UInt64 = 1) throws -> World {
    let configuration = TaskConfiguration(.urReacher2)
    return World(
      body: SimulatedArm(ArmSettings(), cycle: configuration.controlPeriod, seed: seed),
      task: try URReacher2(configuration, ArmSettings()), frames: nil)
  }

  /// The return of an episode, and the last distance in metres.
  private func episode(
    _ world: inout World, _ act: (borrowing World, inout [Float]) -> Void
  ) -> (total: Double, distance: Double, steps: Int) {
    var current = world.makeObservation()
    var next = world.makeObservation()
    var action: [Float] = [0, 0]
    world.reset(into: &current)
    var (total, steps) = (0.0, 0)
    while true {
      act(world, &action)
      let outcome = world.step(action, from: current, into: &next)
      total += Double(outcome.reward)
      steps += 1
      swap(&current, &next)
      if outcome.isLast { return (total, world.measurements[0] / 1000, steps) }
    }
  }

  @Test("it has SenseAct's numbers: 8 signals, 2 actions, 40 ms, 100 steps, joints of up to 0.3 rad/s")
  func specification() throws {
    var world = try world()
    let specification = world.specification
    #expect(specification.signalCount == 8 && specification.actionCount == 2 && specification.frames == nil)
    #expect(specification.controlPeriod == .milliseconds(40) && world.task.timeLimitSteps == 100)
    let command = world.task.command(for: [1, -0.5]).radiansPerSecond
    #expect(command == JointVector(0, 0.3, -0.15, 0, 0, 0, 0, 0))
    var observation = world.makeObservation()
    world.reset(into: &observation)
    let signals = observation.proprioception
    #expect(signals[0] == -2.4 && signals[1] == 1.5 && signals[2...3] == [0, 0] && signals[6...] == [0, 0])
    let tool = ArmKinematics.ur5.tool(at: ReachingArm.start)
    #expect(abs(Double(signals[4]) - (tool.y - world.body.state.target.y)) < 1e-6)
    #expect(abs(Double(signals[5]) - (tool.z - world.body.state.target.z)) < 1e-6)
  }

  @Test("the reward is five times the precision's, at the target 5, and the episode is cut off, not ended")
  func reward() throws {
    var task = try URReacher2(TaskConfiguration(.urReacher2), ArmSettings())
    var senses = ArmSenses()
    for joint in 0..<6 { senses.angles[joint] = Float(ReachingArm.start[joint]) }
    let tool = ArmKinematics.ur5.tool(at: senses.angleVector)
    for axis in 0..<3 { senses.target[axis] = Float(tool[axis]) }
    let observation = Observation(frames: nil, signalCount: 8)
    #expect(abs(task.judge(observation, senses).reward - 5) < 1e-4)
    senses.target[1] += 0.1
    #expect(abs(task.judge(observation, senses).reward - Float(5 * (-0.1 + Elementary.exp(-1.0)))) < 1e-4)
    #expect(abs(task.measurements[0] - 100) < 0.01)
    var world = try world()
    #expect(episode(&world) { _, action in action = [0, 0] }.steps == 100)
  }

  @Test("the oracle reaches the target within 5 mm; chance does not, and its return is far less")
  func oracle() throws {
    let driver = ReachingOracle(ArmSettings())
    var (scripted, still, chance) = (0.0, 0.0, 0.0)
    var reached = 0
    var random = RandomSource(seed: 5, purpose: "chance")
    for seed in 0..<30 as Range<UInt64> {
      var world = try world(seed: seed)
      let own = episode(&world) { world, action in
        driver.act(world.body.state.motion, target: world.body.state.target, into: &action)
      }
      scripted += own.total / 30
      if own.distance < 0.005 { reached += 1 }
      still += episode(&world) { _, action in action = [0, 0] }.total / 30
      chance +=
        episode(&world) { _, action in
          for index in 0..<2 { action[index] = Float(random.uniform(in: -1...1)) }
        }.total / 30
    }
    #expect(reached >= 24, "\(reached)")
    #expect(
      scripted > 150 && scripted > chance + 150 && scripted > still + 150, "\(scripted) \(still) \(chance)")
  }

  @Test("a world goes on to the bit from its state")
  func resumes() throws {
    var one = try world()
    _ = episode(&one) { _, action in action = [0.4, -0.7] }
    var other = try world(seed: 9)
    other.restore(one.state)
    for _ in 0..<3 {
      let first = episode(&one) { world, action in
        action = [Float(world.body.state.motion.angles[1]) / 4, 0.3]
      }
      let second = episode(&other) { world, action in
        action = [Float(world.body.state.motion.angles[1]) / 4, 0.3]
      }
      #expect(first == second)
    }
  }
}
