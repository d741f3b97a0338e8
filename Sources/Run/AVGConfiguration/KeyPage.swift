public import AVGCore

/// What is said of all keys of a configuration, made of their declarations.
public struct KeyPage<Section: ConfigurationSection> {
  private let defaults: Section

  /// The page of a configuration with these defaults.
  public init(_ defaults: Section) { self.defaults = defaults }

  /// A file with every key and its default, each below a comment: what it sets, its default, what may be given.
  ///
  /// - Parameter key: a key or section to show alone, its parts joined by dots; nil for all.
  /// - Throws: for an unknown key; what is probably meant is named.
  public func yaml(of key: String? = nil) throws(ConfigurationError) -> String {
    let names = key?.split(separator: ".", omittingEmptySubsequences: false).map(String.init) ?? []
    var value = defaults.written
    for (depth, name) in names.enumerated() {
      let entries = if case .map(let entries) = value { entries } else { [] as [ConfigurationValue.Entry] }
      guard let entry = entries.first(where: { $0.key == name }) else {
        let place = names[..<depth].joined(separator: ".")
        throw ConfigurationError(mistakes: [
          .unknownKey(
            place: "keys", key: names[...depth].joined(separator: "."),
            hint: StrictYAML.hint(for: name, at: place, among: entries.map(\.key), in: defaults),
            keys: entries.map(\.key))
        ])
      }
      value = entry.value
    }
    let nested = names.reversed().reduce(value) { .map([.init(key: $1, value: $0)]) }
    return nested.yaml(Section.parts)
  }

  /// Tables in Markdown, one a section, below headings of `level`.
  public func markdown(level: Int = 2) -> String {
    Self.tables(Section.parts, defaults.written, at: "", level: level)
  }

  private static func tables(
    _ keys: [KeyDescription], _ values: ConfigurationValue, at place: String, level: Int
  ) -> String {
    guard case .map(let entries) = values else { return "" }
    var (rows, sections) = ("", "")
    for (key, entry) in zip(keys, entries) {
      let path = place.isEmpty ? key.name : "\(place).\(key.name)"
      guard entry.value.isMap else {
        let items = (key.choices.isEmpty ? key.parts : key.choices).map { item in
          "<br>`\(item.name)`: \(item.sentence)" + (item.allowed.isEmpty ? "" : " \(item.allowed)")
        }
        rows +=
          "| `\(key.name)` | `\(key.shown(entry.value))` | \(key.allowed(listed: " of these", ", each with")) | \(key.sentence)\(items.joined()) |\n"
        continue
      }
      sections += "\n\(String(repeating: "#", count: level)) \(path)\n\n\(key.sentence)\n"
      sections += tables(key.parts, entry.value, at: path, level: level + 1)
    }
    let head = "\n| key | default | allowed | meaning |\n|---|---|---|---|\n"
    return (rows.isEmpty ? "" : head + rows) + sections
  }
}
