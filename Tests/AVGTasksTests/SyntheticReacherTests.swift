import AVGCore
import AVGSimulation
import AVGTasks
import Testing

/// Create-Reacher on the simulated body, driven by policies that do not learn.
@Suite("Synthetic visual reacher")
struct SyntheticReacherTests {
  /// Runs whole episodes; returns the number of steps of those that reached the goal.
  ///
  /// Fewer pixels show the same shares in less time.
  private func stepsToGoal(
    episodes: Int, _ shape: FrameShape, _ act: (Pose, inout [Float]) -> Void
  ) throws -> [Int] {
    let body = try SimulatedBody(frameShape: shape, seed: 11)
    var environment = TaskEnvironment(
      body: body, task: try CreateReacher(frameShape: shape), frames: FrameStack(shape: shape))
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    var action: [Float] = [0, 0]
    var lengths: [Int] = []
    for _ in 0..<episodes {
      try environment.reset(into: &current)
      #expect(environment.task.targetArea < 0.9 * 0.12)
      var steps = 0
      var outcome = Outcome(reward: 0)
      while !outcome.isLast {
        act(environment.body.pose, &action)
        outcome = try environment.step(action, from: current, into: &next)
        swap(&current, &next)
        steps += 1
      }
      if outcome.reachedGoal { lengths.append(steps) }
    }
    return lengths
  }

  @Test("the oracle reaches the target in every episode, in fewer than 40 steps on average")
  func oracleReaches() throws {
    let oracle = OracleDriver(PenConfiguration())
    let steps = try stepsToGoal(episodes: 100, .standard) { pose, action in
      oracle.act(at: pose, into: &action)
    }
    #expect(steps.count == 100)
    #expect(Double(steps.reduce(0, +)) / 100 < 40)
  }

  @Test("uniform random actions reach the target now and then: enough to learn from, too little to be good")
  func randomReachesRarely() throws {
    var random = RandomSource(seed: 5, purpose: "random policy")
    let steps = try stepsToGoal(episodes: 100, FrameShape(height: 18, width: 32)) { _, action in
      action[0] = Float(random.uniform(in: -1...1))
      action[1] = Float(random.uniform(in: -1...1))
    }
    #expect((3...30).contains(steps.count))
  }
}
