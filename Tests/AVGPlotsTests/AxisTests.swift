import AVGCore
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
    #expect(axis.share(of: 29_938) == 0.5)
  }

  @Test(
    "the last tick of a tight axis is at its end, and its label overlaps no other",
    arguments: [
      (59_876.0, ["0", "10,000", "20,000", "30,000", "40,000", "50,000", "59,876"]),
      (53_000.0, ["0", "10,000", "20,000", "30,000", "40,000", "53,000"]),
      (60_000.0, ["0", "10,000", "20,000", "30,000", "40,000", "50,000", "60,000"]),
      (1.0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ])
  func lastTickIsLabelled(end: Double, labels: [String]) {
    let axis = Axis(covering: 0, end, tickCount: 7, isTight: true)
    #expect(axis.ticks.map(axis.label) == labels)
  }

  @Test(
    "a logarithmic axis ends on ticks, which are powers of ten if there are many",
    arguments: [
      (10.0, 1000.0, ["10", "100", "1,000"]), (3.0, 40.0, ["2", "5", "10", "20", "50"]),
      (1.0, 1e5, ["1", "10", "100", "1,000", "10,000", "100,000"]),
      (0.0001, 0.005, ["10⁻⁴", "2·10⁻⁴", "5·10⁻⁴", "0.001", "0.002", "0.005"]),
      (3e-7, 2e-3, ["10⁻⁷", "10⁻⁶", "10⁻⁵", "10⁻⁴", "0.001", "0.01"]),
      (5.0, 5.0, ["5", "10"]), (1.0, 1.0, ["1", "2"]), (1e6, 1e7, ["10⁶", "2·10⁶", "5·10⁶", "10⁷"]),
    ])
  func logarithmicTicks(low: Double, high: Double, labels: [String]) {
    let axis = Axis(logarithmicallyCovering: low, high)
    #expect(axis.ticks.map(axis.label) == labels)
    #expect(axis.share(of: low) >= -1e-9 && axis.share(of: high) <= 1 + 1e-9)
    #expect(abs(axis.share(of: (axis.lowest * axis.highest).squareRoot()) - 0.5) < 1e-9)
  }

  @Test("any number gives an axis, and no axis has too many ticks")
  func bearsAnyNumber() {
    let numbers = [
      -.infinity, -.greatestFiniteMagnitude, -1e19, -1, -0.0, 0, .leastNonzeroMagnitude,
      .leastNormalMagnitude, 1, 1e18,
      1e18 + 1000, 9e18, 1e19,
      .greatestFiniteMagnitude, .infinity, .nan,
    ]
    for low in numbers {
      for high in numbers {
        for axis in [
          Axis(covering: low, high, tickCount: 5), Axis(covering: low, high, tickCount: 7, isTight: true),
          Axis(logarithmicallyCovering: low, high),
        ] {
          #expect((1...20).contains(axis.ticks.count), "\(low) \(high): \(axis.ticks.count)")
          _ = axis.ticks.map(axis.label)
        }
      }
    }
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
