import Glibc

/// One axis of a chart: a range that ends on ticks, at multiples of 1, 2 or 5 times a power of ten.
struct Axis: Hashable {
  let lowest, highest: Double
  /// The distance of two ticks.
  let spacing: Double

  /// An axis that covers `low`…`high` with about `tickCount` ticks.
  ///
  /// - Parameter isTight: the axis ends where the values end, and not at the next tick.
  init(covering low: Double, _ high: Double, tickCount: Int, isTight: Bool = false) {
    // A single value still needs an axis around it.
    let high = high > low ? high : low + max(abs(low), 1)
    let rough = (high - low) / Double(max(1, tickCount))
    let power = pow(10, log10(rough).rounded(.down))
    let multiple = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999 } ?? 10
    spacing = multiple * power
    lowest = isTight ? low : (low / spacing + 1e-9).rounded(.down) * spacing
    highest = isTight ? high : (high / spacing - 1e-9).rounded(.up) * spacing
  }

  /// The ticks from the lowest to the highest.
  var ticks: [Double] {
    let first = Int((lowest / spacing - 1e-9).rounded(.up))
    let last = Int((highest / spacing + 1e-9).rounded(.down))
    return first <= last ? (first...last).map { Double($0) * spacing } : []
  }

  /// Where a value lies between the ends, 0…1.
  func share(of value: Double) -> Double { (value - lowest) / (highest - lowest) }

  /// A tick's label: as many decimals as the spacing needs, thousands separated by commas.
  func label(of tick: Double) -> String {
    let decimals = max(0, Int((-log10(spacing) + 1e-9).rounded(.up)))
    return grouped(tick, decimals: min(decimals, 9))
  }
}

/// A number with commas between the thousands: 12,345.6.
///
/// - Parameter decimals: digits after the point, 0…9.
public func grouped(_ value: Double, decimals: Int = 0) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return String(value) }
  let scale = Int(pow(10, Double(decimals)))
  let scaled = Int((abs(value) * Double(scale)).rounded())
  var whole = Array(String(scaled / scale))
  for position in stride(from: whole.count - 3, to: 0, by: -3) {
    whole.insert(",", at: position)
  }
  let fraction = decimals > 0 ? "." + String(String(scale + scaled % scale).dropFirst()) : ""
  return (value < 0 && scaled > 0 ? "-" : "") + String(whole) + fraction
}
