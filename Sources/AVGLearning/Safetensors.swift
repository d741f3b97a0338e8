public import Foundation

/// Named tensors and text in the safetensors format: a JSON header, then the entries, row-major, little-endian.
///
/// <https://huggingface.co/docs/safetensors>. Reading checks every length and place before it is used.
public struct Safetensors: Sendable {
  /// The types of entries that are read and written.
  public enum ElementType: String, Codable, Sendable {
    /// 32-bit floats.
    case float32 = "F32"
    /// 64-bit floats.
    case float64 = "F64"
    /// Bytes.
    case uint8 = "U8"
    /// Unsigned 64-bit integers.
    case uint64 = "U64"

    var byteCount: Int {
      switch self {
      case .float32: 4
      case .float64, .uint64: 8
      case .uint8: 1
      }
    }
  }

  /// One tensor's bytes with their meaning.
  public struct Tensor: Sendable {
    /// The entries' type.
    public var type: ElementType
    /// The dimensions, slowest first.
    public var shape: [Int]
    /// The entries.
    public var bytes: [UInt8]
  }

  /// The tensors by name.
  public var tensors: [String: Tensor] = [:]
  /// The header's `__metadata__`.
  public var metadata: [String: String] = [:]

  /// Makes an empty collection.
  public init() {}

  /// Reads a file.
  public init(reading path: String) throws(CheckpointError) {
    let contents: Data
    do { contents = try Data(contentsOf: URL(filePath: path)) } catch {
      throw .unreadable(file: path, reason: "there is no such file, or it may not be opened")
    }
    try self.init(contents, name: path)
  }

  private struct Entry: Codable {
    var dtype: ElementType
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// Reads the contents of a file.
  ///
  /// - Parameter name: the file's name, for messages.
  public init(_ contents: Data, name: String) throws(CheckpointError) {
    func damaged(_ reason: String) -> CheckpointError { .damaged(file: name, reason: reason) }
    guard contents.count >= 8 else { throw damaged("it has only \(contents.count) bytes") }
    let length = contents.prefix(8).enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << (8 * $1.offset)
    }
    guard length <= UInt64(contents.count - 8) else {
      throw damaged("its header is said to be \(length) bytes long, but only \(contents.count - 8) follow")
    }
    let start = contents.startIndex + 8 + Int(length)
    let header: [String: HeaderValue]
    do {
      header = try JSONDecoder().decode(
        [String: HeaderValue].self, from: contents[contents.startIndex + 8..<start])
    } catch {
      throw damaged("its header is not the JSON of safetensors")
    }
    let body = contents[start...]
    var used = 0
    for (name, value) in header {
      switch value {
      case .metadata(let entries):
        metadata = entries
      case .entry(let entry):
        var count = 1
        for size in entry.shape {
          let (product, overflows) = count.multipliedReportingOverflow(by: size)
          guard size >= 0, !overflows, product <= body.count else {
            throw damaged("\(name) is said to have the shape \(entry.shape)")
          }
          count = product
        }
        guard
          entry.data_offsets.count == 2, entry.data_offsets.allSatisfy({ (0...body.count).contains($0) }),
          entry.data_offsets[1] - entry.data_offsets[0] == count * entry.dtype.byteCount
        else { throw damaged("\(name) \(entry.shape) is said to lie at \(entry.data_offsets)") }
        used += count * entry.dtype.byteCount
        let range = start + entry.data_offsets[0]..<start + entry.data_offsets[1]
        tensors[name] = Tensor(type: entry.dtype, shape: entry.shape, bytes: [UInt8](contents[range]))
      }
    }
    guard used == body.count else { throw damaged("\(body.count - used) of its bytes belong to no tensor") }
  }

  private enum HeaderValue: Decodable {
    case entry(Entry)
    case metadata([String: String])

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata(try [String: String](from: decoder))
      } else {
        self = .entry(try Entry(from: decoder))
      }
    }
  }

  /// The contents of a file: tensors and metadata in the order of their names, so that equal collections give equal
  /// bytes.
  ///
  /// - Parameter headerMultiple: what the header's length is made a multiple of; entries begin at a multiple of eight
  ///   bytes, as the format asks.
  public func encoded(headerMultiple: Int = 8) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var members: [String] = []
    if !metadata.isEmpty {
      members.append("\"__metadata__\":" + String(decoding: try encoder.encode(metadata), as: UTF8.self))
    }
    var offset = 0
    var body = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let end = offset + tensor.bytes.count
      let entry = Entry(dtype: tensor.type, shape: tensor.shape, data_offsets: [offset, end])
      let key = String(decoding: try encoder.encode(name), as: UTF8.self)
      members.append(key + ":" + String(decoding: try encoder.encode(entry), as: UTF8.self))
      body.append(contentsOf: tensor.bytes)
      offset = end
    }
    var header = "{" + members.joined(separator: ",") + "}"
    let excess = header.utf8.count % headerMultiple
    header += String(repeating: " ", count: excess == 0 ? 0 : headerMultiple - excess)
    let length = UInt64(header.utf8.count)
    return Data((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }) + Data(header.utf8) + body
  }
}

extension Safetensors {
  /// Adds a tensor of numbers.
  public mutating func set<Number: TensorElement>(_ name: String, _ numbers: [Number], shape: [Int]) {
    precondition(
      shape.reduce(1, *) == numbers.count, "\(name): \(numbers.count) numbers for the shape \(shape)")
    tensors[name] = Tensor(
      type: Number.elementType, shape: shape, bytes: numbers.withUnsafeBytes { [UInt8]($0) })
  }

  /// The numbers of a tensor, or nil if there is none of that name and type.
  public func numbers<Number: TensorElement>(_ name: String, as _: Number.Type = Number.self) -> [Number]? {
    guard let tensor = tensors[name], tensor.type == Number.elementType else { return nil }
    let size = MemoryLayout<Number>.size
    return tensor.bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / size).map { bytes.loadUnaligned(fromByteOffset: $0 * size, as: Number.self) }
    }
  }
}

/// A number that a tensor can hold.
///
/// Its bytes in memory are those of the file: every processor that Swift runs on is little-endian.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The type's name in the format.
  static var elementType: Safetensors.ElementType { get }
}

extension Float: TensorElement {
  /// `F32`.
  public static var elementType: Safetensors.ElementType { .float32 }
}

extension Double: TensorElement {
  /// `F64`.
  public static var elementType: Safetensors.ElementType { .float64 }
}

extension UInt8: TensorElement {
  /// `U8`.
  public static var elementType: Safetensors.ElementType { .uint8 }
}

extension UInt64: TensorElement {
  /// `U64`.
  public static var elementType: Safetensors.ElementType { .uint64 }
}
