import AVGCore
import AVGSystem
import AVGTestSupport
import Testing

@testable import AVGTraining

/// What somebody did in `FakeEnvironment`, as a source.
private struct FakeSource: TransitionSource, ~Copyable {
  var environment: FakeEnvironment
  /// How many there are.
  var count: Int
  private var isStarting = true

  init(_ environment: consuming FakeEnvironment, count: Int) {
    self.environment = environment
    self.count = count
  }

  var specification: EnvironmentSpecification { environment.specification }

  mutating func next(into transition: inout Transition) throws(FakeFailure) -> Bool {
    guard environment.steps < count else { return false }
    if isStarting { try environment.reset(into: &transition.state) }
    transition.action = [1, -1]
    try environment.finish(&transition)
    isStarting = transition.outcome.isLast
    return true
  }
}

/// A sink that notes what it takes.
private struct FakeSink: TransitionSink, ~Copyable {
  let journal: Journal

  mutating func take(_ transition: borrowing Transition) -> Update? {
    let (state, next) = (transition.state.proprioception[0], transition.next.proprioception[0])
    journal.calls.append("take \(state) \(transition.outcome.reward) \(next)")
    guard transition.isLearnable else { return nil }
    return Update(
      temporalDifferenceError: 0, temporalDifferenceScale: 1, value: 0, logProbability: 0, isRefused: false)
  }
}

@Suite("From source to sink")
struct SourceTests {
  private typealias Hooks = TrainingHooks<FakeSource, FakeSink>

  private let journal = Journal()

  private func trainer(
    _ script: [Outcome], count: Int, failingStep: Int? = nil
  ) -> Trainer<FakeSource, FakeSink> {
    let environment = FakeEnvironment(
      journal: journal, script: script, failingStep: failingStep,
      measures: [Measure("way", unit: .millimeters)])
    return Trainer(source: FakeSource(environment, count: count), learner: FakeSink(journal: journal))
  }

  @Test("the sink takes every transition, in order, S′ of one being S of the next")
  func takesAll() throws {
    var trainer = trainer([.going, .going, .goal], count: 4)
    try trainer.run(TrainingPlan(steps: .max), hooks: Hooks())
    #expect(
      journal.calls.filter { $0.hasPrefix("take") } == [
        "take 1000.0 -1.0 1.0", "take 1.0 -1.0 2.0", "take 2.0 2.0 3.0", "take 1003.0 -1.0 4.0",
      ])
    #expect(journal.observationAddresses.count == 2)
  }

  @Test("steps, episodes and what is measured are counted as in an environment")
  func counts() throws {
    var late = Outcome.going
    late.missedCycles = 2
    let stale = Outcome(reward: 0, isStale: true)
    var trainer = trainer([.going, stale, late, .goal], count: 6)
    var (steps, episodes) = ([Int](), [EpisodeRecord]())
    var hooks = Hooks()
    hooks.onStep = { transition, step in
      steps.append(step.progress.steps)
      #expect((step.update != nil) == transition.isLearnable)
    }
    hooks.onEpisode = { episodes.append($0) }
    try trainer.run(TrainingPlan(steps: .max), hooks: hooks)
    #expect(steps == [1, 1, 2, 3, 4, 4])
    #expect(
      episodes == [
        EpisodeRecord(
          step: 3, episode: 1, length: 3, return: 0, success: true, totals: ["wayMillimeters": 3])
      ])
    #expect(trainer.progress.staleSteps == 2 && trainer.progress.skippedUpdates == 1)
    #expect(trainer.latencies.learn.count == 3 && trainer.latencies.act.count == 0)
  }

  @Test("checkpoints come at the interval and at the end, and after a failure, which is thrown")
  func offersCheckpoints() throws {
    var trainer = trainer([.going], count: 20, failingStep: 7)
    var offered: [Int] = []
    var hooks = Hooks()
    hooks.onCheckpoint = { _, _, trainingState in
      offered.append(trainingState.progress.steps)
      #expect(trainingState.loop.isExact == (trainingState.progress.steps < 7))
    }
    var words = ""
    do { try trainer.run(TrainingPlan(steps: .max, checkpointInterval: 3), hooks: hooks) } catch {
      words = "\(error)"
    }
    #expect(offered == [3, 6, 7] && words == "camera: gone")
  }

  @Test("a raised flag ends the run after the step at hand")
  func stops() throws {
    var trainer = trainer([.going], count: 20)
    let stop = StopFlag()
    var hooks = Hooks()
    hooks.onStep = { if $1.progress.steps == 3 { stop.raise() } }
    try trainer.run(TrainingPlan(steps: .max), hooks: hooks, stop: stop)
    #expect(trainer.progress.steps == 3)
  }
}
