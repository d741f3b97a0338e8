import Testing

@testable import AVGPlots

@Suite("Axis")
struct AxisTests {
  @Test(
    "ticks are round numbers that enclose the values",
    arguments: [
      (0.0, 60_000.0, 6, ["0", "10,000", "20,000", "30,000", "40,000", "50,000", "60,000"]),
      (0.0, 100.0, 5, ["0", "20", "40", "60", "80", "100"]),
      (-33.3, -4.0, 5, ["-40", "-30", "-20", "-10", "0"]),
      (0.012, 0.031, 4, ["0.010", "0.015", "0.020", "0.025", "0.030", "0.035"]),
      (7.0, 7.0, 4, ["6", "8", "10", "12", "14"]),
    ])
  func ticksAreRound(low: Double, high: Double, count: Int, labels: [String]) {
    let axis = Axis(covering: low, high, tickCount: count)
    #expect(axis.ticks.map(axis.label) == labels)
    #expect(axis.lowest <= low && axis.highest >= high)
  }

  @Test("a tight axis ends where the values end")
  func tightAxisEndsWithTheValues() {
    let axis = Axis(covering: 0, 59_876, tickCount: 6, isTight: true)
    #expect(axis.highest == 59_876)
    #expect(axis.ticks.last == 50_000)
    #expect(axis.share(of: 29_938) == 0.5)
  }

  @Test(
    "thousands are separated by commas",
    arguments: [
      (0.0, 0, "0"), (999, 0, "999"), (1000, 0, "1,000"), (1_234_567.4, 0, "1,234,567"),
      (-12345.678, 1, "-12,345.7"), (-0.04, 1, "0.0"), (0.05, 2, "0.05"), (44.06, 1, "44.1"),
      (.infinity, 0, "inf"),
    ])
  func groupsThousands(value: Double, decimals: Int, expected: String) {
    #expect(grouped(value, decimals: decimals) == expected)
  }
}
