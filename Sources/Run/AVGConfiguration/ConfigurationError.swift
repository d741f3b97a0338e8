import AVGCore
public import AVGSystem

/// Everything that is wrong with a configuration.
public struct ConfigurationError: Error, Hashable, CustomStringConvertible {
  /// The mistakes, in the order of the file; at least one.
  public let mistakes: [ConfigurationMistake]

  /// One line for each mistake.
  public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong with a configuration; `place` is `file:line:column` or the option at fault.
public enum ConfigurationMistake: Hashable, Sendable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(FileError)
  /// The file holds something else than text.
  case notText(path: String, found: String)
  /// It is the folder of a run.
  case runFolder(path: String)
  /// The text is not YAML.
  case syntax(place: String, problem: String)
  /// An option is not `key=value`.
  case override(place: String)
  /// The configuration has no such key.
  case unknownKey(place: String, key: String, hint: KeyHint?, keys: [String])
  /// An item of a list lacks a key.
  case missingKey(place: String, item: String, key: String)
  /// The value is of another type.
  case wrongType(place: String, key: String, expected: String, found: String)
  /// The value has the right type but cannot be used.
  case refused(place: String, key: String, message: String)

  /// Where it is, what is wrong, and what would be right.
  public var description: String {
    switch self {
    case .unreadable(let error):
      return error.description
    case .notText(let path, let found):
      return "\(path): no configuration: it is \(found). Name a YAML file, as those in configs/."
    case .runFolder(let path):
      return
        "\(path): no configuration: it is a run's folder. Go on with it (avg-vision train --resume \(path)), "
        + "or name the configuration.yaml in it."
    case .syntax(let place, let problem):
      return "\(place): not YAML: \(problem)"
    case .override(let place):
      return "\(place): not of the form key=value"
    case .unknownKey(let place, let key, let hint, let keys):
      let advice = hint.map(\.words) ?? "."
      return
        "\(place): unknown key '\(key.printable(limit: 80))'\(advice) Keys here: \(keys.joined(separator: ", "))"
    case .missingKey(let place, let item, let key):
      return "\(place): \(item): the key '\(key)' is missing"
    case .wrongType(let place, let key, let expected, let found):
      let subject = key.isEmpty ? "" : "\(key): "
      let hint =
        switch expected {
        case "text": "; put it in quotes"
        case "keys and values" where found.hasPrefix("the text"): "; put ': ' between a key and its value"
        default: ""
        }
      return "\(place): \(subject)expected \(expected), found \(found)\(hint)"
    case .refused(let place, let key, let message):
      return "\(place): \(key): \(message)"
    }
  }
}
