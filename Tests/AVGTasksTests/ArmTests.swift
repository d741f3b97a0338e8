import AVGCore
import AVGTasks
import AVGTestSupport
import Testing

@Suite("A base of another kind than two wheels")
struct ArmTests {
  private typealias Arm = ComposedBody<NoEye, ArmBase>

  private func environment(
    _ base: ArmBase = ArmBase()
  ) -> TaskEnvironment<Arm, TouchAhead> {
    let sight = ClockedEye(NoEye(), period: .milliseconds(2), frameShape: nil)
    return TaskEnvironment(
      body: ComposedBody(sight, base), task: TouchAhead(), frames: nil, staleStepLimit: 3)
  }

  @Test("an arm without a camera does a task of its own, with commands and senses of its own")
  func task() throws {
    var environment = environment()
    let specification = environment.specification
    #expect(specification.frames == nil && specification.actionCount == 2 && specification.signalCount == 4)
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    #expect(current.frames.isEmpty)
    try environment.reset(into: &current)
    #expect(current.proprioception == [0, 0, 0, 0])
    var outcome = Outcome(reward: 0)
    var steps = 0
    while !outcome.isLast {
      outcome = try environment.step([1, -0.5], from: current, into: &next)
      steps += 1
      #expect(outcome.reward == -1 && !outcome.isStale)
      #expect(abs(next.proprioception[0] - 0.1 * Float(steps)) < 1e-5)
      #expect(abs(next.proprioception[1] + 0.05 * Float(steps)) < 1e-5)
      #expect(next.proprioception[2...] == [1, -0.5])
      swap(&current, &next)
    }
    #expect(steps == 5 && outcome.terminated && outcome.reachedGoal)
    let told = environment.body.base.commands
    #expect(told.last == JointSpeeds(shoulder: 2, elbow: -1))
  }

  @Test("an arm that does not obey is stopped, and a failure stops it before it travels")
  func stops() throws {
    var base = ArmBase()
    base.jammingCommand = 3
    var environment = environment(base)
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    _ = try environment.step([1, 1], from: current, into: &next)
    _ = try environment.step([1, 1], from: current, into: &next)
    #expect(throws: BodyError<Never, ArmFault>.self) { try environment.begin([1, 1]) }
    #expect(environment.body.base.commands.last == .stopped)
  }

  @Test("steps in which the base does not obey are stale, and cut the episode off when they last")
  func stale() throws {
    var base = ArmBase()
    base.obeys = false
    var environment = environment(base)
    var observation = environment.makeObservation()
    try environment.reset(into: &observation)
    var next = environment.makeObservation()
    let outcome = try environment.step([1, 1], from: observation, into: &next)
    #expect(outcome.isStale && outcome.truncated && outcome.reward == 0)
    #expect(environment.body.base.commands.allSatisfy { $0 == .stopped })
  }
}
