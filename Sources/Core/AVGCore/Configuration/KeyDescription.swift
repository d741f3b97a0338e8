/// What is said of a key, whatever its type.
public struct KeyDescription: Hashable, Sendable {
  /// The name, as it stands in a file.
  public let name: String
  /// What it sets.
  public let sentence: String
  /// What its number counts; nil for what has no unit, or has it in its name.
  public var unit: String?
  /// What may be given, in short: `0 … 1`; empty for a section.
  public var allowed = ""
  /// The names there are to choose from.
  public var choices: [KeyDescription] = []
  /// The keys of a section, or of each item of a list.
  public var parts: [KeyDescription] = []

  init(name: String, sentence: String) {
    self.name = name
    // Long ones stand on several lines of the code.
    self.sentence = sentence.split(separator: "\n").joined(separator: " ")
  }
}
