import AVGCore
import Glibc

/// An axis of a chart, with ticks at multiples of 1, 2 or 5 times a power of ten, the first and last at its ends.
public struct Axis: Hashable, Sendable {
  let lowest, highest: Double
  /// The values with a tick.
  public let ticks: [Double]
  private let isLogarithmic: Bool
  /// Decimal places of the tick labels of a linear axis.
  private let decimals: Int

  /// Makes an axis from `low` to `high` with a tick at each multiple of `spacing`.
  public init(from low: Double, to high: Double, spacing: Double) {
    isLogarithmic = false
    decimals = min(9, max(0, Int((-log10(spacing) + 1e-9).rounded(.up))))
    (lowest, highest) = (low, high)
    ticks = Self.multiples(of: spacing, from: low, to: high)
  }

  /// Makes an axis that covers `low`…`high` with about `tickCount` ticks.
  ///
  /// - Parameter isTight: the axis ends exactly at the given values, with a tick at its upper end, and not at the next
  ///   round numbers.
  init(covering low: Double, _ high: Double, tickCount: Int, isTight: Bool = false) {
    let low = Self.bounded(low)
    // A single value still needs an axis around it.
    let high = Self.bounded(high) > low ? Self.bounded(high) : low + max(abs(low), 1)
    let rough = max((high - low) / Double(max(1, tickCount)), Self.smallestSpacing)
    let power = pow(10, log10(rough).rounded(.down))
    let multiple = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
    let spacing = multiple * power
    isLogarithmic = false
    decimals = min(9, max(0, Int((-log10(spacing) + 1e-9).rounded(.up))))
    lowest = isTight ? low : (low / spacing + 1e-9).rounded(.down) * spacing
    highest = isTight ? high : (high / spacing - 1e-9).rounded(.up) * spacing
    var ticks = Self.multiples(of: spacing, from: lowest, to: highest)
    if isTight, let end = ticks.last, highest - end > 1e-9 * spacing {
      // An end between two ticks gets a tick, which replaces the last regular one if that is too close.
      if highest - end < 0.6 * spacing { ticks.removeLast() }
      ticks.append(highest)
    }
    self.ticks = ticks
  }

  /// Makes a logarithmic axis that covers `low`…`high`, both above 0, and ends on ticks: powers of ten, with their
  /// multiples by 2 and 5 if the range is short.
  init(logarithmicallyCovering low: Double, _ high: Double) {
    isLogarithmic = true
    decimals = 0
    let low = log10(max(Self.bounded(low), Self.smallestSpacing))
    let high = max(log10(max(Self.bounded(high), Self.smallestSpacing)), low)
    let decades = Int((low + 1e-9).rounded(.down))...Int((high - 1e-9).rounded(.up))
    // Ticks at a hundred powers would overlap; use every `step`-th.
    let step = max(1, decades.count / 8)
    let multiples = high - low < 2 ? [1.0, 2, 5] : [1]
    let marks = stride(from: decades.lowerBound, through: decades.upperBound + step, by: step).flatMap {
      decade in
      multiples.map { $0 * pow(10, Double(decade)) }
    }
    let first = marks.lastIndex { log10($0) <= low + 1e-9 } ?? 0
    let last = marks.firstIndex { log10($0) >= high - 1e-9 } ?? marks.count - 1
    // A single value still needs an axis around it.
    ticks = Array(marks[first...max(last, first + 1)])
    lowest = ticks[0]
    highest = ticks[ticks.count - 1]
  }

  /// The smallest spacing of ticks; smaller ones have no exact multiples.
  private static let smallestSpacing = 1e-200

  /// Limits a value to a range in which the computations cannot overflow, because a file may contain any number.
  private static func bounded(_ value: Double) -> Double {
    value.isNaN ? 0 : min(max(value, -1e200), 1e200)
  }

  private static func multiples(of spacing: Double, from low: Double, to high: Double) -> [Double] {
    guard let first = Int(exactly: (low / spacing - 1e-9).rounded(.up)),
      let last = Int(exactly: (high / spacing + 1e-9).rounded(.down)), first <= last, last - first < 1000
    else { return [low, high] }
    return (first...last).map { Double($0) * spacing }
  }

  /// The relative position of a value between the ends, 0…1.
  func share(of value: Double) -> Double {
    guard isLogarithmic else { return (value - lowest) / (highest - lowest) }
    return (log10(value) - log10(lowest)) / (log10(highest) - log10(lowest))
  }

  /// The label of a tick: as many decimals as the ticks need, thousands separated by commas; on a logarithmic axis,
  /// very large and small values as powers of ten.
  public func label(of tick: Double) -> String {
    guard isLogarithmic else { return grouped(tick, decimals: decimals) }
    let exponent = (log10(tick) + 1e-9).rounded(.down)
    guard !(-3..<6).contains(exponent) else { return grouped(tick, decimals: max(0, Int(-exponent))) }
    let digits = "\(Int(exponent))".map { Self.superscripts[$0] ?? String($0) }.joined()
    let multiple = Int((tick / pow(10, exponent)).rounded())
    return (multiple == 1 ? "" : "\(multiple)·") + "10" + digits
  }

  private static let superscripts: [Character: String] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
    "9": "⁹",
  ]
}
