import AVGCore

/// The schemas and channels of a file, by number: of several with one number the first stands.
struct MCAPDefinitions {
  /// What became of a definition that was offered.
  enum Verdict {
    /// It stands now, or did already.
    case stands
    /// Another of its number stands.
    case differs
    /// Its fields do not fit into it, or its text is no text.
    case unreadable
  }

  /// The most bytes of definitions that are kept.
  private static let mostBytes = 32 << 20

  /// The bytes of all that are kept.
  private var byteCount = 0
  /// The fields of each schema's record, as far as they are known here.
  private(set) var schemas: [UInt16: [UInt8]] = [:]
  private var channels: [UInt16: (schema: UInt16, fields: [UInt8])] = [:]

  var channelCount: Int { channels.count }

  /// The channels that messages can belong to: those whose schema, if they name one, is there too.
  var usableChannels: [UInt16: [UInt8]] { channels.filter { isUsable($0.key) }.mapValues(\.fields) }

  func isUsable(_ channel: UInt16) -> Bool {
    guard let schema = channels[channel]?.schema else { return false }
    return schema == 0 || schemas[schema] != nil
  }

  /// Whether exactly this definition stands.
  func holds(_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> Bool {
    var cursor = ByteCursor(fields)
    guard let number = cursor.integer(UInt16.self) else { return false }
    return fields == (opcode == .schema ? schemas[number] : channels[number]?.fields)
  }

  /// Takes a definition.
  ///
  /// - Parameter fields: those of a record of kind `opcode`, which is `schema` or `channel`.
  @discardableResult mutating func add(_ opcode: MCAP.Opcode, _ fields: [UInt8]) -> Verdict {
    var cursor = ByteCursor(fields)
    guard let number = cursor.integer(UInt16.self), byteCount + fields.count <= Self.mostBytes else {
      return .unreadable
    }
    let standing: [UInt8]?
    let own: [UInt8]
    if opcode == .schema {
      guard number > 0, cursor.text() != nil, cursor.text() != nil, let count = cursor.integer(UInt32.self),
        cursor.skip(Int(count))
      else { return .unreadable }
      own = Array(fields[..<cursor.position])
      standing = schemas[number]
      if standing == nil {
        schemas[number] = own
        byteCount += own.count
      }
    } else {
      guard let schema = cursor.integer(UInt16.self), cursor.text() != nil, cursor.text() != nil,
        cursor.map() != nil
      else { return .unreadable }
      own = Array(fields[..<cursor.position])
      standing = channels[number]?.fields
      if standing == nil {
        channels[number] = (schema, own)
        byteCount += own.count
      }
    }
    guard standing == nil || standing == own else { return .differs }
    return .stands
  }

  /// Takes what `other` defines and this does not.
  mutating func add(_ other: MCAPDefinitions) {
    schemas.merge(other.schemas) { own, _ in own }
    channels.merge(other.channels) { own, _ in own }
    byteCount += other.byteCount
  }
}
