/// The schema of a message, stored in the log as a serialised FileDescriptorSet, from which any reader can decode the
/// message.
///
/// Source: google/protobuf/descriptor.proto.
struct ProtobufSchema {
  /// The type of a field.
  enum FieldType {
    case double, float, uint32, uint64, int64, fixed32, bool, string, bytes
    case floats
    case timestamp

    /// FieldDescriptorProto.Type.
    fileprivate var number: UInt64 {
      switch self {
      case .double: 1
      case .float, .floats: 2
      case .int64: 3
      case .uint64: 4
      case .fixed32: 7
      case .bool: 8
      case .string: 9
      case .timestamp: 11
      case .bytes: 12
      case .uint32: 13
      }
    }
  }

  /// A field of a message.
  typealias Field = (number: Int, name: String, type: FieldType)

  /// The package, such as `foxglove`.
  let package: String
  /// The name of the message in the package, such as `RawImage`.
  let message: String
  /// The fields.
  let fields: [Field]

  /// The full name of the message.
  var name: String { package + "." + message }

  /// The FileDescriptorSet: the imported file, then the message's file.
  var descriptorSet: [UInt8] {
    var set = ByteBuffer()
    set.append(field: 1, Self.timestampFile)
    set.append(field: 1, file)
    return set.bytes
  }

  private var file: [UInt8] {
    var file = ByteBuffer()
    file.append(field: 1, Array("\(package)/\(message).proto".utf8))
    file.append(field: 2, Array(package.utf8))
    file.append(field: 3, Array(Self.timestampPath.utf8))
    file.append(field: 4, Self.descriptor(message, fields))
    file.append(field: 12, Array("proto3".utf8))
    return file.bytes
  }

  private static let timestampPath = "google/protobuf/timestamp.proto"

  private static let timestampFile: [UInt8] = {
    var file = ByteBuffer()
    file.append(field: 1, Array(timestampPath.utf8))
    file.append(field: 2, Array("google.protobuf".utf8))
    // `nanos` is an int32; below 10⁹ its encoding equals that of the unsigned number written here.
    file.append(
      field: 4, descriptor("Timestamp", [(1, "seconds", .int64)], more: [field(2, "nanos", typeNumber: 5)]))
    file.append(field: 12, Array("proto3".utf8))
    return file.bytes
  }()

  private static func descriptor(
    _ name: String, _ fields: [Field], more: [[UInt8]] = []
  ) -> [UInt8] {
    var descriptor = ByteBuffer()
    descriptor.append(field: 1, Array(name.utf8))
    for (number, name, type) in fields {
      descriptor.append(field: 2, field(number, name, typeNumber: type.number, type))
    }
    for field in more { descriptor.append(field: 2, field) }
    return descriptor.bytes
  }

  private static func field(
    _ number: Int, _ name: String, typeNumber: UInt64, _ type: FieldType? = nil
  ) -> [UInt8] {
    let (optional, repeated): (UInt64, UInt64) = (1, 3)
    var field = ByteBuffer()
    field.append(field: 1, Array(name.utf8))
    field.append(field: 3, number)
    field.append(field: 4, type.map { if case .floats = $0 { repeated } else { optional } } ?? optional)
    field.append(field: 5, typeNumber)
    if case .timestamp? = type { field.append(field: 6, Array(".google.protobuf.Timestamp".utf8)) }
    return field.bytes
  }
}
