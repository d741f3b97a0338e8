import AVGCore
import AVGSystem

/// The schemas and channels of a file, by ID. If several have one ID, the first counts.
struct MCAPDefinitions {
  /// The result of adding a definition.
  enum AddResult {
    /// It was added, or is already there.
    case present
    /// Another definition with its ID is already there.
    case conflicting
    /// It is malformed, or its text is not UTF-8.
    case unreadable
  }

  /// The maximum size of all definitions.
  private static let maximumByteCount = 32 << 20

  /// The size of all definitions.
  private var byteCount = 0
  /// The fields of each schema record, as far as this version of the format defines them.
  private(set) var schemas: [UInt16: [UInt8]] = [:]
  private var channels: [UInt16: (schema: UInt16, fields: [UInt8])] = [:]

  var channelCount: Int { channels.count }

  /// The channels that messages can belong to: those without a schema, or whose schema is defined.
  var usableChannels: [UInt16: [UInt8]] { channels.filter { isUsable($0.key) }.mapValues(\.fields) }

  func isUsable(_ channel: UInt16) -> Bool {
    guard let schema = channels[channel]?.schema else { return false }
    return schema == 0 || schemas[schema] != nil
  }

  /// Whether exactly this definition is stored.
  func contains(_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> Bool {
    var cursor = ByteCursor(fields)
    guard let number = cursor.integer(UInt16.self) else { return false }
    return fields == (opcode == .schema ? schemas[number] : channels[number]?.fields)
  }

  /// Adds a definition.
  ///
  /// - Parameter fields: the fields of a record with `opcode`, which is `schema` or `channel`.
  @discardableResult mutating func add(_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> AddResult {
    var cursor = ByteCursor(fields)
    guard let number = cursor.integer(UInt16.self), byteCount + fields.count <= Self.maximumByteCount else {
      return .unreadable
    }
    let existing: [UInt8]?
    let own: [UInt8]
    if opcode == .schema {
      guard number > 0, cursor.text() != nil, cursor.text() != nil, let count = cursor.integer(UInt32.self),
        cursor.skip(Int(count))
      else { return .unreadable }
      own = Array(fields[..<cursor.position])
      existing = schemas[number]
      if existing == nil {
        schemas[number] = own
        byteCount += own.count
      }
    } else {
      guard let schema = cursor.integer(UInt16.self), cursor.text() != nil, cursor.text() != nil,
        cursor.map() != nil
      else { return .unreadable }
      own = Array(fields[..<cursor.position])
      existing = channels[number]?.fields
      if existing == nil {
        channels[number] = (schema, own)
        byteCount += own.count
      }
    }
    guard existing == nil || existing == own else { return .conflicting }
    return .present
  }

  /// Adds the definitions of `other` whose IDs are not defined here.
  mutating func add(_ other: MCAPDefinitions) {
    schemas.merge(other.schemas) { own, _ in own }
    channels.merge(other.channels) { own, _ in own }
    byteCount += other.byteCount
  }
}
