/// What a key of a configuration may be, by the type of its default.
enum AllowedValues {
  /// The names of an enumeration's cases, or the range of a whole number; nil for anything else.
  static func text(of defaults: Any, at path: [any CodingKey]) -> String? {
    var value = defaults
    for key in path {
      let children = Mirror(reflecting: value).children
      // The first item of a list is the pattern for all.
      let child = key.intValue == nil ? children.first { $0.label == key.stringValue } : children.first
      guard let child else { return nil }
      value = child.value
    }
    let kind = type(of: value)
    if let enumeration = kind as? any CaseIterable.Type {
      return names(of: enumeration).joined(separator: ", ")
    }
    if let integer = kind as? any FixedWidthInteger.Type { return range(of: integer) }
    return nil
  }

  private static func names(of type: (some CaseIterable).Type) -> [String] {
    type.allCases.map { ($0 as? any RawRepresentable).map { "\($0.rawValue)" } ?? "\($0)" }
  }

  private static func range(of type: (some FixedWidthInteger).Type) -> String {
    "a whole number from \(type.min) to \(type.max)"
  }
}
