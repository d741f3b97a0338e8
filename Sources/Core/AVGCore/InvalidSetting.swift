/// A setting whose value is not allowed.
public struct InvalidSetting: Error, Hashable, Sendable, CustomStringConvertible {
  /// The setting's name, as it stands in a configuration file.
  public var key: String
  /// The value found.
  public var value: String
  /// What may stand there, as the end of the sentence "give …".
  public var allowed: String

  /// Makes an error for the setting `key`.
  public init(key: String, value: String, allowed: String) {
    self.key = key
    self.value = value
    self.allowed = allowed
  }

  /// Subject, failure and value, then what to do.
  public var description: String {
    "configuration: \(key) is not allowed: \(value). Give \(allowed)."
  }

  /// Throws unless `value` lies in `range`; a value that is not a number never does.
  public static func check<Value: Comparable>(
    _ key: String, _ value: Value, in range: ClosedRange<Value>
  ) throws(InvalidSetting) {
    guard range.contains(value) else {
      throw InvalidSetting(
        key: key, value: "\(value)", allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
