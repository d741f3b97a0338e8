import AVGCore
import Testing

@testable import AVGArm
@testable import AVGTasks

@Suite("UR-Reacher-2 with a camera")
struct VisualURReacher2Tests {
  private typealias World = TaskEnvironment<SimulatedArm, URReacher2>

  private let configuration = TaskConfiguration(.visualURReacher2)

  private func world(seed: UInt64 = 1) throws -> World {
    World(
      body: SimulatedArm(
        ArmSettings(), cycle: configuration.controlPeriod,
        view: ArmView(width: configuration.viewWidthMeters),
        seed: seed), task: try URReacher2(configuration, ArmSettings()))
  }

  @Test("it sees three frames and feels joints and the previous action, but not where the target is")
  func specification() throws {
    var one = try world(seed: 1)
    var other = try world(seed: 2)
    #expect(one.specification.frames == FrameStack(count: 3) && one.specification.signalCount == 6)
    #expect(one.specification == configuration.specification)
    var seen = one.makeObservation()
    var alsoSeen = other.makeObservation()
    one.reset(into: &seen)
    other.reset(into: &alsoSeen)
    #expect(one.body.state.target != other.body.state.target)
    #expect(seen.proprioception == alsoSeen.proprioception)
    #expect(seen.newestFrame.pixels != alsoSeen.newestFrame.pixels)
  }

  @Test(
    "the distance in the image is the tool's from the target, wherever both are",
    arguments: 1..<9 as Range<UInt64>)
  func distance(seed: UInt64) throws {
    var world = try world(seed: seed)
    var random = RandomSource(seed: seed, purpose: "actions")
    var current = world.makeObservation()
    var next = world.makeObservation()
    for _ in 0..<4 {
      world.reset(into: &current)
      let actions = (0..<2).map { _ in Float(random.uniform(in: -1...1)) }
      for _ in 0..<100 {
        let outcome = world.step(actions, from: current, into: &next)
        let tool = ArmKinematics.ur5.tool(at: world.body.state.motion.angles)
        let target = world.body.state.target
        let (y, z) = (tool.y - target.y, tool.z - target.z)
        let distance = (y * y + z * z).squareRoot()
        // What the mark hides of the target's rim moves its middle a little.
        #expect(abs(world.measurements[0] / 1000 - distance) < 0.015)
        let seen = world.measurements[0] / 1000
        #expect(abs(outcome.reward - Float(5 * (Elementary.exp(-seen * seen / 0.01) - seen))) < 1e-5)
        swap(&current, &next)
      }
    }
  }

  @Test(
    "an image without mark or target leaves the distance at the image's width, then at what was seen last")
  func unseen() throws {
    var task = try URReacher2(configuration, ArmSettings())
    let blank = Observation(frames: FrameStack(count: 1))
    let senses = ArmSenses()
    task.beginEpisode(atStep: 0)
    #expect(task.judge(blank, senses).reward == -5)
    var seen = Observation(frames: FrameStack(count: 1))
    ArmView(width: 1).draw(
      ReachingArm.start, target: ArmKinematics.ur5.tool(at: ReachingArm.start), into: &seen.newestFrame.pixels
    )
    #expect(task.judge(seen, senses).reward > 4.9)
    #expect(task.judge(blank, senses).reward > 4.9)
    task.beginEpisode(atStep: 100)
    #expect(task.judge(blank, senses).reward == -5)
  }

  @Test("images are stamped a cycle after the other, and a world goes on to the byte from its state")
  func resumes() throws {
    var one = try world()
    var current = one.makeObservation()
    var next = one.makeObservation()
    one.reset(into: &current)
    for _ in 0..<30 {
      _ = one.step([0.4, -0.7], from: current, into: &next)
      let passed = current.newestFrame.stamp.captured.duration(to: next.newestFrame.stamp.captured)
      #expect(passed == .milliseconds(40))
      swap(&current, &next)
    }
    var other = try world(seed: 9)
    other.restore(one.state)
    var seen = one.makeObservation()
    var alsoSeen = other.makeObservation()
    _ = one.step([-0.2, 1], from: current, into: &seen)
    _ = other.step([-0.2, 1], from: current, into: &alsoSeen)
    #expect(seen.newestFrame.pixels == alsoSeen.newestFrame.pixels)
    #expect(seen.newestFrame.stamp == alsoSeen.newestFrame.stamp)
  }
}
