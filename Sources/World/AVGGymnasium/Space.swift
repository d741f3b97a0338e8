/// The type of a Box's elements, by numpy's name.
public enum ElementType: String, Codable, Hashable, Sendable, CaseIterable {
  case float32, float64, uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool

  /// The bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .float32, .uint32, .int32: 4
    case .float64, .uint64, .int64: 8
    }
  }
}

/// A space of arrays with bounds.
public struct BoxSpace: Codable, Hashable, Sendable {
  /// The type of its elements.
  public var dtype: ElementType
  /// The length of each axis, the slowest first; none for a single number.
  public var shape: [Int]
  /// The elements' lower bounds: one for all, or one for each in the order of their bytes.
  public var low: Bounds
  /// Their upper bounds.
  public var high: Bounds

  /// Makes a space.
  public init(dtype: ElementType, shape: [Int], low: Bounds, high: Bounds) {
    self.dtype = dtype
    self.shape = shape
    self.low = low
    self.high = high
  }

  /// The greatest number of elements that is believed.
  static let greatestCount = 1 << 26

  /// The number of elements; nil where an axis is negative or there are too many.
  var count: Int? {
    var count = 1
    for axis in shape {
      guard axis >= 0 else { return nil }
      let (product, overflows) = count.multipliedReportingOverflow(by: axis)
      guard !overflows, product <= Self.greatestCount else { return nil }
      count = product
    }
    return count
  }
}

/// Bounds of the elements of a Box; JSON has no infinite numbers, which are texts there.
public struct Bounds: Codable, Hashable, Sendable, ExpressibleByFloatLiteral {
  /// One for all elements, or one for each.
  public var values: [Double]

  /// Makes the bounds of an array's elements.
  public init(_ values: [Double]) { self.values = values }

  /// Makes the bound of all elements.
  public init(floatLiteral value: Double) { values = [value] }

  /// The bound of the element at `index`.
  public subscript(index: Int) -> Double { values.count == 1 ? values[0] : values[index] }

  private enum Number: Codable {
    case finite(Double)
    case text(String)

    init(_ value: Double) {
      self = value.isFinite ? .finite(value) : .text(value.isNaN ? "nan" : value < 0 ? "-inf" : "inf")
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .finite(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .finite(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }

    var value: Double {
      switch self {
      case .finite(let number): number
      case .text("inf"): .infinity
      case .text("-inf"): -.infinity
      case .text: .nan
      }
    }
  }

  /// Reads a number or a list of numbers.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let numbers = try? container.decode([Number].self) {
      values = numbers.map(\.value)
    } else {
      values = [try container.decode(Number.self).value]
    }
  }

  /// Writes a number, or a list of them.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if values.count == 1 {
      try container.encode(Number(values[0]))
    } else {
      try container.encode(values.map { Number($0) })
    }
  }
}

/// A space of observations or of actions, in Gymnasium's words (docs/environment-protocol.md, "Spaces").
public indirect enum Space: Hashable, Sendable {
  /// An array.
  case box(BoxSpace)
  /// Spaces by name, in the order of their bytes.
  case dict([Entry])
  /// What has no encoding: its type, and what it is in words.
  case other(type: String, description: String)

  /// A named part of a Dict.
  public struct Entry: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// What it holds.
    public var space: Space

    /// Names a space.
    public init(name: String, space: Space) {
      self.name = name
      self.space = space
    }
  }
}

extension Space: Codable {
  private enum CodingKeys: String, CodingKey { case type, description, spaces }

  /// Reads what `encode` wrote, or what a host wrote.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .type) {
    case "Box": self = .box(try BoxSpace(from: decoder))
    case "Dict": self = .dict(try container.decode([Entry].self, forKey: .spaces))
    case let type:
      self = .other(
        type: type, description: try container.decodeIfPresent(String.self, forKey: .description) ?? type)
    }
  }

  /// Writes the space as the protocol has it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .box(let box):
      try container.encode("Box", forKey: .type)
      try box.encode(to: encoder)
    case .dict(let entries):
      try container.encode("Dict", forKey: .type)
      try container.encode(entries, forKey: .spaces)
    case .other(let type, let description):
      try container.encode(type, forKey: .type)
      try container.encode(description, forKey: .description)
    }
  }
}
