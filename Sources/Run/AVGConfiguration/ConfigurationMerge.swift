import AVGCore
import AVGSystem
import Yams

/// The values of a configuration while files and options are laid over its defaults.
struct ConfigurationMerge {
  /// The values so far.
  private(set) var tree: ConfigurationValue
  /// What was wrong so far.
  private(set) var mistakes: [ConfigurationMistake] = []

  private let file: String
  private let foreignNames: [String: ForeignName]
  /// Where the given values stand, by their keys.
  private var places: [String: String] = [:]
  /// The option being read; nil while reading the file, where marks tell the place.
  private var option: String?

  init(tree: ConfigurationValue, file: String, foreignNames: [String: ForeignName] = [:]) {
    self.tree = tree
    self.file = file
    self.foreignNames = foreignNames
  }

  /// Lays a file's text over the values.
  mutating func read(_ text: String) {
    option = nil
    guard let node = parse(text) else { return }
    tree = merged(tree, with: node, at: "")
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
    guard let node = parse(value) ?? (value.isEmpty ? Node("") : nil) else { return }
    // The same as a file that holds this one key.
    let nested = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).reversed()
      .reduce(node) { inner, key in Node([(Node(String(key)), inner)]) }
    tree = merged(tree, with: nested, at: "")
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

  /// The key that a decoder's path stands for, and its value, as far as the path leads.
  func value(at path: [any CodingKey]) -> (key: String, value: ConfigurationValue) {
    var (key, value) = ("", tree)
    for part in path {
      switch value {
      case .map(let entries):
        guard let entry = entries.first(where: { $0.key == part.stringValue }) else { return (key, value) }
        (key, value) = (join(key, entry.key), entry.value)
      case .list(let items):
        guard let index = part.intValue, items.indices.contains(index) else { return (key, value) }
        (key, value) = ("\(key)[\(index)]", items[index])
      default: return (key, value)
      }
    }
    return (key, value)
  }

  private mutating func parse(_ text: String) -> Node? {
    do { return try Yams.compose(yaml: text) } catch {
      let fault = YAMLFault(error, in: text)
      mistakes.append(.syntax(place: place(fault.place?.line, fault.place?.column), problem: fault.words))
      return nil
    }
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
    _ defaults: ConfigurationValue, with node: Node, at key: String
  ) -> ConfigurationValue {
    places[key] = place(of: node.mark)
    switch defaults {
    case .map(let entries):
      guard let mapping = node.mapping else { return mismatch(defaults, node, key) }
      return .map(merged(entries, with: mapping, at: key))
    case .list(let items):
      guard let sequence = node.sequence else { return mismatch(defaults, node, key) }
      return .list(
        sequence.enumerated().map { index, node in
          item(like: items.first, from: node, at: "\(key)[\(index)]")
        })
    default:
      let given = ScalarReading(node)
      if case .number = defaults, let problem = given?.problem {
        mistakes.append(.refused(place: place(of: node.mark), key: key, message: problem))
        return defaults
      }
      return given?.value(like: defaults) ?? mismatch(defaults, node, key)
    }
  }

  private mutating func merged(
    _ entries: [ConfigurationValue.Entry], with mapping: Node.Mapping, at key: String
  ) -> [ConfigurationValue.Entry] {
    var result = entries
    for (name, node) in mapping {
      let part = name.string ?? ""
      guard let index = entries.firstIndex(where: { $0.key == part }) else {
        mistakes.append(
          .unknownKey(
            place: place(of: name.mark), key: join(key, part),
            hint: KeyHint(for: part, at: key, among: entries.map(\.key), in: tree, foreignNames),
            keys: entries.map(\.key)))
        continue
      }
      result[index].value = merged(entries[index].value, with: node, at: join(key, part))
    }
    return result
  }

  /// An item of a list, which must have the pattern's keys, all of them.
  private mutating func item(
    like pattern: ConfigurationValue?, from node: Node, at key: String
  ) -> ConfigurationValue {
    guard let pattern else {
      // The defaults are an empty list and do not tell the type: the decoder will.
      return ScalarReading(node)?.natural ?? mismatch(.text(""), node, key)
    }
    if case .map(let entries) = pattern, let mapping = node.mapping {
      let given = Set(mapping.keys.compactMap(\.string))
      for entry in entries where !given.contains(entry.key) {
        mistakes.append(.missingKey(place: place(of: node.mark), item: key, key: entry.key))
      }
    }
    return merged(pattern, with: node, at: key)
  }

  private mutating func mismatch(
    _ defaults: ConfigurationValue, _ node: Node, _ key: String
  ) -> ConfigurationValue {
    let found =
      if node.mapping != nil { "keys and values" } else if node.sequence != nil { "a list" } else {
        ScalarReading(node)?.words ?? "an alias"
      }
    mistakes.append(
      .wrongType(
        place: place(of: node.mark), key: key, expected: defaults.expectation, found: found))
    return defaults
  }
}
