import AVGCore
import AVGNetwork
import Testing

@testable import AVGLearning

/// AVG with traces for its critic, and with other rules than Adam to step by.
@Suite("AVG's traces and step rules")
struct TraceTests {
  private func makeRun(_ change: (inout AVGConfiguration) -> Void) -> RandomRun {
    var configuration = AVGConfiguration.small
    configuration.encoderLearningRate = 1e-3
    change(&configuration)
    return RandomRun(configuration)
  }

  private func weights(_ learned: borrowing LearnedParameters) -> [Float] {
    learned.parameters.tensors.flatMap { $0.read(from: learned.parameters.values) }
  }

  private func trace(_ learned: borrowing LearnedParameters) -> [Float] {
    learned.parameters.tensors.flatMap { learned.optimizer.read(.trace, of: $0) }
  }

  @Test("a trace that fades at once gives the steps of no trace")
  func fades() {
    var usual = makeRun { _ in }
    var traced = makeRun { $0.traceDecay = 1e-30 }
    let refused = (usual.run(60), traced.run(60))
    #expect(refused == (0, 0))
    for (plain, faded) in [
      (
        usual.agent.critic.valueFunction.learned.parameters.values.array(0, 60),
        traced.agent.critic.valueFunction.learned.parameters.values.array(0, 60)
      ),
      (
        usual.agent.critic.perception.learned.parameters.values.array(0, 60),
        traced.agent.critic.perception.learned.parameters.values.array(0, 60)
      ),
      (
        usual.agent.actor.learned.parameters.values.array(0, 60),
        traced.agent.actor.learned.parameters.values.array(0, 60)
      ),
    ] {
      for (expected, found) in zip(plain, faded) { #expect(abs(expected - found) < 2e-4) }
    }
  }

  @Test("the trace is the decaying sum of the gradients, cut before an excursion and cleared behind an end")
  func sums() {
    let decay = 0.7
    var run = makeRun { $0.traceDecay = decay }
    var expected: [Double] = []
    var (cuts, ends) = (0, 0)
    for _ in 0..<60 {
      run.agent.act(on: run.current, into: &run.action)
      let outcome = run.drawOutcome()
      let isExcursion = run.agent.actor.executed.isExcursion
      let update = run.agent.learn(from: outcome, next: run.next)
      #expect(!update.isRefused)
      let dense = run.agent.critic.valueFunction.learned.gradients.multipliedOut()
      let gradient = run.agent.critic.valueFunction.learned.parameters.tensors.flatMap {
        $0.read(from: dense)
      }
      if expected.isEmpty { expected = gradient.map { _ in 0 } }
      let kept = isExcursion ? 0 : decay * run.agent.configuration.discount
      for index in gradient.indices { expected[index] = kept * expected[index] + Double(gradient[index]) }
      if outcome.isLast { expected = expected.map { _ in 0 } }
      (cuts, ends) = (cuts + (isExcursion ? 1 : 0), ends + (outcome.isLast ? 1 : 0))
      let largest = expected.map(abs).max() ?? 0
      for (found, expected) in zip(trace(run.agent.critic.valueFunction.learned), expected) {
        #expect(abs(Double(found) - expected) < 1e-4 * largest + 1e-6)
      }
      swap(&run.current, &run.next)
    }
    #expect(cuts > 5 && ends > 2)
  }

  @Test("along a trace Adam steps by the gradient −2δe, whatever its size")
  func stepsAlong() {
    var run = makeRun {
      $0.traceDecay = 0.9
      // Without memory of squares, Adam steps by the sign of the gradient.
      $0.secondMomentDecay = 0
      $0.annealingSteps = 0
    }
    for _ in 0..<30 {
      run.agent.act(on: run.current, into: &run.action)
      var outcome = run.drawOutcome()
      outcome.terminated = false
      let before = weights(run.agent.critic.valueFunction.learned)
      let delta = run.agent.learn(from: outcome, next: run.next).temporalDifferenceError
      let trace = trace(run.agent.critic.valueFunction.learned)
      for (index, after) in weights(run.agent.critic.valueFunction.learned).enumerated()
      where abs(trace[index] * delta) > 1e-4 {
        let way = Double(after) - Double(before[index])
        let sign: Double = (trace[index] > 0) == (delta > 0) ? 1 : -1
        #expect(abs(way - sign * run.agent.configuration.criticLearningRate) < 1e-5)
      }
      swap(&run.current, &run.next)
    }
  }

  @Test("with ObGD the critic's weights move by min(|δ|, 1) / κ in sum, the policy's by 1 / κ")
  func boundedSteps() {
    var run = makeRun {
      $0.optimizer = .obgd
      $0.traceDecay = 0.8
      // Far above the bound, whatever the gradient.
      $0.streaming.stepSize = 1000
    }
    for _ in 0..<30 {
      let (actor, critic) = (
        weights(run.agent.actor.learned), weights(run.agent.critic.valueFunction.learned)
      )
      let delta = abs(Double(run.step().temporalDifferenceError))
      func way(_ before: [Float], _ after: [Float]) -> Double {
        zip(before, after).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) }
      }
      #expect(abs(way(actor, weights(run.agent.actor.learned)) - 1 / 3) < 1e-3)
      let moved = way(critic, weights(run.agent.critic.valueFunction.learned))
      #expect(abs(moved - min(delta, 1) / 2) < 1e-3 * min(delta, 1) + 1e-5)
    }
  }

  @Test("without a trace, an intentional step changes Q(S, A) by η·δ to first order")
  func intentionalSteps() {
    let share = 1e-4
    var run = makeRun {
      $0.optimizer = .intentional
      $0.streaming.criticShare = share
      $0.encoderLearningRate = 0
      $0.excursionRate = 0
    }
    var checked = 0
    for _ in 0..<40 {
      run.agent.act(on: run.current, into: &run.action)
      let action = run.agent.actor.executed.action
      let outcome = run.drawOutcome()
      let update = run.agent.learn(from: outcome, next: run.next)
      let change = Double(run.agent.critic.value(action)) - Double(update.value)
      let intended = share * Double(update.temporalDifferenceError * update.temporalDifferenceScale)
      swap(&run.current, &run.next)
      guard abs(intended) > 1e-5 else { continue }
      #expect(abs(change - intended) < 0.1 * abs(intended) + 1e-6, "\(change) for \(intended)")
      checked += 1
    }
    #expect(checked > 20)
  }

  @Test(
    "with each rule a learner restored from its file has the same bytes and does the same from there on",
    arguments: StepRule.allCases, AVGConfiguration.EncoderSharing.allCases)
  func roundTrip(rule: StepRule, sharing: AVGConfiguration.EncoderSharing) throws {
    var configuration = AVGConfiguration.small
    configuration.optimizer = rule
    configuration.traceDecay = 0.8
    configuration.firstMomentDecay = 0.9
    configuration.encoderSharing = sharing
    var first = RandomRun(configuration)
    first.run(35)
    var second = RandomRun(configuration, seed: 2)
    try second.agent.restore(try Safetensors(try first.bytes(), name: "file"), name: "file")
    first.enterWorld(seed: 6)
    second.enterWorld(seed: 6)
    for _ in 0..<20 {
      let (update, twin) = (first.step(), second.step())
      #expect(update == twin && !update.isRefused)
    }
    let (end, twinEnd) = (try first.bytes(), try second.bytes())
    #expect(end == twinEnd)
  }

  @Test(
    "an error beyond all bounds leaves numbers that are finite or a refused update",
    arguments: StepRule.allCases)
  func staysFinite(rule: StepRule) throws {
    for reward: Float in [1e18, 1e30, -3e38] {
      var run = makeRun {
        $0.optimizer = rule
        $0.traceDecay = 0.9
      }
      run.run(20)
      run.agent.act(on: run.current, into: &run.action)
      _ = run.agent.learn(from: Outcome(reward: reward), next: run.next)
      run.run(5)
      for learned in [weights(run.agent.actor.learned), weights(run.agent.critic.valueFunction.learned)] {
        #expect(learned.allSatisfy { $0.isFinite }, "\(reward)")
      }
    }
  }

  @Test("other algorithms refuse AVG's keys and say so", arguments: Algorithm.allCases.filter { $0 != .avg })
  func refusedElsewhere(algorithm: Algorithm) {
    var configuration = AVGConfiguration()
    configuration.algorithm = algorithm
    configuration.traceDecay = 0.8
    #expect(throws: InvalidSetting.self) { try configuration.validate() }
    configuration.traceDecay = 0
    configuration.optimizer = .obgd
    if algorithm.hasChoiceOfSteps {
      #expect(throws: Never.self) { try configuration.validate() }
      return
    }
    #expect(throws: InvalidSetting.self) { try configuration.validate() }
    configuration.optimizer = .adam
    #expect(throws: Never.self) { try configuration.validate() }
  }
}
