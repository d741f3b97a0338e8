import AVGCore
import Testing
@testable import AVGLearning

@Suite("TD-error scaler")
struct TemporalDifferenceScalerTests {
  private func mean(_ numbers: [Double]) -> Double {
    numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count)
  }

  private func variance(_ numbers: [Double]) -> Double {
    let mean = mean(numbers)
    return self.mean(numbers.map { ($0 - mean) * ($0 - mean) })
  }

  @Test("the scale is that of its definition, computed from all rewards, discounts and returns")
  func followsDefinition() {
    var random = RandomSource(seed: 8, purpose: "scaler")
    var scaler = TemporalDifferenceScaler()
    var (rewards, discounts, returns): ([Double], [Double], [Double]) = ([], [], [])
    var running = 0.0
    for step in 0..<400 {
      let reward = random.normal() - 0.3
      let terminated = step > 20 && random.uniform() < 0.05
      scaler.update(reward: reward, discount: 0.97, terminated: terminated)
      rewards.append(reward)
      discounts.append(terminated ? 0 : 0.97)
      running += reward
      if terminated {
        returns.append(running)
        running = 0
      }
      let sum = variance(rewards) + variance(discounts) * mean(returns.map { $0 * $0 })
      let expected = sum <= 0.01 && returns.isEmpty ? 1 : max(sum, 1e-4).squareRoot()
      #expect(abs(scaler.scale / expected - 1) < 1e-9, "step \(step)")
      #expect(abs(scaler.runningReturn - running) < 1e-9)
    }
    #expect(returns.count > 5)
  }

  @Test("the scale is 1 while the variance is at most 0.01 and no return has been seen")
  func beginsAtOne() {
    var scaler = TemporalDifferenceScaler()
    #expect(scaler.scale == 1)
    // Deviations of 0.09 around the mean: a variance of 0.0081.
    for step in 0..<20 {
      scaler.update(reward: step.isMultiple(of: 2) ? 0.59 : 0.41, discount: 0.9, terminated: false)
      #expect(scaler.scale == 1)
    }
    var wide = TemporalDifferenceScaler()
    for step in 0..<20 {
      wide.update(reward: step.isMultiple(of: 2) ? 0.61 : 0.39, discount: 0.9, terminated: false)
    }
    #expect(abs(wide.scale - 0.11) < 1e-12)
  }

  @Test("once a return has been seen the scale is at least 0.01")
  func hasFloor() {
    var scaler = TemporalDifferenceScaler()
    for _ in 0..<5 { scaler.update(reward: 0, discount: 0.9, terminated: false) }
    #expect(scaler.scale == 1)
    scaler.update(reward: 0, discount: 0.9, terminated: true)
    #expect(abs(scaler.scale - 0.01) < 1e-15)
  }

  @Test("a time-out does not reset the return, a termination does")
  func truncationKeepsReturn() {
    var configuration = AVGConfiguration.small
    configuration.entropyCoefficient = 0
    configuration.rewardScale = 1
    var run = RandomRun(configuration)
    func learn(_ run: inout RandomRun, _ outcome: Outcome) {
      run.agent.act(on: run.current, into: &run.action)
      _ = run.agent.learn(from: outcome, next: run.next)
    }
    learn(&run, Outcome(reward: -1))
    learn(&run, Outcome(reward: -2, truncated: true))
    #expect(run.agent.scaler.runningReturn == -3)
    #expect(run.agent.scaler.squaredReturns.count == 0)
    #expect(run.agent.scaler.discounts.squares == 0)
    learn(&run, Outcome(reward: -4, terminated: true))
    #expect(run.agent.scaler.runningReturn == 0)
    #expect(run.agent.scaler.squaredReturns.count == 1)
    #expect(run.agent.scaler.squaredReturns.mean == 49)
    #expect(run.agent.scaler.discounts.squares > 0)
  }
}
