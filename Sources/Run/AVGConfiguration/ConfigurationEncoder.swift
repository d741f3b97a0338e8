/// Turns a configuration into a `ConfigurationValue`, keys in the order in which they are encoded, which for
/// the compiler's own `Encodable` is the order of declaration.
enum ConfigurationEncoder {
  static func encode(_ value: some Encodable) throws -> ConfigurationValue {
    try branch(for: value, path: []).value
  }

  fileprivate static func branch(for value: some Encodable, path: [any CodingKey]) throws -> Branch {
    let branch = Branch()
    switch value {
    case let value as Bool: branch.content = .leaf(.boolean(value))
    case let value as String: branch.content = .leaf(.text(value))
    case let value as Double: branch.content = .leaf(.number(digits(of: value)))
    case let value as Float: branch.content = .leaf(.number(digits(of: value)))
    case let value as any BinaryInteger: branch.content = .leaf(.integer(String(value)))
    default: try value.encode(to: TreeEncoder(branch: branch, codingPath: path))
    }
    return branch
  }

  /// The shortest digits that give back the same number, with a point: `1e-05` is text to readers of YAML 1.1, `1.0e-05`
  /// a number to all.
  private static func digits(of number: some BinaryFloatingPoint & LosslessStringConvertible) -> String {
    let digits = number.description
    guard let exponent = digits.firstIndex(of: "e"), !digits.contains(".") else { return digits }
    return digits[..<exponent] + ".0" + digits[exponent...]
  }
}

/// A place in the tree being built; containers of one place share it.
private final class Branch {
  enum Content {
    case leaf(ConfigurationValue)
    case map([(key: String, branch: Branch)])
    case list([Branch])
  }

  var content = Content.map([])

  var value: ConfigurationValue {
    switch content {
    case .leaf(let value): value
    case .map(let entries): .map(entries.map { .init(key: $0.key, value: $0.branch.value) })
    case .list(let branches): .list(branches.map(\.value))
    }
  }

  func add(_ branch: Branch, under key: String) {
    guard case .map(let entries) = content else { return }
    content = .map(entries + [(key, branch)])
  }

  func add(_ branch: Branch) {
    guard case .list(let branches) = content else { return }
    content = .list(branches + [branch])
  }
}

private struct TreeEncoder: Encoder {
  let branch: Branch
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(KeyedContainer<Key>(branch: branch, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    branch.content = .list([])
    return ListContainer(branch: branch, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleContainer(branch: branch, codingPath: codingPath)
  }
}

/// Nothing is no value that a configuration can have: a reader could not tell which type was meant.
private func nothing(at path: [any CodingKey]) -> EncodingError {
  .invalidValue(
    Any?.none as Any, .init(codingPath: path, debugDescription: "a configuration has no empty values"))
}

private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let branch: Branch
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) throws { throw nothing(at: codingPath + [key]) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    branch.add(
      try ConfigurationEncoder.branch(for: value, path: codingPath + [key]), under: key.stringValue)
  }

  private func inner(_ key: any CodingKey) -> TreeEncoder {
    let inner = Branch()
    branch.add(inner, under: key.stringValue)
    return TreeEncoder(branch: inner, codingPath: codingPath + [key])
  }

  func nestedContainer<Inner: CodingKey>(
    keyedBy type: Inner.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Inner> { inner(key).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    inner(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { TreeEncoder(branch: branch, codingPath: codingPath) }

  func superEncoder(forKey key: Key) -> any Encoder { inner(key) }
}

private struct ListContainer: UnkeyedEncodingContainer {
  let branch: Branch
  let codingPath: [any CodingKey]

  var count: Int { if case .list(let branches) = branch.content { branches.count } else { 0 } }

  func encodeNil() throws { throw nothing(at: codingPath) }

  func encode(_ value: some Encodable) throws {
    branch.add(try ConfigurationEncoder.branch(for: value, path: codingPath))
  }

  private func inner() -> TreeEncoder {
    let inner = Branch()
    branch.add(inner)
    return TreeEncoder(branch: inner, codingPath: codingPath)
  }

  func nestedContainer<Inner: CodingKey>(keyedBy type: Inner.Type) -> KeyedEncodingContainer<Inner> {
    inner().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { inner().unkeyedContainer() }

  func superEncoder() -> any Encoder { inner() }
}

private struct SingleContainer: SingleValueEncodingContainer {
  let branch: Branch
  let codingPath: [any CodingKey]

  func encodeNil() throws { throw nothing(at: codingPath) }

  func encode(_ value: some Encodable) throws {
    branch.content = try ConfigurationEncoder.branch(for: value, path: codingPath).content
  }
}
