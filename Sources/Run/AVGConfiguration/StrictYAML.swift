public import AVGCore

/// Configurations in YAML, read strictly: an unknown key, a wrong type or a value that makes no sense is an
/// error that names its line, and a key that is not in the file keeps its default.
///
/// A structure in a list must be given whole.
public enum StrictYAML {
  /// Reads a configuration from the text of a file.
  ///
  /// - Parameters:
  ///   - defaults: the values of the keys that are not given.
  ///   - file: what the text is called in errors.
  ///   - overrides: options that win over the file.
  public static func load<Section: ConfigurationSection>(
    _ defaults: Section, from text: String, file: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Section {
    try ConfigurationFile(text: text, name: file).read(over: defaults, overrides)
  }

  /// Reads a configuration from a file.
  public static func load<Section: ConfigurationSection>(
    _ defaults: Section, path: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Section {
    try ConfigurationFile(path: path).read(over: defaults, overrides)
  }

  /// The configuration with all its keys, in the order of declaration; it loads again to the same bits.
  public static func dump(_ configuration: some ConfigurationSection) -> String {
    configuration.written.yaml()
  }

  /// The keys in which two configurations of one type differ, in the order of declaration.
  public static func differences<Section: ConfigurationSection>(
    from old: Section, to new: Section
  ) -> [ConfigurationDifference] {
    new.written.differences(from: old.written, at: "")
  }

  /// What is probably meant by `word`, which is no key of `configuration`; nil if nobody knows.
  ///
  /// - Parameters:
  ///   - place: the key above it, empty at the top.
  ///   - keys: those in its place.
  public static func hint<Section: ConfigurationSection>(
    for word: String, at place: String = "", among keys: [String] = [], in configuration: Section
  ) -> KeyHint? {
    let foreignNames = (Section.self as? any TranslatedConfiguration.Type)?.foreignNames ?? [:]
    return KeyHint(for: word, at: place, among: keys, in: configuration.written, foreignNames)
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
