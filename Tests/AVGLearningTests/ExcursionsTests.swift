import AVGCore
import Testing
@testable import AVGLearning

@Suite("Excursions")
struct ExcursionsTests {
  private struct Past {
    var lengths: [Int] = []
    var actions: Set<[Float]> = []
    var steps = 0
  }

  /// The excursions of `count` steps.
  private func past(count: Int, rate: Double, longest: Int) -> Past {
    var excursions = Excursions(actionCount: 2, longest: longest)
    var random = RandomSource(seed: 1, purpose: "test")
    var past = Past()
    for _ in 0..<count {
      let wasLast = excursions.stepsLeft <= 1
      excursions.advance(rate: rate, &random)
      guard excursions.isActive else { continue }
      past.steps += 1
      if wasLast { past.lengths.append(excursions.stepsLeft) }
      past.actions.insert(excursions.action)
    }
    return past
  }

  @Test("each number of steps up to the most is as likely, and an action is held through an excursion")
  func lengths() {
    let past = past(count: 200_000, rate: 0.05, longest: 4)
    #expect(past.actions.count == past.lengths.count)
    #expect(past.actions.allSatisfy { $0.allSatisfy { abs($0) <= 1 } })
    for length in 1...4 {
      let share = Double(past.lengths.filter { $0 == length }.count) / Double(past.lengths.count)
      #expect(abs(share - 0.25) < 0.03, "\(length): \(share)")
    }
    #expect(past.lengths.allSatisfy { (1...4).contains($0) })
  }

  @Test("they begin at the rate asked for, and with a rate of 0 never, without drawing a number")
  func rate() {
    let past = past(count: 200_000, rate: 0.01, longest: 20)
    let outside = 200_000 - past.steps
    #expect(abs(Double(past.lengths.count) / Double(outside) - 0.01) < 0.001)
    var none = Excursions(actionCount: 2, longest: 20)
    var random = RandomSource(seed: 1, purpose: "test")
    let before = random.state
    for _ in 0..<100 { none.advance(rate: 0, &random) }
    #expect(!none.isActive && random.state == before)
  }

  @Test("sampling, greedy and IAC make none")
  func whoMakesNone() {
    var configuration = AVGConfiguration.small
    configuration.excursionRate = 1
    var run = RandomRun(configuration)
    for mode in [ActingMode.sampling(seed: 1), .greedy] {
      run.agent.mode = mode
      run.agent.act(on: run.current, into: &run.action)
      #expect(run.action == run.agent.actor.sample.action)
    }
    let iac = IAC(configuration, for: RandomRun.specification, seed: 1)
    #expect(iac.actor.excursions == nil)
  }

  @Test("they become rarer as the step sizes become smaller")
  func annealing() {
    var configuration = AVGConfiguration.small
    configuration.excursionRate = 0.5
    configuration.excursionSteps = 1
    configuration.annealingSteps = 100
    var run = RandomRun(configuration)
    func share(_ steps: Int) -> Double {
      var count = 0
      for _ in 0..<steps {
        run.step()
        count += run.agent.actor.executed.isExcursion ? 1 : 0
      }
      return Double(count) / Double(steps)
    }
    let early = share(50)
    _ = share(850)
    let late = share(500)
    #expect(early > 0.2 && late < 0.1, "\(early), \(late)")
  }
}
