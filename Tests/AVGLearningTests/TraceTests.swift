import AVGCore
@testable import AVGLearning
import Testing

@Suite("Eligibility trace")
struct TraceTests {
  private static let discount = 0.9
  private static let traceDecay = 0.8

  /// Learning rates of zero: weights, and with them ∇Q, are the same in all runs.
  private func makeRun(traceDecay: Double) -> RandomRun {
    var configuration = AVGConfiguration.small
    configuration.actorLearningRate = 0
    configuration.criticLearningRate = 0
    configuration.encoderLearningRate = 0
    configuration.discount = Self.discount
    configuration.traceDecay = traceDecay
    return RandomRun(configuration)
  }

  /// −2δ/σ_δ·∇Q of a run without a trace.
  private func criticGradients(_ run: borrowing RandomRun) -> [Double] {
    run.agent.critic.store.parameters.flatMap {
      $0.read(from: run.agent.critic.store.gradients).map(Double.init)
    }
  }

  /// What the critic's step goes against in a run with a trace.
  private func tracedGradients(_ run: borrowing RandomRun) -> [Double] {
    run.agent.critic.store.parameters.flatMap {
      $0.read(from: run.agent.trace.gradients).map(Double.init)
    }
  }

  /// Acts in both runs alike and learns from the same outcome, −2δ/σ_δ being known.
  private func step(_ run: inout RandomRun, _ ends: Outcome) -> (lossScale: Double, update: Update) {
    run.agent.act(on: run.current, into: &run.action)
    var outcome = run.drawOutcome()
    outcome.terminated = ends.terminated
    outcome.truncated = ends.truncated
    let update = run.agent.learn(from: outcome, next: run.next)
    swap(&run.current, &run.next)
    return (-2 * Double(update.temporalDifferenceError) / Double(update.temporalDifferenceScale), update)
  }

  private func expectClose(_ found: [Double], _ expected: [Double], _ comment: Comment) {
    let largest = expected.map(abs).max() ?? 0
    #expect(largest > 0, comment)
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) < 1e-3 * largest, comment)
    }
  }

  @Test("the critic's gradient is −2δ/σ_δ times the sum of (γλ)ᵏ∇Q over the steps of the episode")
  func sumsGradients() {
    var plain = makeRun(traceDecay: 0)
    var traced = makeRun(traceDecay: Self.traceDecay)
    var trace = [Double](repeating: 0, count: criticGradients(plain).count)
    for index in 0..<12 {
      // An episode ends at a goal, the next by time-out; both cut the trace.
      let ends = Outcome(reward: 0, terminated: index == 4, truncated: index == 8)
      let (lossScale, update) = step(&plain, ends)
      let (_, tracedUpdate) = step(&traced, ends)
      #expect(!update.isRefused && update == tracedUpdate)
      trace = zip(trace, criticGradients(plain)).map {
        Self.discount * Self.traceDecay * $0 + $1 / lossScale
      }
      expectClose(tracedGradients(traced), trace.map { lossScale * $0 }, "step \(index)")
      if ends.isLast { trace = trace.map { _ in 0 } }
    }
  }

  @Test("a step that was not learned from cuts the trace")
  func brokenChain() {
    var plain = makeRun(traceDecay: 0)
    var traced = makeRun(traceDecay: Self.traceDecay)
    for _ in 0..<3 {
      _ = step(&plain, Outcome(reward: 0))
      _ = step(&traced, Outcome(reward: 0))
    }
    // An action whose outcome nobody tells, as when the camera fails.
    plain.agent.act(on: plain.current, into: &plain.action)
    traced.agent.act(on: traced.current, into: &traced.action)
    let (lossScale, _) = step(&plain, Outcome(reward: 0))
    _ = step(&traced, Outcome(reward: 0))
    #expect(lossScale != 0)
    expectClose(tracedGradients(traced), criticGradients(plain), "after the gap")
  }
}
