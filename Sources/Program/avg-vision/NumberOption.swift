import ArgumentParser

/// Numbers as options take them: what is no number, or out of its bounds, is answered with what is allowed.
enum NumberOption {
  /// The greatest number of steps, as of `training.steps`.
  static let steps = 1...1_000_000_000
  /// The greatest number of episodes of an evaluation.
  static let episodes = 1...1_000_000

  /// Reads a whole number.
  static func whole<Number: FixedWidthInteger & Sendable>(
    _ range: ClosedRange<Number>
  ) -> @Sendable (String) throws -> Number {
    { text in
      guard let number = Number(text), range.contains(number) else {
        throw ValidationError("give a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }

  /// Reads whole numbers with commas between them.
  static func list(_ range: ClosedRange<UInt64>) -> @Sendable (String) throws -> [UInt64] {
    { text in
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt64($0) }
      guard numbers.allSatisfy({ $0.map(range.contains) ?? false }) else {
        throw ValidationError(
          "give whole numbers from \(range.lowerBound) to \(range.upperBound), as 101,102")
      }
      return numbers.compactMap { $0 }
    }
  }

  /// Reads a number.
  static func real(_ range: ClosedRange<Double>) -> @Sendable (String) throws -> Double {
    { text in
      guard let number = Double(text), range.contains(number) else {
        throw ValidationError("give a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
  }
}
