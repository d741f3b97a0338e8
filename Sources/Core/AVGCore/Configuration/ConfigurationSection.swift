// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What the extension implements has the documentation of its protocol.

/// A part of a configuration: a structure each of whose properties is a key.
///
/// ```swift
/// struct Lamp: ConfigurationSection {
///   var brightness = 0.5
///
///   static let keys: [Key<Lamp>] = [Key("brightness", \.brightness, 0...1, "How bright the lamp shines.")]
/// }
/// ```
///
/// The property has the key's default, the key all that is said of it: what files may hold, errors, `avg-vision keys` and
/// the page of keys are made from there.
public protocol ConfigurationSection: SettingValue {
  /// A key for each stored property, in the order in which files are written. Bounds refer to keys before their own.
  static var keys: [Key<Self>] { get }

  /// Makes the defaults.
  init()

  /// What is wrong between values each of which is allowed by itself; nil if nothing is.
  var contradiction: InvalidSetting? { get }
}

extension ConfigurationSection {
  public static var pattern: ConfigurationValue {
    .map(keys.map { .init(key: $0.description.name, value: $0.pattern) })
  }
  public static var allowed: String { "keys and values" }
  public static var parts: [KeyDescription] { keys.map(\.description) }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    self.init()
    guard case .map(let entries) = written else { throw Self.refused(written) }
    try Key.write(entries, by: Self.keys, into: &self)
  }

  public var written: ConfigurationValue { Key.entries(of: self, by: Self.keys) }

  public var contradiction: InvalidSetting? { nil }

  public var problems: [InvalidSetting] {
    var found: [InvalidSetting] = []
    for key in Self.keys { key.check(self, &found) }
    return found.isEmpty ? contradiction.map { [$0] } ?? [] : found
  }

  /// Checks every key.
  ///
  /// - Throws: `InvalidSetting` for the first that is not allowed.
  public func validate() throws(InvalidSetting) {
    if let problem = problems.first { throw problem }
  }
}
