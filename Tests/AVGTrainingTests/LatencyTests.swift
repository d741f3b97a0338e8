import AVGPlots
import Foundation
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

  @Test("a table gives back what was measured, and lines that are none of its are left out")
  func table() throws {
    var latencies = StepLatencies()
    for microseconds in [100, 110, 450] { latencies.act.record(.microseconds(microseconds)) }
    let table = LatencyTable(latencies)
    #expect(table.stages.map(\.name) == ["act"])
    let buckets = try #require(table.stages.first?.buckets)
    #expect(buckets.map(\.count).reduce(0, +) == 3 && buckets.first?.count == 2 && buckets.last?.count == 1)
    #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.high == $1.low })
    let path = NSTemporaryDirectory() + "avg-latencies-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AtomicFile.write(table.text + "act,1,half\nlearn,2,1,5\n", to: path)
    #expect(try LatencyTable(reading: path) == table)
  }

  @Test("an empty histogram says so")
  func empty() {
    #expect(LatencyHistogram().summary == "none")
    #expect(LatencyHistogram().max == .zero)
    #expect(StepLatencies().summary.isEmpty)
  }
}
