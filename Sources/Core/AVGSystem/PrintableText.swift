extension StringProtocol {
  /// The text for a terminal: whatever would steer it, or hide or reorder what stands around it, is shown as `\u{1B}`.
  ///
  /// Names and values that a file or a device brings along can hold such characters.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of characters shown; "…" stands for the rest.
  ///   - keepsLines: leave line feeds and tabs as they are, for text of several lines.
  public func printable(limit: Int = .max, keepsLines: Bool = false) -> String {
    guard prefix(limit).endIndex == endIndex else {
      return prefix(limit).printable(keepsLines: keepsLines) + "…"
    }
    let isPlain = unicodeScalars.allSatisfy { $0.isPrintable(keepsLines: keepsLines) }
    guard !isPlain else { return String(self) }
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isPrintable(keepsLines: keepsLines) {
        text.append(scalar)
      } else {
        text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
      }
    }
    return String(text)
  }
}

extension Unicode.Scalar {
  fileprivate func isPrintable(keepsLines: Bool) -> Bool {
    if keepsLines, self == "\n" || self == "\t" { return true }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
    // Direction marks and the like; but some scripts and emoji are written with joiners.
    case .format: return self == "\u{200C}" || self == "\u{200D}"
    default: return true
    }
  }
}
