import AVGSystem
import Foundation
import Yams

/// Configurations in YAML, read strictly: an unknown key, a wrong type or a value that makes no sense is an
/// error that names its line, and a key that is not in the file keeps its default.
///
/// A configuration is a structure of booleans, numbers, strings, such structures, and lists of any of these. Its
/// defaults say which keys there are and of which type, so it has no optionals; the first item of a list is
/// the pattern for all, and a structure in a list must be given whole.
public enum StrictYAML {
  /// Reads a configuration from the text of a file.
  ///
  /// - Parameters:
  ///   - defaults: the values of the keys that are not given.
  ///   - file: what the text is called in errors.
  ///   - overrides: options that win over the file.
  public static func load<Configuration: Codable>(
    _ defaults: Configuration, from text: String, file: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Configuration {
    let foreignNames = (Configuration.self as? any TranslatedConfiguration.Type)?.foreignNames ?? [:]
    var merge = ConfigurationMerge(tree: try tree(of: defaults), file: file, foreignNames: foreignNames)
    merge.read(text)
    for override in overrides {
      merge.override(override)
    }
    guard merge.mistakes.isEmpty else { throw ConfigurationError(mistakes: merge.mistakes) }
    let configuration: Configuration = try decode(merge, defaults)
    if let validated = configuration as? any ValidatedConfiguration {
      let mistakes = validated.problems().map { problem in
        ConfigurationMistake.refused(
          place: merge.place(of: problem.key), key: problem.key, message: problem.message)
      }
      guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes) }
    }
    return configuration
  }

  /// The greatest size of a file, in bytes: a thousand times that of a configuration with all its keys and comments.
  static let greatestSize = 1 << 24

  /// Reads a configuration from a file.
  public static func load<Configuration: Codable>(
    _ defaults: Configuration, path: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Configuration {
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(at: path, limit: greatestSize + 1) } catch {
      guard error.code == EISDIR else { throw ConfigurationError(mistakes: [.unreadable(error)]) }
      let isRun = (try? InputFile.bytes(at: path + "/configuration.yaml", limit: 1)) != nil
      throw ConfigurationError(mistakes: [
        isRun ? .runFolder(path: path) : .notText(path: path, found: "a folder")
      ])
    }
    let found =
      FileKind.notText(bytes) ?? (bytes.count > greatestSize ? "larger than any configuration" : nil)
    if let found { throw ConfigurationError(mistakes: [.notText(path: path, found: found)]) }
    return try load(
      defaults, from: String(decoding: bytes, as: UTF8.self), file: path, overrides: overrides)
  }

  /// The configuration with all its keys, in the order of declaration; it loads again to the same bits.
  public static func dump(_ configuration: some Encodable) throws(ConfigurationError) -> String {
    try tree(of: configuration).yaml
  }

  /// The keys in which two configurations of one type differ, in the order of declaration.
  public static func differences<Configuration: Encodable>(
    from old: Configuration, to new: Configuration
  ) throws(ConfigurationError) -> [ConfigurationDifference] {
    try tree(of: new).differences(from: try tree(of: old), at: "")
  }

  /// What is probably meant by `word`, which is no key of `configuration`; nil if nobody knows.
  public static func hint<Configuration: Encodable>(
    for word: String, in configuration: Configuration
  ) -> KeyHint? {
    let foreignNames = (Configuration.self as? any TranslatedConfiguration.Type)?.foreignNames ?? [:]
    guard let tree = try? tree(of: configuration) else { return nil }
    return KeyHint(for: word, at: "", among: [], in: tree, foreignNames)
  }

  private static func tree(of configuration: some Encodable) throws(ConfigurationError) -> ConfigurationValue
  {
    do { return try ConfigurationEncoder.encode(configuration) } catch {
      throw ConfigurationError(
        mistakes: [.refused(place: "defaults", key: "\(type(of: configuration))", message: "\(error)")])
    }
  }

  /// The values as a configuration. What fails here has the right kind but not the right range: a name that is
  /// no case, a number too large for its type.
  private static func decode<Configuration: Decodable>(
    _ merge: ConfigurationMerge, _ defaults: Configuration
  ) throws(ConfigurationError) -> Configuration {
    do { return try YAMLDecoder().decode(Configuration.self, from: merge.tree.yaml) } catch {
      let path: [any CodingKey] =
        switch error {
        case DecodingError.dataCorrupted(let context): context.codingPath
        case DecodingError.typeMismatch(_, let context): context.codingPath
        case DecodingError.valueNotFound(_, let context): context.codingPath
        case DecodingError.keyNotFound(_, let context): context.codingPath
        default: []
        }
      let (key, value) = merge.value(at: path)
      throw ConfigurationError(
        mistakes: [
          .refused(
            place: merge.place(of: key), key: key,
            message: "cannot be \(value.flow)"
              + (AllowedValues.text(of: defaults, at: path).map { "; give \($0)" } ?? ""))
        ])
    }
  }
}

/// A key in which two configurations differ.
public struct ConfigurationDifference: Hashable, Sendable, CustomStringConvertible {
  /// The key, its parts joined by dots: `agent.discount`.
  public var key: String
  /// Its value in the one configuration and in the other, as they stand in a file.
  public var old, new: String

  /// The key with its new value, and the old one.
  public var description: String { "\(key) is \(new), not \(old)" }
}

extension ConfigurationValue {
  /// The differences, those in a list as one.
  fileprivate func differences(from old: ConfigurationValue, at key: String) -> [ConfigurationDifference] {
    guard case .map(let entries) = self, case .map(let others) = old else {
      return self == old ? [] : [ConfigurationDifference(key: key, old: old.flow, new: flow)]
    }
    return zip(entries, others).flatMap { entry, other in
      entry.value.differences(from: other.value, at: key.isEmpty ? entry.key : "\(key).\(entry.key)")
    }
  }
}
