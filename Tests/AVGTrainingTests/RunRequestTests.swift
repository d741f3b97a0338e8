import AVGCore
import AVGSystem
import AVGTestSupport
import Testing

@testable import AVGTraining

/// What a watcher may ask of a run.
@Suite("Wishes")
struct RunRequestTests {
  private typealias Hooks = TrainingHooks<FakeEnvironment, FakeAgent>

  private let journal = Journal()

  private func calls(
    _ requests: [RunRequest], order: StepOrder = .learnThenAct, isReal: Bool = false
  ) throws -> [String] {
    var trainer = Trainer(
      environment: FakeEnvironment(journal: journal, script: [.going]), agent: FakeAgent(journal: journal))
    var hooks = Hooks()
    var left = requests[...]
    hooks.request = { left.popFirst() ?? .none }
    hooks.onCheckpoint = { _, _, trainingState in
      journal.calls.append("checkpoint \(trainingState.progress.steps)")
    }
    try trainer.run(TrainingPlan(steps: 2, order: order, measuresCaptureAge: isReal), hooks: hooks)
    return journal.calls
  }

  @Test("a pause stops the wheels and, in a world that stands still, goes on where it was")
  func pauses() throws {
    #expect(
      try calls([.none, .pause, .pause]) == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "learn -1.0 1.0", "stop", "act 1.0", "begin",
        "finish 1.0", "learn -1.0 2.0", "stop", "checkpoint 2",
      ])
  }

  @Test("an action that had begun before a pause begins again")
  func beginsAgain() throws {
    #expect(
      try calls([.none, .pause], order: .actThenLearn) == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "anticipate 1.0", "begin", "learn -1.0 1.0", "stop",
        "begin", "finish 1.0", "anticipate 2.0", "begin", "learn -1.0 2.0", "stop", "checkpoint 2",
      ])
  }

  @Test("in the real world, a new episode begins after a pause")
  func startsAnewInTheRealWorld() throws {
    #expect(
      try calls([.none, .pause], order: .actThenLearn, isReal: true) == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "anticipate 1.0", "begin", "learn -1.0 1.0", "stop",
        "reset", "act 1001.0", "begin", "finish 1001.0", "anticipate 2.0", "begin", "learn -1.0 2.0", "stop",
        "checkpoint 2",
      ])
  }

  @Test("a checkpoint is kept before the next step")
  func saves() throws {
    #expect(
      try calls([.none, .save]) == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "learn -1.0 1.0", "checkpoint 1", "act 1.0", "begin",
        "finish 1.0", "learn -1.0 2.0", "stop", "checkpoint 2",
      ])
  }

  @Test("a run that is stopped while it pauses ends")
  func stopsFromPause() throws {
    var trainer = Trainer(
      environment: FakeEnvironment(journal: journal, script: [.going]), agent: FakeAgent(journal: journal))
    let stop = StopFlag()
    var hooks = Hooks()
    var asked = 0
    hooks.request = {
      asked += 1
      if asked == 3 { stop.raise() }
      return .pause
    }
    try trainer.run(TrainingPlan(steps: 2), hooks: hooks, stop: stop)
    #expect(trainer.progress.steps == 0 && !journal.calls.contains("reset") && journal.calls.last == "stop")
  }
}
