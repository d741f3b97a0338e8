import Glibc

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
