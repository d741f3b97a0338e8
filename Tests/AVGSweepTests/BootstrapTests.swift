import AVGCore
import Testing

@testable import AVGSweep

@Suite("Bootstrap")
struct BootstrapTests {
  @Test("the interval of normal values is nearly that of their standard error")
  func coversTheMean() throws {
    var random = RandomSource(seed: 3, purpose: "test")
    let values = (0..<40).map { _ in 5 + 2 * random.normal() }
    let estimate = try #require(Bootstrap(count: 40).estimate(values))
    let mean = values.reduce(0, +) / 40
    let error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40 / 40).squareRoot()
    #expect(estimate.mean == mean)
    #expect(abs(estimate.low - (mean - 1.96 * error)) < 0.3 * error)
    #expect(abs(estimate.high - (mean + 1.96 * error)) < 0.3 * error)
  }

  @Test("19 of 20 samples of a known mean have it in their interval, or nearly so")
  func coversAsOftenAsItSays() {
    var random = RandomSource(seed: 4, purpose: "test")
    let bootstrap = Bootstrap(count: 10)
    let hits = (0..<300).count { _ in
      guard let estimate = bootstrap.estimate((0..<10).map { _ in random.normal() }) else { return false }
      return estimate.low <= 0 && estimate.high >= 0
    }
    // The percentile bootstrap of ten values is known to be a little narrow.
    #expect((255...297).contains(hits))
  }

  @Test("the same values have the same interval, whoever asks")
  func repeats() {
    let values = [0.9, 1, 0.97, 0.3, 1]
    #expect(Bootstrap(count: 5).estimate(values) == Bootstrap(count: 5).estimate(values))
  }

  @Test("one value and equal values have no width, no value has no interval")
  func bearsFewValues() {
    #expect(Bootstrap(count: 1).estimate([0.5]) == Estimate(mean: 0.5, low: 0.5, high: 0.5))
    #expect(Bootstrap(count: 3).estimate([1, 1, 1]) == Estimate(mean: 1, low: 1, high: 1))
    #expect(Bootstrap(count: 0).estimate([]) == nil)
  }
}
