import AVGCore
import AVGSystem
import AVGTestSupport
import Testing

@testable import AVGTraining

@Suite("Trainer")
struct TrainerTests {
  private typealias Hooks = TrainingHooks<FakeEnvironment, FakeAgent>

  private let journal = Journal()

  private func trainer(
    _ script: [Outcome], failingStep: Int? = nil, brokenActs: Set<Int> = [],
    refusedUpdates: Set<Int> = []
  ) -> Trainer<FakeEnvironment, FakeAgent> {
    Trainer(
      environment: FakeEnvironment(journal: journal, script: script, failingStep: failingStep),
      agent: FakeAgent(journal: journal, brokenActs: brokenActs, refusedUpdates: refusedUpdates))
  }

  @Test("a step is act, step, learn; the next step starts from what this one observed")
  func callsInOrder() throws {
    var trainer = trainer([.going, .going, .goal])
    try trainer.run(TrainingPlan(steps: 4), hooks: Hooks())
    #expect(
      journal.calls == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "learn -1.0 1.0", "act 1.0", "begin", "finish 1.0",
        "learn -1.0 2.0", "act 2.0", "begin", "finish 2.0", "learn 2.0 3.0", "reset", "act 1003.0", "begin",
        "finish 1003.0", "learn -1.0 4.0", "stop",
      ])
  }

  @Test("acting first, the answer to an observation begins before what led there is learned from")
  func actsFirst() throws {
    var trainer = trainer([.going, .going, .goal])
    try trainer.run(TrainingPlan(steps: 4, order: .actThenLearn), hooks: Hooks())
    #expect(
      journal.calls == [
        "reset", "act 1000.0", "begin", "finish 1000.0", "anticipate 1.0", "begin", "learn -1.0 1.0",
        "finish 1.0", "anticipate 2.0", "begin", "learn -1.0 2.0", "finish 2.0", "learn 2.0 3.0", "reset",
        "act 1003.0", "begin", "finish 1003.0", "anticipate 4.0", "begin", "learn -1.0 4.0", "stop",
      ])
    #expect(journal.actionAddresses.count == 2)
  }

  @Test("a run that ends with an episode does not send the body to a new start")
  func doesNotResetAtTheEnd() throws {
    var trainer = trainer([.going, .goal])
    try trainer.run(TrainingPlan(steps: 2), hooks: Hooks())
    #expect(journal.calls.count { $0 == "reset" } == 1)
  }

  @Test("without learning the agent acts and is never taught")
  func actsWithoutLearning() throws {
    var trainer = trainer([.going])
    try trainer.run(TrainingPlan(steps: 3, isLearning: false), hooks: Hooks())
    #expect(journal.calls.count { $0.hasPrefix("act") } == 3)
    #expect(!journal.calls.contains { $0.hasPrefix("learn") })
    #expect(trainer.latencies.learn.count == 0)
  }

  @Test("a hundred steps use two observations and one action")
  func usesTheSameMemory() throws {
    var trainer = trainer([.going, .going, .timeOut])
    try trainer.run(TrainingPlan(steps: 100), hooks: Hooks())
    #expect(journal.observationAddresses.count == 2)
    #expect(journal.actionAddresses.count == 1)
  }

  @Test("an action that is not finite becomes a stop before it reaches the environment, and is counted")
  func stopsOnNonFiniteActions() throws {
    var trainer = trainer([.going], brokenActs: [1, 2])
    try trainer.run(TrainingPlan(steps: 4), hooks: Hooks())
    #expect(journal.actions == [[0.5, -0.5], [0, 0], [0, 0], [0.5, -0.5]])
    #expect(trainer.progress.nonFiniteActions == 2)
  }

  @Test("episodes are recorded with their step, length, return and success")
  func recordsEpisodes() throws {
    var trainer = trainer([.going, .goal, .going, .going, .timeOut])
    var episodes: [EpisodeRecord] = []
    var hooks = Hooks()
    hooks.onEpisode = { episodes.append($0) }
    try trainer.run(TrainingPlan(steps: 6), hooks: hooks)
    #expect(
      episodes == [
        EpisodeRecord(step: 2, episode: 1, length: 2, return: 1, success: true),
        EpisodeRecord(step: 5, episode: 2, length: 3, return: -3, success: false),
      ])
    #expect(trainer.progress.steps == 6)
    #expect(trainer.progress.episodes == 2)
    #expect(trainer.progress.recent.successRate == 0.5)
  }

  @Test("refused updates and missed cycles are counted, and each step is shown with them")
  func counts() throws {
    var late = Outcome.going
    late.missedCycles = 3
    var trainer = trainer([.going, late], refusedUpdates: [0, 3])
    var steps: [TrainingStep] = []
    var (seen, outcomes, actions) = ([Float](), [Outcome](), [[Float]]())
    var hooks = Hooks()
    hooks.onStep = { transition, step in
      seen.append(transition.state.proprioception[0])
      outcomes.append(transition.outcome)
      actions.append(transition.action.map { $0 })
      steps.append(step)
    }
    try trainer.run(TrainingPlan(steps: 4, lateSteps: .learn), hooks: hooks)
    #expect(seen == [1000, 1, 2, 3])
    #expect(steps.map(\.progress.steps) == [1, 2, 3, 4])
    #expect(steps.map(\.progress.missedCycles) == [0, 3, 3, 6])
    #expect(trainer.progress.skippedUpdates == 0)
    #expect(steps.map(\.progress.refusedUpdates) == [1, 1, 1, 2])
    #expect(steps.map(\.update?.isRefused) == [true, false, false, true])
    #expect(outcomes[1] == late && actions[1] == [0.5, -0.5])
  }

  @Test(
    "a late step is not learned from unless the plan says so, in either order", arguments: StepOrder.allCases)
  func skipsLateSteps(order: StepOrder) throws {
    var late = Outcome.going
    late.missedCycles = 2
    var trainer = trainer([.going, late])
    var steps: [TrainingStep] = []
    var hooks = Hooks()
    hooks.onStep = { _, step in steps.append(step) }
    try trainer.run(TrainingPlan(steps: 4, order: order), hooks: hooks)
    #expect(steps.map { $0.update == nil } == [false, true, false, true])
    #expect(steps.map(\.progress.skippedUpdates) == [0, 1, 1, 2])
    #expect(trainer.progress.steps == 4 && trainer.progress.missedCycles == 4)
  }

  @Test(
    "stale steps are counted apart and not learned from; an episode that they cut off is no success and no failure"
  )
  func passesOverStaleSteps() throws {
    let stale = Outcome(reward: 0, isStale: true)
    let blindEnd = Outcome(reward: 0, truncated: true, isStale: true)
    var trainer = trainer([.going, stale, .going, blindEnd, blindEnd, .goal])
    var episodes: [EpisodeRecord] = []
    var steps: [Int] = []
    var hooks = Hooks()
    hooks.onEpisode = { episodes.append($0) }
    hooks.onStep = { if !$0.outcome.isStale { steps.append($1.progress.steps) } }
    try trainer.run(TrainingPlan(steps: 3), hooks: hooks)
    #expect(trainer.progress.steps == 3)
    #expect(trainer.progress.staleSteps == 3)
    #expect(steps == [1, 2, 3])
    #expect(journal.calls.count { $0.hasPrefix("learn") } == 3)
    #expect(trainer.progress.cutEpisodes == 1)
    #expect(episodes == [EpisodeRecord(step: 3, episode: 1, length: 1, return: 2, success: true)])
    #expect(trainer.progress.episodes == 1)
    #expect(trainer.latencies.decode.count == 3)
  }

  @Test("checkpoints come at the interval and once at the end", arguments: [(10, [4, 8, 10]), (8, [4, 8])])
  func offersCheckpoints(steps: Int, expected: [Int]) throws {
    var trainer = trainer([.going])
    var offered: [Int] = []
    var hooks = Hooks()
    hooks.onCheckpoint = { _, agent, trainingState in
      #expect(agent.updates == trainingState.progress.steps)
      offered.append(trainingState.progress.steps)
    }
    try trainer.run(TrainingPlan(steps: steps, checkpointInterval: 4), hooks: hooks)
    #expect(offered == expected)
  }

  @Test("a raised flag ends the run after the step at hand, with a checkpoint")
  func stops() throws {
    var trainer = trainer([.going])
    let stop = StopFlag()
    var offered: [Int] = []
    var hooks = Hooks()
    hooks.onStep = { if $1.progress.steps == 3 { stop.raise() } }
    hooks.onCheckpoint = { offered.append($2.progress.steps) }
    try trainer.run(TrainingPlan(steps: 1000), hooks: hooks, stop: stop)
    #expect(trainer.progress.steps == 3)
    #expect(offered == [3])
  }

  @Test(
    "a run that goes on from any of its steps does what it would have done",
    arguments: [StepOrder.learnThenAct, .actThenLearn], 1...7)
  func goesOn(order: StepOrder, broken: Int) throws {
    let plan = TrainingPlan(steps: 8, checkpointInterval: 1, order: order)
    let script = [Outcome.going, .going, .goal, .going, .timeOut]
    var whole = trainer(script)
    var kept: (trainingState: TrainingState, calls: Int)?
    var hooks = Hooks()
    hooks.onCheckpoint = { [journal] _, _, trainingState in
      if trainingState.progress.steps == broken { kept = (trainingState, journal.calls.count) }
    }
    try whole.run(plan, hooks: hooks)
    let (trainingState, done) = try #require(kept)
    let remaining = Array(journal.calls[done...])

    journal.calls = []
    let environment = FakeEnvironment(journal: journal, script: script, steps: broken)
    var rest = Trainer(
      environment: environment, agent: FakeAgent(journal: journal), resuming: trainingState)
    var offered: [Int] = []
    hooks.onCheckpoint = { offered.append($2.progress.steps) }
    try rest.run(plan, hooks: hooks)
    #expect(journal.calls == remaining)
    #expect(rest.progress == whole.progress)
    #expect(offered == Array(broken + 1...8))
  }

  @Test("on a body that may stand elsewhere the episode is cut off, counted, and a new one begins")
  func cutsOff() throws {
    var first = trainer([.going])
    var kept: TrainingState?
    var episodes: [EpisodeRecord] = []
    var hooks = Hooks()
    hooks.onCheckpoint = { kept = $2 }
    hooks.onEpisode = { episodes.append($0) }
    try first.run(TrainingPlan(steps: 3), hooks: hooks)
    journal.calls = []
    var second = Trainer(
      environment: FakeEnvironment(journal: journal, script: [.going]), agent: FakeAgent(journal: journal),
      resuming: try #require(kept).cutOff)
    try second.run(TrainingPlan(steps: 4), hooks: hooks)
    #expect(episodes == [EpisodeRecord(step: 3, episode: 1, length: 3, return: -3, success: false)])
    #expect(journal.calls.prefix(2) == ["reset", "act 1000.0"])
    #expect(second.progress.steps == 4 && second.progress.episodes == 1)
    #expect(kept?.loop.episode.episode == 2)
  }

  @Test(
    "a checkpoint that is due while the body moves waits for the end of the episode, and the body stops first"
  )
  func checkpointsAtRest() throws {
    var trainer = trainer([.going, .going, .going, .timeOut])
    var hooks = Hooks()
    hooks.onCheckpoint = { [journal] _, _, trainingState in
      journal.calls.append("checkpoint \(trainingState.progress.steps)")
    }
    try trainer.run(TrainingPlan(steps: 9, checkpointInterval: 3, checkpointsAtRest: true), hooks: hooks)
    let calls = journal.calls.filter { ["reset", "stop"].contains($0) || $0.hasPrefix("checkpoint") }
    #expect(
      calls == [
        "reset", "stop", "checkpoint 4", "reset", "stop", "checkpoint 8", "reset", "stop", "checkpoint 9",
      ])
  }

  @Test("a failing environment ends the run with its error, after a checkpoint of what was learned")
  func reportsFailures() throws {
    var trainer = trainer([.going], failingStep: 5)
    var offered: [Int] = []
    var hooks = Hooks()
    hooks.onCheckpoint = {
      offered.append($2.progress.steps)
      #expect(!$2.loop.isExact)
    }
    var words = ""
    do { try trainer.run(TrainingPlan(steps: 10), hooks: hooks) } catch { words = "\(error)" }
    #expect(words == "camera: gone")
    #expect(offered == [5])
  }

  @Test("a failing hook ends the run with its error")
  func reportsFailingHooks() throws {
    var trainer = trainer([.goal])
    var hooks = Hooks()
    hooks.onEpisode = { _ in throw FakeFailure(description: "disk: full") }
    var words = ""
    do { try trainer.run(TrainingPlan(steps: 10), hooks: hooks) } catch { words = "\(error)" }
    #expect(words == "disk: full")
    #expect(trainer.progress.steps == 1)
  }

  @Test("every stage is timed once a step, the age of the image only where stamps are of this machine")
  func measuresStages() throws {
    var trainer = trainer([.going])
    try trainer.run(TrainingPlan(steps: 7), hooks: Hooks())
    #expect(trainer.latencies.act.count == 7)
    #expect(trainer.latencies.learn.count == 7)
    #expect(trainer.latencies.decode.count == 7)
    #expect(trainer.latencies.captureAge.count == 0)
    try trainer.run(TrainingPlan(steps: 9, measuresCaptureAge: true), hooks: Hooks())
    #expect(trainer.latencies.captureAge.count == 2)
    #expect(trainer.latencies.summary.split(separator: "\n").count == 4)
    #expect(trainer.latencies.summary.contains("decode       p50 3.00  p99 3.00  max 3.00 ms"))
  }
}
