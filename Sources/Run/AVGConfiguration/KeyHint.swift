import AVGCore

/// What is probably meant by a key that a configuration does not have.
public enum KeyHint: Hashable, Sendable {
  /// One of these, keys joined by dots.
  case meant([String])
  /// Something that this program does not have, and why.
  case absent(String)

  /// What follows the unknown key in an error.
  var words: String {
    switch self {
    case .meant(let keys):
      let quoted = keys.map { "'\($0)'" }
      let last = quoted.last ?? ""
      return "; did you mean "
        + (quoted.dropLast().isEmpty ? "" : quoted.dropLast().joined(separator: ", ") + " or ")
        + last + "?"
    case .absent(let reason): return ": \(reason)."
    }
  }

  /// Looks for what is meant by `word`: a key in its place that differs in few letters or in its style, the same key in
  /// another place, another program's name for a key, a key of which it is a part.
  ///
  /// - Parameters:
  ///   - place: the key above it, empty at the top.
  ///   - keys: those in its place.
  ///   - tree: the whole configuration.
  ///   - foreignNames: other programs' names.
  init?(
    for word: String, at place: String, among keys: [String], in tree: ConfigurationValue,
    _ foreignNames: [String: ForeignName]
  ) {
    let plain = Self.plain(word)
    let here = keys.map { place.isEmpty ? $0 : "\(place).\($0)" }
    let everywhere = Self.paths(in: tree, below: "")
    func last(_ path: String) -> String { Self.plain(String(path.split(separator: ".").last ?? "")) }
    let found =
      here.first { last($0) == plain }.map { [$0] }
      ?? nearestName(to: word, in: keys).map { [place.isEmpty ? $0 : "\(place).\($0)"] }
      ?? everywhere.first { last($0) == plain }.map { [$0] }
    if let found {
      self = .meant(found)
    } else if let name = foreignNames[plain] {
      self = name.hint
    } else {
      guard plain.count > 3 else { return nil }
      let longer = everywhere.filter { last($0).hasSuffix(plain) || last($0).hasPrefix(plain) }
      let nearer = longer.filter { place.isEmpty || $0.hasPrefix(place + ".") }
      let best = (nearer.isEmpty ? longer : nearer).prefix(3)
      guard !best.isEmpty else { return nil }
      self = .meant(Array(best))
    }
  }

  /// A name without what tells its style: `learning_rate`, `learning-rate` and `learningRate` are one.
  public static func plain(_ name: String) -> String {
    name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
  }

  private static func paths(in value: ConfigurationValue, below key: String) -> [String] {
    guard case .map(let entries) = value else { return [] }
    return entries.flatMap { entry in
      let path = key.isEmpty ? entry.key : "\(key).\(entry.key)"
      return [path] + paths(in: entry.value, below: path)
    }
  }
}

/// What another program's name for a setting stands for here.
public enum ForeignName: Hashable, Sendable {
  /// These keys, joined by dots.
  case keys([String])
  /// Nothing, and why not, as a sentence without its full stop.
  case absent(String)

  var hint: KeyHint {
    switch self {
    case .keys(let keys): .meant(keys)
    case .absent(let reason): .absent(reason)
    }
  }
}

/// A configuration that knows what other programs call its keys.
public protocol TranslatedConfiguration {
  /// What other programs' names stand for; a name is in lower case and has neither underscores nor hyphens.
  static var foreignNames: [String: ForeignName] { get }
}
