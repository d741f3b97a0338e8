import AVGCore
import AVGSystem
import Yams

/// Why a text is not YAML, in words for who wrote it, and where: libyaml's own speak of tokens and indicators.
struct YAMLFault {
  /// A line and a column, from 1.
  struct Place {
    var line: Int
    var column: Int

    init(line: Int, column: Int) { (self.line, self.column) = (line, column) }

    init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
  }

  /// The place at fault; nil if there is none to name.
  private(set) var place: Place?
  /// What is wrong, and what to do.
  private(set) var words: String

  private let lines: [Substring]

  /// Translates an error of Yams about `text`.
  init(_ error: any Error, in text: String) {
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    words = ""
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      place = Place(mark)
      words = words(for: problem, at: Place(mark), since: context.map { Place($0.mark) })
      if let tab = tab(in: mark.line) {
        place = tab
        words = "a tab stands where the line is indented; replace it by spaces"
      }
    case YamlError.duplicatedKeysInMapping(let keys, let context):
      let key = keys.min() ?? ""
      place = second(key, after: Place(context.mark)) ?? Place(context.mark)
      words = "the key '\(key.printable(limit: 80))' stands there twice; leave one out"
    case YamlError.reader:
      place = controlCharacter
      words = "a control character, which no text has; take it out"
    default:
      words = Self.unknown
    }
  }

  private static let unknown = "this cannot be understood; check quotes, brackets and indentation"

  /// What libyaml's words mean.
  ///
  /// - Parameter beginning: where that begins which is not right in the end.
  private func words(for problem: String, at place: Place, since beginning: Place?) -> String {
    func says(_ part: String) -> Bool { problem.contains(part) }
    let since = beginning.map { "line \($0.line), column \($0.column)," } ?? ""
    if says("mapping values are not allowed") { return misplacedColon(in: place.line) }
    if says("expected key") {
      return "this line begins in another column than the lines above it; indent the keys of a section alike"
    }
    if says("'-' indicator") { return "the items of a list must begin with '- ' in the same column" }
    if says("expected ':'") { return "a line has no ': ' between a key and its value" }
    if says("',' or ']'") { return "the list that begins with '[' in \(since) lacks a ',' or its ']'" }
    if says("',' or '}'") { return "what begins with '{' in \(since) lacks a ',' or its '}'" }
    if says("node content") {
      return "a value is missing, or a '[' or '{' has no end; text that begins with a sign needs quotes"
    }
    if says("unexpected end of stream") { return "the quote that begins in \(since) does not end" }
    if says("escape") || says("hexdecimal") {
      return "a backslash in double quotes has a meaning of its own; use single quotes"
    }
    if says("undefined alias") || says("alphabetic or numeric") {
      return "'&' and '*' before a text have a meaning of their own; put the text in quotes"
    }
    if says("sequence entries are not allowed") {
      return "a list that begins with '- ' needs lines of its own below its key"
    }
    if says("another document") { return "'---' begins a second document; a file can have one" }
    if says("tag") || says("directive") {
      return "'!' and '%' before a text have a meaning of their own; put the text in quotes"
    }
    if says("cannot start any token") {
      return "text that begins with '\(character(at: place))' needs quotes"
    }
    return Self.unknown
  }

  /// A key and its ':' where no key can be.
  private func misplacedColon(in line: Int) -> String {
    guard let above = lines.prefix(line - 1).last(where: { !Self.content(of: $0).isEmpty }),
      line <= lines.count
    else { return Self.secondColon }
    let (own, other) = (Self.indentation(of: lines[line - 1]), Self.indentation(of: above))
    if own > other {
      return "this line is indented further than the one above it, whose value it cannot go on with"
    }
    return own == other && !above.contains(":")
      ? "the line above has no ': ' between a key and its value" : Self.secondColon
  }

  private static let secondColon = "a second ': ' in one line; put a value that has one in quotes"

  private static func indentation(of line: Substring) -> Int { line.prefix { $0 == " " }.count }

  /// A line without indentation and comment.
  private static func content(of line: Substring) -> Substring {
    let content = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    return content.first == "#" ? "" : content
  }

  private func character(at place: Place) -> String {
    guard lines.indices.contains(place.line - 1) else { return "" }
    return lines[place.line - 1].dropFirst(place.column - 1).prefix(1).printable()
  }

  /// Where a tab indents a line.
  private func tab(in line: Int) -> Place? {
    guard lines.indices.contains(line - 1) else { return nil }
    let spaces = Self.indentation(of: lines[line - 1])
    return lines[line - 1].dropFirst(spaces).first == "\t" ? Place(line: line, column: spaces + 1) : nil
  }

  /// Where `key` stands for the second time in the section that begins at `start`.
  private func second(_ key: String, after start: Place) -> Place? {
    let indentation = start.column - 1
    let places = lines.indices.dropFirst(start.line - 1).filter { index in
      (index == start.line - 1 || Self.indentation(of: lines[index]) == indentation)
        && lines[index].dropFirst(indentation).hasPrefix(key + ":")
    }
    return places.count > 1 ? Place(line: places[1] + 1, column: start.column) : nil
  }

  /// Where the first control character stands.
  private var controlCharacter: Place? {
    for (index, line) in lines.enumerated() {
      let column = line.unicodeScalars.enumerated().first { _, scalar in
        scalar.properties.generalCategory == .control && scalar != "\t" && scalar != "\r"
      }?.offset
      if let column { return Place(line: index + 1, column: column + 1) }
    }
    return nil
  }
}
