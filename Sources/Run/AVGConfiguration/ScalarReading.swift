import AVGCore
import AVGSystem
import Yams

/// A single value of a YAML file, read by our own rules: only `true` and `false` are booleans, and a number is
/// what Swift reads as a finite one.
struct ScalarReading {
  /// The value as it stands there, of the type it looks like; nil for nothing.
  let natural: ConfigurationValue?
  private let text: String

  /// Reads a node; nil if it is no single value.
  init?(_ node: Node) {
    guard let scalar = node.scalar else { return nil }
    text = scalar.string
    natural = scalar.style == .plain || scalar.style == .any ? Self.plain(text) : .text(text)
  }

  private static func plain(_ text: String) -> ConfigurationValue? {
    switch text {
    case "", "~", "null": return nil
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    // Wide enough for every integer type; whether it fits the one at hand, the decoder says.
    if let integer = Int128(text) { return .integer(integer.description) }
    // Swift also reads hexadecimal digits and infinities; a configuration has none.
    if text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text),
      number.isFinite
    {
      return .number(number.description)
    }
    return .text(text)
  }

  /// The value if it can stand where `pattern` stands; a whole number can stand for any number.
  func value(like pattern: ConfigurationValue) -> ConfigurationValue? {
    switch (pattern, natural) {
    case (.boolean, .boolean), (.integer, .integer), (.number, .number), (.text, .text): natural
    case (.number, .integer): Double(text).map { .number($0.description) }
    default: nil
    }
  }

  /// Why a number cannot stand there, though it is one: what is learned with is computed in 32 bits, where it would be 0
  /// or infinite without a word. Nil for all others.
  var problem: String? {
    guard case .number = natural, let number = Double(text), number != 0, case let float = Float(number),
      float == 0 || float.isInfinite
    else { return nil }
    return
      "cannot be \(text): in 32 bits, which numbers are computed in, that is \(float); give 0, or a number whose "
      + "magnitude lies from \(Float.leastNonzeroMagnitude) to \(Float.greatestFiniteMagnitude)"
  }

  /// The value in words, for errors.
  var words: String {
    switch natural {
    case nil: "nothing"
    case .boolean: text
    case .integer: "the whole number \(text.printable(limit: 80))"
    case .number: "the number \(text.printable(limit: 80))"
    default: "the text '\(text.printable(limit: 80))'"
    }
  }
}
