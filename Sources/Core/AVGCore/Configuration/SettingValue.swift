// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What conforms has the documentation of its protocol.

/// A type that a key of a configuration can have: how a file holds it, and what is allowed.
public protocol SettingValue: Hashable, Sendable {
  /// Any value of the kind, which shows a reader of files what must stand there.
  static var pattern: ConfigurationValue { get }
  /// What of that kind may be given, as the end of the sentence "give …".
  static var allowed: String { get }
  /// The names there are to choose from, each with its meaning; empty for what is no choice.
  static var choices: [KeyDescription] { get }
  /// The keys of a section, or of each item of a list; empty for a single value.
  static var parts: [KeyDescription] { get }

  /// Reads a value of the kind.
  ///
  /// - Throws: `InvalidSetting` for what is out of the type's bounds; its key is relative to the value.
  init(_ written: ConfigurationValue) throws(InvalidSetting)

  /// The value as a file holds it.
  var written: ConfigurationValue { get }
  /// What is wrong with the value by itself.
  var problems: [InvalidSetting] { get }
}

extension SettingValue {
  public static var choices: [KeyDescription] { [] }
  public static var parts: [KeyDescription] { [] }
  public var problems: [InvalidSetting] { [] }

  static func refused(_ written: ConfigurationValue) -> InvalidSetting {
    InvalidSetting(value: written.flow, allowed: allowed)
  }
}

/// A choice among names, as they stand in a file.
public protocol SettingChoice: SettingValue, CaseIterable, RawRepresentable where RawValue == String {
  /// What the name stands for.
  var meaning: String { get }
}

extension SettingChoice {
  public static var pattern: ConfigurationValue { .text("") }
  public static var allowed: String { allCases.map(\.rawValue).joined(separator: ", ") }
  public static var choices: [KeyDescription] {
    allCases.map { KeyDescription(name: $0.rawValue, sentence: $0.meaning) }
  }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .text(let name) = written, let value = Self(rawValue: name) else {
      throw Self.refused(written)
    }
    self = value
  }

  public var written: ConfigurationValue { .text(rawValue) }
}

extension Bool: SettingValue {
  public static var pattern: ConfigurationValue { .boolean(false) }
  public static var allowed: String { "true, false" }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .boolean(let value) = written else { throw Self.refused(written) }
    self = value
  }

  public var written: ConfigurationValue { .boolean(self) }
}

extension FixedWidthInteger where Self: SettingValue {
  public static var pattern: ConfigurationValue { .integer("0") }
  public static var allowed: String { "a whole number from \(min) to \(max)" }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .integer(let digits) = written, let value = Self(digits) else { throw Self.refused(written) }
    self = value
  }

  public var written: ConfigurationValue { .integer(String(self)) }
}

extension Int: SettingValue {}

extension UInt64: SettingValue {}

extension Double: SettingValue {
  public static var pattern: ConfigurationValue { .number("0") }
  public static var allowed: String { "a number" }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .number(let digits) = written, let value = Double(digits) else { throw Self.refused(written) }
    self = value
  }

  /// The shortest digits that give back the same number, with a point: `1e-05` is text to readers of YAML 1.1, `1.0e-05`
  /// a number to all.
  public var written: ConfigurationValue {
    let digits = description
    guard let exponent = digits.firstIndex(of: "e"), !digits.contains(".") else { return .number(digits) }
    return .number(digits[..<exponent] + ".0" + digits[exponent...])
  }
}

extension String: SettingValue {
  public static var pattern: ConfigurationValue { .text("") }
  public static var allowed: String { "text" }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .text(let value) = written else { throw Self.refused(written) }
    self = value
  }

  public var written: ConfigurationValue { .text(self) }
}

extension Array: SettingValue where Element: SettingValue {
  public static var pattern: ConfigurationValue { .list([Element.pattern]) }
  public static var allowed: String { "a list" }
  public static var parts: [KeyDescription] { Element.parts }

  public init(_ written: ConfigurationValue) throws(InvalidSetting) {
    guard case .list(let items) = written else { throw Self.refused(written) }
    self = []
    for (index, item) in items.enumerated() {
      do { append(try Element(item)) } catch { throw error.within("[\(index)]") }
    }
  }

  public var written: ConfigurationValue { .list(map(\.written)) }

  public var problems: [InvalidSetting] {
    enumerated().flatMap { index, item in item.problems.map { $0.within("[\(index)]") } }
  }
}
