import AVGSystem
public import Foundation

/// Named tensors and text in the safetensors format: a JSON header, then the entries, row-major, little-endian.
///
/// <https://huggingface.co/docs/safetensors>. Reading checks every length and place before it is used.
public struct Safetensors: Sendable {
  /// The types of entries that can be read and written.
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

  /// One tensor: its type, shape and bytes.
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
    let file: FileHandle
    let byteCount: UInt64
    do {
      file = try FileHandle(forReadingFrom: URL(filePath: path))
      byteCount = try file.seekToEnd()
      try file.seek(toOffset: 0)
    } catch {
      throw .unreadable(file: path, reason: "there is no such file, or it may not be opened")
    }
    try self.init(name: path, byteCount: Int(clamping: byteCount)) { count in
      try file.read(upToCount: count) ?? Data()
    }
  }

  /// Reads the contents of a file.
  ///
  /// - Parameter name: the file's name, for messages.
  public init(_ contents: Data, name: String) throws(CheckpointError) {
    var rest = contents[...]
    try self.init(name: name, byteCount: contents.count) { count in
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
  }

  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// The greatest length of a header, in bytes: room for tens of thousands of tensors and a run's state.
  private static let longestHeader = 8 << 20

  /// Reads a file of `byteCount` bytes; `read` returns the next bytes of it.
  ///
  /// The format allows neither overlaps nor holes: each tensor begins where the one before it ends. So the file is read
  /// once, from beginning to end, and needs no more memory than it has bytes.
  private init(name: String, byteCount: Int, read: (Int) throws -> Data) throws(CheckpointError) {
    func damaged(_ reason: String) -> CheckpointError { .damaged(file: name, reason: reason) }
    func next(_ count: Int) throws(CheckpointError) -> Data {
      guard let bytes = try? read(count), bytes.count == count else {
        throw .unreadable(file: name, reason: "it ends early, or the disk fails")
      }
      return bytes
    }
    guard byteCount >= 8 else { throw damaged("it has only \(byteCount) bytes") }
    let start = try next(8)
    // A text file, whose first eight bytes would be an absurd length.
    guard !start.allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) else {
      throw damaged("it is text")
    }
    let length = start.withUnsafeBytes { $0.integer(UInt64.self, at: 0) }
    guard length <= UInt64(byteCount - 8) else {
      throw damaged("its header is said to be \(length) bytes long, but only \(byteCount - 8) follow")
    }
    guard length <= UInt64(Self.longestHeader) else {
      throw damaged("its header is \(length) bytes long, up to \(Self.longestHeader) are read")
    }
    let header: [String: HeaderValue]
    do { header = try JSONDecoder().decode([String: HeaderValue].self, from: try next(Int(length))) } catch {
      throw damaged("its header is not the JSON of safetensors")
    }
    let bodyCount = byteCount - 8 - Int(length)
    let places = try Self.places(header, bodyCount: bodyCount, name: name)
    for case .metadata(let texts) in header.values { metadata = texts }
    for place in places {
      tensors[place.name] = Tensor(
        type: place.type, shape: place.shape, bytes: [UInt8](try next(place.byteCount)))
    }
  }

  /// The place of a tensor in the file.
  private struct Place {
    var name: String
    var type: ElementType
    var shape: [Int]
    var byteCount: Int
  }

  /// The tensors in the order of the file, checked to fill it without gaps.
  private static func places(
    _ header: [String: HeaderValue], bodyCount: Int, name: String
  ) throws(CheckpointError) -> [Place] {
    var entries: [(name: String, entry: Entry)] = []
    for case (let tensor, .entry(let entry)) in header { entries.append((tensor, entry)) }
    var end = 0
    var places: [Place] = []
    for (tensor, entry) in entries.sorted(by: { lies($0, before: $1) }) {
      guard let type = ElementType(rawValue: entry.dtype) else {
        throw .unsupportedType(file: name, tensor: tensor, type: entry.dtype)
      }
      guard let byteCount = Self.byteCount(entry.shape, type, limit: bodyCount - end),
        entry.data_offsets == [end, end + byteCount]
      else {
        throw .damaged(
          file: name,
          reason:
            "\(tensor) \(entry.shape) is said to lie at \(entry.data_offsets), not from byte \(end) on, where "
            + "the tensor before it ends")
      }
      places.append(Place(name: tensor, type: type, shape: entry.shape, byteCount: byteCount))
      end += byteCount
    }
    guard end == bodyCount else {
      throw .damaged(file: name, reason: "\(bodyCount - end) of its bytes belong to no tensor")
    }
    return places
  }

  /// The order in the file; a tensor without entries comes before the one that begins at the same byte.
  private static func lies(
    _ first: (name: String, entry: Entry), before second: (name: String, entry: Entry)
  ) -> Bool {
    let (a, b) = (first.entry.data_offsets, second.entry.data_offsets)
    return a == b ? first.name < second.name : a.lexicographicallyPrecedes(b)
  }

  /// The number of bytes of a tensor; nil if the shape is negative or needs more than `limit`.
  private static func byteCount(_ shape: [Int], _ type: ElementType, limit: Int) -> Int? {
    guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
    guard !shape.contains(0) else { return 0 }
    var count = type.byteCount
    for size in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= limit else { return nil }
      count = product
    }
    return count <= limit ? count : nil
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
  /// - Parameter headerMultiple: the header is padded to a multiple of this many bytes; the format asks for eight.
  public func encoded(headerMultiple: Int = 8) throws -> Data {
    var contents = try encodedHeader(multiple: headerMultiple)
    contents.reserveCapacity(contents.count + tensors.values.reduce(0) { $0 + $1.bytes.count })
    for (_, tensor) in sortedTensors { contents.append(contentsOf: tensor.bytes) }
    return contents
  }

  /// The tensors in the order of the file.
  var sortedTensors: [(key: String, value: Tensor)] { tensors.sorted { $0.key < $1.key } }

  /// The header: all bytes before the tensors' own.
  func encodedHeader(multiple: Int) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var members: [String] = []
    if !metadata.isEmpty {
      members.append("\"__metadata__\":" + String(decoding: try encoder.encode(metadata), as: UTF8.self))
    }
    var offset = 0
    for (name, tensor) in sortedTensors {
      let end = offset + tensor.bytes.count
      let entry = Entry(dtype: tensor.type.rawValue, shape: tensor.shape, data_offsets: [offset, end])
      let key = String(decoding: try encoder.encode(name), as: UTF8.self)
      members.append(key + ":" + String(decoding: try encoder.encode(entry), as: UTF8.self))
      offset = end
    }
    var header = "{" + members.joined(separator: ",") + "}"
    let excess = header.utf8.count % multiple
    header += String(repeating: " ", count: excess == 0 ? 0 : multiple - excess)
    return Data(
      ByteBuffer {
        $0.append(integer: UInt64(header.utf8.count))
        $0.append(Array(header.utf8))
      }.bytes)
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

  /// The numbers of a tensor; nil if there is none of that name and type.
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
