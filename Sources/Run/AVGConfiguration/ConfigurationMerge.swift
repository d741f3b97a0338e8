import AVGCore
import AVGSystem
import Yams

/// The values of a configuration while files and options are laid over its defaults.
struct ConfigurationMerge {
  /// The values so far.
  private(set) var tree: ConfigurationValue
  /// What was wrong so far.
  private(set) var mistakes: [ConfigurationMistake] = []

  private let pattern: ConfigurationValue
  private let file: String
  private let foreignNames: [String: ForeignName]
  /// Where the given values stand, by their keys.
  private var places: [String: String] = [:]
  /// The option being read; nil while reading the file, where marks tell the place.
  private var option: String?

  init<Section: ConfigurationSection>(_ defaults: Section, file: String) {
    tree = defaults.written
    pattern = Section.pattern
    self.file = file
    foreignNames = (Section.self as? any TranslatedConfiguration.Type)?.foreignNames ?? [:]
  }

  /// Lays a file over the values.
  mutating func read(_ file: ConfigurationFile) {
    option = nil
    note(file.fault)
    guard let node = file.node else { return }
    tree = merged(tree, like: pattern, with: node, at: "")
  }

  /// Lays an option `key=value` over the values.
  mutating func override(_ override: ConfigurationOverride) {
    let argument = override.assignment
    let place = override.place.printable(limit: 200)
    option = place
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      mistakes.append(.override(place: place))
      return
    }
    let value = String(argument[argument.index(after: equals)...])
    let parsed = ConfigurationFile(text: value, name: place)
    note(parsed.fault)
    guard let node = parsed.node ?? (value.isEmpty ? Node("") : nil) else { return }
    // The same as a file that holds this one key.
    let nested = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).reversed()
      .reduce(node) { inner, key in Node([(Node(String(key)), inner)]) }
    tree = merged(tree, like: pattern, with: nested, at: "")
  }

  /// Where the value of `key` was given, or the nearest structure around it.
  func place(of key: String) -> String {
    var key = key
    while true {
      if let place = places[key] { return place }
      guard let end = key.lastIndex(where: { $0 == "." || $0 == "[" }) else { return file }
      key = String(key[..<end])
    }
  }

  private mutating func note(_ fault: YAMLFault?) {
    guard let fault else { return }
    mistakes.append(.syntax(place: place(fault.place?.line, fault.place?.column), problem: fault.words))
  }

  private func place(of mark: Mark?) -> String { place(mark?.line, mark?.column) }

  private func place(_ line: Int?, _ column: Int?) -> String {
    if let option { return option }
    guard let line, let column else { return file }
    return "\(file):\(line):\(column)"
  }

  private func join(_ key: String, _ part: String) -> String { key.isEmpty ? part : "\(key).\(part)" }

  /// `defaults` with what `node` gives in their place.
  private mutating func merged(
    _ defaults: ConfigurationValue, like pattern: ConfigurationValue, with node: Node, at key: String
  ) -> ConfigurationValue {
    places[key] = place(of: node.mark)
    switch (pattern, defaults) {
    case (.map(let patterns), .map(let entries)):
      guard let mapping = node.mapping else { return mismatch(defaults, like: pattern, with: node, at: key) }
      return .map(merged(entries, like: patterns, with: mapping, at: key))
    case (.list(let patterns), _):
      guard let sequence = node.sequence, let pattern = patterns.first else {
        return mismatch(defaults, like: pattern, with: node, at: key)
      }
      return .list(
        sequence.enumerated().map { index, node in item(like: pattern, from: node, at: "\(key)[\(index)]") })
    default:
      let given = ScalarReading(node)
      if case .number = pattern, let problem = given?.problem {
        mistakes.append(.refused(place: place(of: node.mark), key: key, message: problem))
        return defaults
      }
      return given?.value(like: pattern) ?? mismatch(defaults, like: pattern, with: node, at: key)
    }
  }

  private mutating func merged(
    _ entries: [ConfigurationValue.Entry], like patterns: [ConfigurationValue.Entry],
    with mapping: Node.Mapping, at key: String
  ) -> [ConfigurationValue.Entry] {
    var result = entries
    for (name, node) in mapping {
      let part = name.string ?? ""
      guard let index = entries.firstIndex(where: { $0.key == part }) else {
        let keys = entries.map(\.key)
        mistakes.append(
          .unknownKey(
            place: place(of: name.mark), key: join(key, part),
            hint: KeyHint(for: part, at: key, among: keys, in: tree, foreignNames), keys: keys))
        continue
      }
      result[index].value = merged(
        entries[index].value, like: patterns[index].value, with: node, at: join(key, part))
    }
    return result
  }

  /// An item of a list, which must have the pattern's keys, all of them.
  private mutating func item(
    like pattern: ConfigurationValue, from node: Node, at key: String
  ) -> ConfigurationValue {
    if case .map(let entries) = pattern, let mapping = node.mapping {
      let given = Set(mapping.keys.compactMap(\.string))
      for entry in entries where !given.contains(entry.key) {
        mistakes.append(.missingKey(place: place(of: node.mark), item: key, key: entry.key))
      }
    }
    return merged(pattern, like: pattern, with: node, at: key)
  }

  /// `defaults`, where another kind of value was expected than `node` has.
  private mutating func mismatch(
    _ defaults: ConfigurationValue, like pattern: ConfigurationValue, with node: Node, at key: String
  ) -> ConfigurationValue {
    let found =
      if node.mapping != nil { "keys and values" } else if node.sequence != nil { "a list" } else {
        ScalarReading(node)?.words ?? "an alias"
      }
    mistakes.append(
      .wrongType(place: place(of: node.mark), key: key, expected: pattern.expectation, found: found))
    return defaults
  }
}
