/// A number of a state that files of older versions do not have: it is 0 there.
@propertyWrapper
public struct AddedLater<Number: Codable & Hashable & Sendable & ExpressibleByIntegerLiteral>: Codable,
  Hashable, Sendable
{
  /// The number.
  public var wrappedValue: Number

  /// Wraps a number.
  public init(wrappedValue: Number) { self.wrappedValue = wrappedValue }

  /// Reads the number alone.
  public init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().decode(Number.self)
  }

  /// Writes the number alone.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

extension KeyedDecodingContainer {
  /// Reads a number, or takes it for 0 where its key is missing: what the compiler makes of a structure calls this.
  public func decode<Number>(
    _ type: AddedLater<Number>.Type, forKey key: Key
  ) throws -> AddedLater<Number> {
    try decodeIfPresent(type, forKey: key) ?? AddedLater(wrappedValue: 0)
  }
}
