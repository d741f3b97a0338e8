import AVGCore
import Testing
@testable import AVGLearning

@Suite("Exploration noise")
struct ExplorationNoiseTests {
  /// The products' means of noise with itself, `lags` steps later, and the mean of the noise.
  private func statistics(correlation: Double, lags: [Int]) -> (mean: Double, products: [Double]) {
    var random = RandomSource(seed: 1, purpose: "test")
    var noise = ExplorationNoise(count: 1, correlation: correlation, random: &random)
    let series = (0..<400_000).map { _ in
      noise.advance(&random)
      return Double(noise.values[0])
    }
    let products = lags.map { lag in
      zip(series, series.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / Double(series.count - lag)
    }
    return (series.reduce(0, +) / Double(series.count), products)
  }

  @Test("noise of any correlation has mean 0, variance 1 and fades as αᵏ", arguments: [0, 0.5, 0.9])
  func stationary(correlation: Double) {
    let (mean, products) = statistics(correlation: correlation, lags: [0, 1, 5])
    // The mean's standard error is √((1 + α) / (1 − α) / 400,000): at most 0.007.
    #expect(abs(mean) < 0.03)
    for (lag, product) in zip([0, 1, 5], products) {
      let expected = (0..<lag).reduce(1.0) { power, _ in power * correlation }
      #expect(abs(product - expected) < 0.03, "lag \(lag)")
    }
  }

  @Test("the first noise has variance 1 already, over seeds")
  func startsStationary() {
    let firsts = (0..<20_000).map { seed in
      var random = RandomSource(seed: UInt64(seed), purpose: "test")
      var noise = ExplorationNoise(count: 1, correlation: 0.95, random: &random)
      noise.advance(&random)
      return Double(noise.values[0])
    }
    let variance = firsts.reduce(0) { $0 + $1 * $1 } / Double(firsts.count)
    #expect(abs(variance - 1) < 0.05)
  }

  @Test("without correlation an agent's noise is drawn afresh, as published")
  func whiteNoise() {
    var configuration = AVGConfiguration.small
    configuration.explorePlainly()
    var run = RandomRun(configuration)
    var random = RandomSource(seed: 1, purpose: "exploration")
    run.agent.act(on: run.current, into: &run.action)
    // Acting moves the running statistics, so they are taken after it; after one observation they magnify rounding.
    let noise = [Float(random.normal()), Float(random.normal())]
    let seen = PlainAVG(run.agent)
    let (expected, _) = seen.policy(seen.vector(run.current, through: "encoder"), noise: noise)
    for (action, expected) in zip(run.action, expected) {
      #expect(abs(Double(action) - expected) < 1e-3)
    }
  }

  @Test("learning and sampling act by correlated noise, each by its own; greedy acts without")
  func correlatedActions() {
    /// The correlation of an agent's noise, read from its actions: one observation, weights at rest.
    func correlation(_ mode: ActingMode?, _ alpha: Double) -> Double {
      var configuration = AVGConfiguration.small
      configuration.explorePlainly()
      configuration.explorationCorrelation = alpha
      configuration.normalizesObservations = false
      var run = RandomRun(configuration)
      if let mode { run.agent.mode = mode }
      let series = (0..<20_000).map { _ in
        run.agent.act(on: run.current, into: &run.action)
        return Double(run.action[0])
      }
      let mean = series.reduce(0, +) / Double(series.count)
      func product(_ lag: Int) -> Double {
        zip(series, series.dropFirst(lag)).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
      }
      return product(0) == 0 ? 0 : product(1) / product(0)
    }
    for mode in [nil, ActingMode.sampling(seed: 3)] {
      #expect(abs(correlation(mode, 0)) < 0.05)
      // tanh bends it a little.
      #expect(abs(correlation(mode, 0.9) - 0.9) < 0.05)
    }
    #expect(correlation(.greedy, 0.9) == 0)
  }
}
