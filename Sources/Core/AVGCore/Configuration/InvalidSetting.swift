/// A setting whose value is not allowed.
public struct InvalidSetting: Error, Hashable, Sendable, CustomStringConvertible {
  /// The setting's name, as it stands in a configuration file.
  public var key: String
  /// The value found.
  public var value: String
  /// What may stand there, as the end of the sentence "give …".
  public var allowed: String

  /// Makes an error for the setting `key`; an empty name stands for the value at hand.
  public init(key: String = "", value: String, allowed: String) {
    self.key = key
    self.value = value
    self.allowed = allowed
  }

  /// What is wrong and what to do, after the key.
  public var advice: String { "cannot be \(value); give \(allowed)" }

  /// Subject, failure and value, then what to do.
  public var description: String {
    "configuration: \(key) is not allowed: \(value). Give \(allowed)."
  }

  /// The same as the owner sees it who keeps the value under `key`.
  func within(_ key: String) -> InvalidSetting {
    var problem = self
    problem.key =
      problem.key.isEmpty || problem.key.hasPrefix("[") ? key + problem.key : "\(key).\(problem.key)"
    return problem
  }
}
