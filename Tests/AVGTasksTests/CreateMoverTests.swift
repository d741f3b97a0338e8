import AVGCore
import AVGCreate2
import AVGSimulation
import AVGTasks
import Testing

@Suite("Create-Mover")
struct CreateMoverTests {
  @Test("the reward is 0.15 for each millimetre forward, and less than nothing backward")
  func rewardsDistance() throws {
    var task = try CreateMover()
    var senses = Create2Senses()
    for (distance, reward) in [(22.0, 3.3), (0, 0), (-10, -1.5)] as [(Double, Float)] {
      senses.distanceMillimeters = distance
      let judgement = task.judge(Frame(), senses)
      #expect(judgement == Judgement(reward: reward))
      #expect(task.measurements == [distance])
    }
  }

  @Test("bump, wheel drop, cliff and dock end the episode, and none is a goal")
  func ends() throws {
    var task = try CreateMover()
    let ends: [WritableKeyPath<Create2Senses, Bool>] = [
      \.leftBump, \.rightBump, \.wheelDrop, \.cliff, \.isDocked,
    ]
    for end in ends {
      var senses = Create2Senses()
      senses[keyPath: end] = true
      let judgement = task.judge(Frame(), senses)
      #expect(judgement.terminated && !judgement.reachedGoal)
      // No episode begins where it would end.
      let wouldEnd = task.isAtGoal(Frame(), senses)
      #expect(wouldEnd)
    }
    let isFree = !task.isAtGoal(Frame(), Create2Senses())
    #expect(isFree)
  }

  @Test("an episode is 90 s of 150 ms at 150 mm/s, as in SenseAct")
  func defaults() throws {
    let task = try CreateMover()
    #expect(task.timeLimitSteps == 600)
    #expect(task.configuration.controlPeriod * 600 == .seconds(90))
    #expect(task.actionScale == ActionScale("wheels", perOne: 150, unit: "mm/s"))
    #expect(task.signalCount == 8)
  }

  /// Whole episodes on the simulated body; returns the distance and the length of each.
  private func drive(
    episodes: Int, _ act: (Pose, inout [Float]) -> Void
  ) throws -> [(distance: Double, length: Int)] {
    let settings = TaskConfiguration(.createMover)
    let shape = FrameShape(height: 9, width: 16)
    var environment = TaskEnvironment(
      body: try SimulatedBody(cycle: settings.controlPeriod, frameShape: shape, seed: 4),
      task: try ConfiguredTask(settings, frameShape: shape), frames: FrameStack(shape: shape))
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    var action: [Float] = [0, 0]
    return try (0..<episodes).map { _ in
      try environment.reset(into: &current)
      var (distance, length) = (0.0, 0)
      var outcome = Outcome(reward: 0)
      while !outcome.isLast {
        act(environment.body.pose, &action)
        outcome = try environment.step(action, from: current, into: &next)
        let step = environment.measurements[0]
        #expect(abs(Double(outcome.reward) - 0.15 * step) < 1e-4)
        swap(&current, &next)
        distance += step
        length += 1
      }
      return (distance, length)
    }
  }

  @Test("the scripted driver laps for the whole episode, at more than two thirds of full speed")
  func oracleLaps() throws {
    let driver = LapDriver(PenConfiguration())
    let episodes = try drive(episodes: 20) { driver.act(at: $0, into: &$1) }
    #expect(episodes.allSatisfy { $0.length == 600 })
    #expect(episodes.map(\.distance).reduce(0, +) / 20 > 9000)
  }

  @Test("straight on, an episode ends at the wall")
  func bumps() throws {
    let episodes = try drive(episodes: 20) { _, action in
      action[0] = 1
      action[1] = 1
    }
    #expect(episodes.allSatisfy { $0.length < 600 && $0.distance > 0 && $0.distance < 1600 })
  }

  @Test("random actions lead nowhere")
  func randomStays() throws {
    var random = RandomSource(seed: 5, purpose: "random policy")
    let episodes = try drive(episodes: 20) { _, action in
      action[0] = Float(random.uniform(in: -1...1))
      action[1] = Float(random.uniform(in: -1...1))
    }
    #expect(abs(episodes.map(\.distance).reduce(0, +) / 20) < 300)
  }

  @Test("the configured task judges as the one that it names")
  func dispatches() throws {
    var senses = Create2Senses()
    senses.leftBump = true
    senses.distanceMillimeters = 20
    var mover = try ConfiguredTask(TaskConfiguration(.createMover))
    var reacher = try ConfiguredTask(TaskConfiguration())
    let (moved, reached) = (mover.judge(Frame(), senses), reacher.judge(Frame(), senses))
    #expect(moved.terminated && mover.timeLimitSteps == 600)
    #expect(reached == Judgement(reward: -1))
    #expect(reacher.timeLimitSteps == 333 && reacher.actionScale?.perOne == 300)
  }
}
