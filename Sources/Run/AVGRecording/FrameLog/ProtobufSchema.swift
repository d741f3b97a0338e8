import AVGSystem

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
    ByteBuffer {
      $0.append(field: 1, message: Self.timestampFile)
      $0.append(field: 1, message: file)
    }.bytes
  }

  private var file: ByteBuffer {
    ByteBuffer {
      $0.append(field: 1, Array("\(package)/\(message).proto".utf8))
      $0.append(field: 2, Array(package.utf8))
      $0.append(field: 3, Array(Self.timestampPath.utf8))
      $0.append(field: 4, message: Self.descriptor(message, fields))
      $0.append(field: 12, text: "proto3")
    }
  }

  private static let timestampPath = "google/protobuf/timestamp.proto"

  private static let timestampFile = ByteBuffer {
    $0.append(field: 1, Array(timestampPath.utf8))
    $0.append(field: 2, text: "google.protobuf")
    // `nanos` is an int32; below 10⁹ its encoding equals that of the unsigned number written here.
    $0.append(
      field: 4,
      message: descriptor("Timestamp", [(1, "seconds", .int64)], more: [field(2, "nanos", typeNumber: 5)]))
    $0.append(field: 12, text: "proto3")
  }

  private static func descriptor(
    _ name: String, _ fields: [Field], more: [ByteBuffer] = []
  ) -> ByteBuffer {
    ByteBuffer {
      $0.append(field: 1, Array(name.utf8))
      for (number, name, type) in fields {
        $0.append(field: 2, message: field(number, name, typeNumber: type.number, type))
      }
      for field in more { $0.append(field: 2, message: field) }
    }
  }

  private static func field(
    _ number: Int, _ name: String, typeNumber: UInt64, _ type: FieldType? = nil
  ) -> ByteBuffer {
    let (optional, repeated): (UInt64, UInt64) = (1, 3)
    return ByteBuffer {
      $0.append(field: 1, Array(name.utf8))
      $0.append(field: 3, number)
      $0.append(field: 4, type.map { if case .floats = $0 { repeated } else { optional } } ?? optional)
      $0.append(field: 5, typeNumber)
      if case .timestamp? = type { $0.append(field: 6, text: ".google.protobuf.Timestamp") }
    }
  }
}
