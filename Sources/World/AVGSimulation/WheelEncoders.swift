/// What the wheels' encoders have counted (Create 2, packets 43 and 44: 508.8 counts to a turn of a 72 mm wheel).
struct WheelEncoders: Codable, Hashable {
  /// Counts since the last reading, and the part of one that was left over from it.
  private var left = 0.0
  private var right = 0.0

  private static let millimetersPerCount = 72 * Double.pi / 508.8

  /// Adds the way that each wheel has turned, in millimetres, backward negative.
  mutating func turn(leftMillimeters: Double, rightMillimeters: Double) {
    left += leftMillimeters / Self.millimetersPerCount
    right += rightMillimeters / Self.millimetersPerCount
  }

  /// Whether wheels can have turned so far since the last reading.
  var isPossible: Bool { abs(left) < 1e9 && abs(right) < 1e9 }

  /// The mean way of both wheels since the last reading, in whole counts, as millimetres.
  mutating func read() -> Double {
    let (wholeLeft, wholeRight) = (left.rounded(.down), right.rounded(.down))
    left -= wholeLeft
    right -= wholeRight
    return (wholeLeft + wholeRight) / 2 * Self.millimetersPerCount
  }
}
