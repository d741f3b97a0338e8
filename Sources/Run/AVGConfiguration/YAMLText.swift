import AVGCore
import Foundation

extension ConfigurationValue {
  /// The value in the block style of YAML.
  ///
  /// - Parameter keys: whose comments stand above the values; empty for none.
  func yaml(_ keys: [KeyDescription] = []) -> String {
    var lines: [String] = []
    append(to: &lines, indentation: "", keys)
    return lines.map { $0 + "\n" }.joined()
  }

  private func append(to lines: inout [String], indentation: String, _ keys: [KeyDescription] = []) {
    guard case .map(let entries) = self, !entries.isEmpty else {
      lines.append(indentation + flow)
      return
    }
    var isApart = false
    for entry in entries {
      let key = keys.first { $0.name == entry.key }
      if let key {
        // A section of the whole file stands apart.
        let isSection = indentation.isEmpty && !key.parts.isEmpty
        if !lines.isEmpty, isSection || isApart { lines.append("") }
        isApart = isSection
        lines += key.comment(on: entry.value, indentation: indentation)
      }
      let name = indentation + Self.quotedIfNeeded(entry.key) + ":"
      switch entry.value {
      case .map(let inner) where !inner.isEmpty:
        lines.append(name)
        entry.value.append(to: &lines, indentation: indentation + "  ", key?.parts ?? [])
      case .list(let items) where items.contains(where: \.isMap):
        lines.append(name)
        for item in items {
          let first = lines.count
          item.append(to: &lines, indentation: indentation + "    ")
          lines[first] = indentation + "  - " + lines[first].dropFirst(indentation.count + 4)
        }
      default:
        lines.append(name + " " + entry.value.flow)
      }
    }
  }

  var isMap: Bool { if case .map = self { true } else { false } }
}

extension KeyDescription {
  /// The columns of a file's comments.
  private static let width = 118

  /// What the key sets, its default, and what may be given.
  fileprivate func comment(on value: ConfigurationValue, indentation: String) -> [String] {
    let start = indentation + "# "
    guard !value.isMap else { return wrapped(sentence, after: start, start) }
    let items = choices.isEmpty ? parts : choices
    let column = (items.map(\.name.count).max() ?? 0) + 2
    return wrapped("\(sentence) \(ending(value))", after: start, start)
      + items.flatMap { item in
        let name = item.name.padding(toLength: column, withPad: " ", startingAt: 0)
        return wrapped(
          "\(item.sentence) \(item.allowed)", after: "\(start)  \(name)",
          start + String(repeating: " ", count: column + 2))
      }
  }

  /// Default and what may be given: `0.99; 0 … 1`.
  private func ending(_ value: ConfigurationValue) -> String {
    "\(parts.isEmpty ? shown(value) : "The items below"); \(allowed(listed: " of", ", each with"))"
  }

  /// The default for a reader, with its unit.
  func shown(_ value: ConfigurationValue) -> String { value.brief + (unit.map { " " + $0 } ?? "") }

  /// What may be given; choices, or the keys of an item, are listed after it.
  func allowed(listed choice: String, _ part: String) -> String {
    choices.isEmpty ? allowed + (parts.isEmpty ? "" : part) : "one" + choice
  }

  /// Words in lines of at most `width` columns.
  private func wrapped(_ text: String, after first: String, _ next: String) -> [String] {
    var lines = [first]
    var isStart = true
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if !isStart, line.count + 1 + word.count > Self.width {
        lines.append(next + word)
      } else {
        lines[lines.count - 1] = line + (isStart ? "" : " ") + word
      }
      isStart = false
    }
    return lines
  }
}
