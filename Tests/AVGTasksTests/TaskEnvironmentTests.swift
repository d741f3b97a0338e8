import AVGCore
import AVGCreate2
import AVGTasks
import Testing

private let shape = FrameShape(height: 10, width: 10)

extension WheelSpeeds {
  /// Speeds in millimetres per second.
  init(_ left: Double, _ right: Double) {
    self.init(left: .millimetersPerSecond(left), right: .millimetersPerSecond(right))
  }
}

@Suite("Task environment")
struct TaskEnvironmentTests {
  private func environment(
    _ targetShares: [Double], _ prepare: (inout ScriptedBody) -> Void = { _ in }
  ) throws -> TaskEnvironment<ScriptedBody, CreateReacher> {
    var body = ScriptedBody(targetShares: targetShares)
    prepare(&body)
    return TaskEnvironment(
      body: body, task: try CreateReacher(frameShape: shape), frames: FrameStack(shape: shape))
  }

  @Test("an observation has three frames and eight signals")
  func makesObservations() throws {
    let observation = try environment([0]).makeObservation()
    #expect(observation.frames.count == 3)
    #expect(observation.frames[0].shape == shape)
    #expect(observation.proprioception.count == 8)
  }

  @Test("an episode starts with a stack of its first frame, and each step shifts it by one")
  func stacks() throws {
    var environment = try environment([0])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    #expect(current.frames.map(\.stamp.sequence) == [0, 0, 0])
    #expect(current.frames.map { $0.pixels[2] } == [100, 100, 100])
    for expected: [UInt32] in [[0, 0, 1], [0, 1, 2], [1, 2, 3]] {
      _ = try environment.step([0, 0], from: current, into: &next)
      swap(&current, &next)
      #expect(current.frames.map(\.stamp.sequence) == expected)
      #expect(current.frames.map { UInt32($0.pixels[2]) - 100 } == expected)
    }
  }

  @Test("a step drives, waits for the cycle and senses, in this order")
  func keepsTheOrder() throws {
    var environment = try environment([0])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    _ = try environment.step([0.5, -1], from: current, into: &next)
    #expect(environment.body.calls == [.reset, .sense, .drive(WheelSpeeds(150, -300)), .awaitCycle, .sense])
  }

  @Test("actions are clamped to the task's speed, and one that is not finite stops both wheels")
  func convertsActions() throws {
    var environment = try environment([0])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    #expect(current.proprioception[6...] == [0, 0])
    for action: [Float] in [[2, -3], [.nan, 1], [1, .infinity]] {
      _ = try environment.step(action, from: current, into: &next)
      // The agent is told what was done, not what it asked for.
      #expect(next.proprioception[6...] == (action[0] == 2 ? [1, -1] : [0, 0]))
    }
    let speeds = environment.body.calls.compactMap { call in
      if case .drive(let speeds) = call { speeds } else { nil }
    }
    #expect(speeds == [WheelSpeeds(300, -300), .stopped, .stopped])
  }

  @Test("time-out truncates at step 333 and is no termination; the next episode has its own time")
  func truncates() throws {
    var environment = try environment([0])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    for _ in 0..<2 {
      try environment.reset(into: &current)
      for step in 1...333 {
        let outcome = try environment.step([0, 0], from: current, into: &next)
        #expect(outcome.reward == -1)
        #expect(!outcome.terminated && !outcome.reachedGoal)
        #expect(outcome.truncated == (step == 333))
      }
    }
  }

  @Test("a target of 12 % ends the episode at its goal, one of 11 % does not")
  func terminates() throws {
    var environment = try environment([0, 0.11, 0.12])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    let first = try environment.step([1, 1], from: current, into: &next)
    #expect(first == Outcome(reward: -1))
    let second = try environment.step([1, 1], from: current, into: &next)
    #expect(second == Outcome(reward: -1, terminated: true, reachedGoal: true))
    #expect(environment.task.targetArea == 0.12)
  }

  @Test("a goal reached in the last step allowed is no time-out")
  func goalBeatsTimeOut() throws {
    var configuration = TaskConfiguration()
    configuration.timeLimitSteps = 1
    var environment = TaskEnvironment(
      body: ScriptedBody(targetShares: [0, 0.5]), task: try CreateReacher(configuration, frameShape: shape),
      frames: FrameStack(shape: shape))
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    let outcome = try environment.step([1, 1], from: current, into: &next)
    #expect(outcome.terminated && outcome.reachedGoal && !outcome.truncated)
  }

  @Test("a wheel drop ends the episode with −333, whatever the camera sees")
  func wheelDrop() throws {
    var environment = try environment([0, 0.5]) { $0.wheelDrop = true }
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    let outcome = try environment.step([1, 1], from: current, into: &next)
    #expect(outcome == Outcome(reward: -333, terminated: true))
  }

  @Test("missed cycles are passed on")
  func reportsMissedCycles() throws {
    var environment = try environment([0]) { $0.missedCycles = 2 }
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    #expect(try environment.step([0, 0], from: current, into: &next).missedCycles == 2)
  }

