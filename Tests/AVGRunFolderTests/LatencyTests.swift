import AVGPlots
import AVGRunFolder
import AVGSystem
import Foundation
import Testing

@testable import AVGTraining

@Suite("Latency histogram")
struct LatencyTests {
  @Test("percentiles are accurate to three digits")
  func percentiles() {
    var histogram = LatencyHistogram()
    for microseconds in 1...1000 { histogram.record(.microseconds(microseconds)) }
    #expect(histogram.count == 1000)
    #expect(abs(histogram.percentile(50) / .microseconds(500) - 1) < 1e-3)
    #expect(abs(histogram.percentile(99) / .microseconds(990) - 1) < 1e-3)
    #expect(abs(histogram.max / .microseconds(1000) - 1) < 1e-3)
    #expect(histogram.summary == "p50 0.50  p99 0.99  max 1.00 ms")
  }

  @Test("durations out of range are counted in the outermost buckets")
  func bounds() {
    var histogram = LatencyHistogram()
    histogram.record(.seconds(-1))
    #expect(histogram.max == .zero)
    histogram.record(.seconds(1_000_000_000_000))
    #expect(histogram.max == .seconds(60))
    #expect(histogram.count == 2)
  }

  @Test("a table gives back what was written, and invalid lines are skipped")
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

  @Test("a table with more lines of a stage than a histogram has buckets is read up to there")
  func longTable() throws {
    let path = NSTemporaryDirectory() + "avg-latencies-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = String(repeating: "act,1,2,3\nlearn,1,2,3\n", count: 10_000)
    try AtomicFile.write("stage,from_ms,to_ms,count\n" + lines, to: path)
    let stages = try LatencyTable(reading: path).stages
    #expect(stages.map(\.name) == ["act", "learn"])
    #expect(stages.allSatisfy { $0.buckets.count == LatencyHistogram.coarseCount })
  }

  @Test(
    "lines with impossible durations are skipped, and the rest is drawn",
    arguments: [
      "act,1e-320,2,1", "act,1,inf,1", "act,nan,2,1", "act,1,2,9223372036854775807", "act,1,2,-1",
      "act,2,1,1",
      "other,1,2,1", "act,1e300,1e301,1", "act,0,1,1",
    ])
  func impossibleLines(line: String) throws {
    let path = NSTemporaryDirectory() + "avg-latencies-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ("stage,from_ms,to_ms,count\nact,1,2,3\n" + line + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
    let table = try LatencyTable(reading: path)
    #expect(table.stages.map(\.buckets) == [[HistogramChart.Bucket(low: 1, high: 2, count: 3)]])
    let chart = HistogramChart(
      title: "", label: "ms", series: [.init("", color: .blue, buckets: table.stages[0].buckets)])
    #expect(!HistogramChart.drawing(of: [chart]).svg.isEmpty)
  }

  @Test("an empty histogram says so")
  func empty() {
    #expect(LatencyHistogram().summary == "none")
    #expect(LatencyHistogram().max == .zero)
    #expect(StepLatencies().summary.isEmpty)
  }
}
