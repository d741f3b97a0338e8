import Testing

@testable import AVGTraining

@Suite("Latency histogram")
struct LatencyTests {
  @Test("percentiles are right to three digits")
  func percentiles() {
    var histogram = LatencyHistogram()
    for microseconds in 1...1000 { histogram.record(.microseconds(microseconds)) }
    #expect(histogram.count == 1000)
    #expect(abs(histogram.percentile(50) / .microseconds(500) - 1) < 1e-3)
    #expect(abs(histogram.percentile(99) / .microseconds(990) - 1) < 1e-3)
    #expect(abs(histogram.max / .microseconds(1000) - 1) < 1e-3)
    #expect(histogram.summary == "p50 0.50  p99 0.99  max 1.00 ms")
  }

  @Test("durations out of range count at its ends")
  func bounds() {
    var histogram = LatencyHistogram()
    histogram.record(.seconds(-1))
    #expect(histogram.max == .zero)
    histogram.record(.seconds(1_000_000_000_000))
    #expect(histogram.max == .seconds(60))
    #expect(histogram.count == 2)
  }

  @Test("an empty histogram says so")
  func empty() {
    #expect(LatencyHistogram().summary == "none")
    #expect(LatencyHistogram().max == .zero)
    #expect(StepLatencies().summary.isEmpty)
  }
}