  @Test("a start at the goal, or nearly, is drawn again")
  func leavesTheTarget() throws {
    var environment = try environment([0.3, 0.11, 0.10])
    var observation = environment.makeObservation()
    try environment.reset(into: &observation)
    #expect(environment.body.calls == [.reset, .sense, .reset, .sense, .reset, .sense])
    #expect(observation.frames.map(\.stamp.sequence) == [2, 2, 2])
  }

  @Test("a body that cannot move starts where it is; one that never gets away starts after 1000 tries")
  func givesUpResetting() throws {
    var fixed = try environment([0.3]) { $0.canMove = false }
    var observation = fixed.makeObservation()
    try fixed.reset(into: &observation)
    #expect(fixed.body.calls == [.reset, .sense])

    var trapped = try environment([0.3])
    try trapped.reset(into: &observation)
    #expect(trapped.body.calls.count == 2000)
  }

  @Test(
    "a failure stops the wheels before it travels",
    arguments: [ScriptedBody.Call.drive(WheelSpeeds(300, 300)), .awaitCycle])
  func stopsOnFailure(broken: ScriptedBody.Call) throws {
    var environment = try environment([0]) { $0.brokenCall = broken }
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    #expect(throws: ScriptedBody.Fault.self) {
      _ = try environment.step([1, 1], from: current, into: &next)
    }
    #expect(environment.body.calls.last == .drive(.stopped))
  }

  @Test(
    "a failure to sense or to reset stops the wheels as well", arguments: [ScriptedBody.Call.sense, .reset])
  func stopsOnFailedReset(broken: ScriptedBody.Call) throws {
    var environment = try environment([0]) { $0.brokenCall = broken }
    var observation = environment.makeObservation()
    #expect(throws: ScriptedBody.Fault.self) { try environment.reset(into: &observation) }
    #expect(environment.body.calls.last == .drive(.stopped))
  }
}

@Suite("Task environment without sight")
struct BlindTaskEnvironmentTests {
  private func environment(
    stale: Set<Int>, limit: Int = 3, targetShares: [Double] = [0]
  ) throws -> TaskEnvironment<ScriptedBody, CreateReacher> {
    var body = ScriptedBody(targetShares: targetShares)
    body.staleSenses = stale
    return TaskEnvironment(
      body: body, task: try CreateReacher(frameShape: shape), frames: FrameStack(shape: shape),
      staleStepLimit: limit)
  }

  @Test("a stale step stops the wheels at once, shows the last frames and counts for nothing")
  func stops() throws {
    var environment = try environment(stale: [2])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    _ = try environment.step([1, 1], from: current, into: &next)
    swap(&current, &next)
    let outcome = try environment.step([1, 0.5], from: current, into: &next)
    #expect(outcome == Outcome(reward: 0, isStale: true))
    #expect(environment.body.calls.suffix(2) == [.sense, .drive(.stopped)])
    #expect(next.frames.map(\.stamp.sequence) == current.frames.map(\.stamp.sequence))
    #expect(next.frames.map(\.pixels) == current.frames.map(\.pixels))
  }

  @Test("the step after a stale one stands still whatever its action, and sees a world without a past")
  func standsStill() throws {
    var environment = try environment(stale: [2])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    for _ in 0..<2 {
      _ = try environment.step([1, 1], from: current, into: &next)
      swap(&current, &next)
    }
    let outcome = try environment.step([1, 1], from: current, into: &next)
    #expect(outcome == Outcome(reward: 0, isStale: true))
    #expect(environment.body.calls.suffix(3) == [.drive(.stopped), .awaitCycle, .sense])
    #expect(next.proprioception[6...] == [0, 0])
    #expect(next.frames.map(\.stamp.sequence) == [2, 2, 2])
    swap(&current, &next)
    #expect(try !environment.step([1, 1], from: current, into: &next).isStale)
    #expect(environment.body.calls.suffix(3) == [.drive(WheelSpeeds(300, 300)), .awaitCycle, .sense])
  }

  @Test(
    "an episode is cut off when it lasts, and begins only once there is sight again, without moving before")
  func truncates() throws {
    // Sensing 0 is the first reset's; 1…5 are blind.
    var environment = try environment(stale: [1, 2, 3, 4, 5])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    var outcomes: [Outcome] = []
    for _ in 0..<3 {
      outcomes.append(try environment.step([1, 1], from: current, into: &next))
      swap(&current, &next)
    }
    #expect(outcomes.map(\.truncated) == [false, false, true])
    // The senses of this reset and of its step: 4 and 5.
    try environment.reset(into: &current)
    #expect(environment.body.calls.count { $0 == .reset } == 1)
    #expect(try environment.step([1, 1], from: current, into: &next).truncated)
    // Sight is back with sensing 6, and the body may go to its start.
    try environment.reset(into: &current)
    #expect(environment.body.calls.count { $0 == .reset } == 2)
    let outcome = try environment.step([1, 1], from: current, into: &next)
    #expect(!outcome.isStale && !outcome.isLast)
  }

  @Test("a start that loses sight is none: its first step ends it, even if sight is back by then")
  func blindStart() throws {
    var environment = try environment(stale: [0])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    let outcome = try environment.step([1, 1], from: current, into: &next)
    #expect(outcome == Outcome(reward: 0, truncated: true, isStale: true))
    #expect(!environment.body.calls.contains(.drive(WheelSpeeds(300, 300))))
  }
}
