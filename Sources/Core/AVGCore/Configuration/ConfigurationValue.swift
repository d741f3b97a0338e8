/// A configuration as a tree of keys in the order of their declaration, with numbers as their own digits.
///
/// Numbers stay text on their way between a file and a `Double`, so that none loses a bit.
public indirect enum ConfigurationValue: Hashable, Sendable {
  case boolean(Bool)
  case integer(String)
  case number(String)
  case text(String)
  case list([ConfigurationValue])
  case map([Entry])

  /// A key and its value.
  public struct Entry: Hashable, Sendable {
    /// The key's name.
    public var key: String
    /// What stands behind it.
    public var value: ConfigurationValue

    /// Joins a key and a value.
    public init(key: String, value: ConfigurationValue) {
      self.key = key
      self.value = value
    }
  }

  /// What a file must hold in this place, in words.
  package var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "text"
    case .list: "a list"
    case .map: "keys and values"
    }
  }

  /// The value on one line.
  public var flow: String {
    switch self {
    case .boolean(let value): String(value)
    case .integer(let digits), .number(let digits): digits
    case .text(let text): Self.quotedIfNeeded(text)
    case .list(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
    case .map(let entries):
      "{" + entries.map { Self.quotedIfNeeded($0.key) + ": " + $0.value.flow }.joined(separator: ", ") + "}"
    }
  }

  /// The value on one line for a reader: a number without a fraction that is nothing.
  package var brief: String {
    if case .number = self, flow.hasSuffix(".0") { String(flow.dropLast(2)) } else { flow }
  }

  /// Words that one YAML reader or another takes for something else than text.
  private static let reserved: Set<String> = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "inf", "infinity", "nan",
  ]

  /// The text bare if every reader takes it for text, else in double quotes.
  package static func quotedIfNeeded(_ text: String) -> String {
    func isBare(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "/"):
        true
      default: false
      }
    }
    let startsBare = text.first.map { $0.isASCII && ($0.isLetter || $0 == "/") } ?? false
    if startsBare, text.utf8.allSatisfy(isBare), !reserved.contains(text.lowercased()) { return text }
    var result = "\""
    for character in text.unicodeScalars {
      switch character {
      case "\"", "\\": result += "\\" + String(character)
      case "\n": result += "\\n"
      case _
      where character.properties.generalCategory == .control
        || "\u{2028}\u{2029}\u{FEFF}".unicodeScalars.contains(character):
        let digits = String(character.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(character)
      }
    }
    return result + "\""
  }
}
