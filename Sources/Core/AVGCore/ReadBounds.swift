/// Bounds for numbers that a file, a socket or an option gives.
///
/// What is read can be any number of its type. Within these bounds its sums and products stay far from the ends of
/// `Int`, so that nothing overflows further on.
public enum ReadBounds {
  /// Counts of steps, episodes, cycles or events.
  public static let counts = 0...1_000_000_000_000
}

extension Int64 {
  /// The difference, or the nearest number where it lies beyond the type.
  static func saturatedDifference(_ minuend: Int64, _ subtrahend: Int64) -> Int64 {
    let (difference, overflows) = minuend.subtractingReportingOverflow(subtrahend)
    return overflows ? (minuend < 0 ? .min : .max) : difference
  }

  /// The sum, or the nearest number where it lies beyond the type.
  static func saturatedSum(_ first: Int64, _ second: Int64) -> Int64 {
    let (sum, overflows) = first.addingReportingOverflow(second)
    return overflows ? (first < 0 ? .min : .max) : sum
  }
}
