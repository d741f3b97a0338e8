/// A key of a section of a configuration: the one place that has its name, what it sets, and what is allowed.
///
/// Its default is that of the property that `keyPath`, in each initializer, leads to.
public struct Key<Root>: Sendable {
  /// A way to the property.
  public typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable

  /// What is said of it.
  public let description: KeyDescription

  let pattern: ConfigurationValue
  private let read: @Sendable (Root) -> ConfigurationValue
  private let write: @Sendable (ConfigurationValue, inout Root) throws(InvalidSetting) -> Void
  /// Adds what is wrong to what was found before in the section.
  let check: @Sendable (Root, inout [InvalidSetting]) -> Void

  private init<Value: SettingValue>(
    _ name: String, _ keyPath: Path<Value>, unit: String?, allowed: String,
    _ sentence: String, check: @escaping @Sendable (Root, inout [InvalidSetting]) -> Void
  ) {
    var description = KeyDescription(name: name, sentence: sentence)
    description.unit = unit
    description.allowed = allowed
    description.choices = Value.choices
    description.parts = Value.parts
    self.description = description
    pattern = Value.pattern
    read = { root in root[keyPath: keyPath].written }
    write = { written, root throws(InvalidSetting) in
      do throws(InvalidSetting) { root[keyPath: keyPath] = try Value(written) } catch {
        throw error.within(name)
      }
    }
    self.check = { root, found in
      found += root[keyPath: keyPath].problems.map { $0.within(name) }
      check(root, &found)
    }
  }
}

extension Key {
  /// A key that may have any value of its type: a switch, a choice, a section.
  public init<Value: SettingValue>(
    _ name: String, _ keyPath: Path<Value>, unit: String? = nil, _ sentence: String
  ) {
    self.init(name, keyPath, unit: unit, allowed: Value.allowed, sentence) { _, _ in }
  }

  /// A key whose value must lie within a range.
  ///
  /// - Parameter allowed: what is said instead of the range's ends where these are not the point.
  public init<Value: SettingValue & Comparable>(
    _ name: String, _ keyPath: Path<Value>, _ range: ClosedRange<Value>,
    unit: String? = nil, allowed: String? = nil, _ sentence: String
  ) {
    let words = "\(range.lowerBound.written.brief) … \(range.upperBound.written.brief)"
    self.init(name, keyPath, unit: unit, allowed: allowed ?? words, sentence) { root, found in
      let value = root[keyPath: keyPath]
      if let problem = Self.problem(name, value, range.lowerBound, range.upperBound) { found.append(problem) }
    }
  }

  /// A key whose value must lie between bounds of which others have a say; it is checked once these are right.
  public init<Value: SettingValue & Comparable>(
    _ name: String, _ keyPath: Path<Value>, from lower: Bound<Root, Value>,
    to upper: Bound<Root, Value>, unit: String? = nil, _ sentence: String
  ) {
    self.init(
      name, keyPath, unit: unit, allowed: "\(lower.words) … \(upper.words)", sentence
    ) { root, found in
      guard found.isEmpty else { return }
      let value = root[keyPath: keyPath]
      if let problem = Self.problem(name, value, lower.value(root), upper.value(root)) {
        found.append(problem)
      }
    }
  }

  /// A key whose values are told by a rule.
  ///
  /// - Parameters:
  ///   - allowed: the rule in words, as the end of the sentence "give …".
  ///   - isAllowed: the rule.
  public init<Value: SettingValue>(
    _ name: String, _ keyPath: Path<Value>, unit: String? = nil, allowed: String,
    where isAllowed: @escaping @Sendable (Value) -> Bool, _ sentence: String
  ) {
    self.init(name, keyPath, unit: unit, allowed: allowed, sentence) { root, found in
      let value = root[keyPath: keyPath]
      guard !isAllowed(value) else { return }
      found.append(InvalidSetting(key: name, value: value.written.flow, allowed: allowed))
    }
  }

  /// Keys that stand below a name of their own in files, with bounds among those of the section.
  public init(_ name: String, _ sentence: String, _ keys: [Key<Root>]) {
    var description = KeyDescription(name: name, sentence: sentence)
    description.parts = keys.map(\.description)
    self.description = description
    pattern = .map(keys.map { .init(key: $0.description.name, value: $0.pattern) })
    read = { root in Self.entries(of: root, by: keys) }
    write = { written, root throws(InvalidSetting) in
      guard case .map(let entries) = written else { return }
      do throws(InvalidSetting) { try Self.write(entries, by: keys, into: &root) } catch {
        throw error.within(name)
      }
    }
    check = { root, found in
      for key in keys {
        let count = found.count
        key.check(root, &found)
        for index in count..<found.count { found[index] = found[index].within(name) }
      }
    }
  }

  /// What is wrong with a number; one that is none lies within no range.
  private static func problem<Value: SettingValue & Comparable>(
    _ name: String, _ value: Value, _ lower: Value, _ upper: Value
  ) -> InvalidSetting? {
    guard !(lower <= value && value <= upper) else { return nil }
    return InvalidSetting(
      key: name, value: value.written.flow,
      allowed: "a number from \(lower.written.flow) to \(upper.written.flow)")
  }

  /// The keys and their values.
  static func entries(of root: Root, by keys: [Key]) -> ConfigurationValue {
    .map(keys.map { .init(key: $0.description.name, value: $0.read(root)) })
  }

  /// Gives the keys the values that are named after them.
  static func write(
    _ entries: [ConfigurationValue.Entry], by keys: [Key], into root: inout Root
  ) throws(InvalidSetting) {
    for key in keys {
      guard let entry = entries.first(where: { $0.key == key.description.name }) else { continue }
      try key.write(entry.value, &root)
    }
  }
}

/// Where the values of a key end: at a number, or at what other keys make of it.
public struct Bound<Root, Value: SettingValue>: Sendable {
  let words: String
  let value: @Sendable (Root) -> Value

  /// A bound that other keys have a say in.
  ///
  /// - Parameter words: the key, or how the bound is made of keys.
  public static func of(_ words: String, _ value: @escaping @Sendable (Root) -> Value) -> Bound {
    Bound(words: words, value: value)
  }
}

extension Bound: ExpressibleByIntegerLiteral where Value: ExpressibleByIntegerLiteral & Sendable {
  /// A bound that is a number.
  public init(integerLiteral value: Value.IntegerLiteralType) {
    let value = Value(integerLiteral: value)
    self.init(words: value.written.brief) { _ in value }
  }
}

extension Bound: ExpressibleByFloatLiteral where Value: ExpressibleByFloatLiteral & Sendable {
  /// A bound that is a number.
  public init(floatLiteral value: Value.FloatLiteralType) {
    let value = Value(floatLiteral: value)
    self.init(words: value.written.brief) { _ in value }
  }
}
