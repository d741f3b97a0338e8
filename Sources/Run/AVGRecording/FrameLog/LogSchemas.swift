/// The message schemas of a frame log.
///
/// Images use Foxglove's schemas (<https://docs.foxglove.dev/docs/visualization/message-schemas>); the others are our
/// own.
enum LogSchemas {
  static let encoding = "protobuf"
  /// The names of the messages with fields that differ from body to body.
  static let (proprioceptionName, actionName) = ("avg_vision.Proprioception", "avg_vision.Action")

  static let compressedImage = ProtobufSchema(
    package: "foxglove", message: "CompressedImage",
    fields: [
      (1, "timestamp", .timestamp), (2, "data", .bytes), (3, "format", .string), (4, "frame_id", .string),
    ])

  static let rawImage = ProtobufSchema(
    package: "foxglove", message: "RawImage",
    fields: [
      (1, "timestamp", .timestamp), (2, "width", .fixed32), (3, "height", .fixed32), (4, "encoding", .string),
      (5, "step", .fixed32), (6, "data", .bytes), (7, "frame_id", .string),
    ])

  /// The base's sensor values, once per reading, with the circumstances of the reading.
  ///
  /// - Parameter senses: the fields of the senses; the fields 6…14 are those of the reading.
  static func proprioception(_ senses: [ProtobufSchema.Field]) -> ProtobufSchema {
    let fields: [ProtobufSchema.Field] =
      [
        (1, "timestamp", .timestamp), (6, "is_fresh", .bool), (7, "is_start", .bool),
        (8, "has_moved", .bool), (9, "missed_cycles", .uint32), (10, "captured_nanoseconds", .int64),
        (11, "sequence", .uint32), (12, "decode_nanoseconds", .int64), (13, "source_byte_count", .uint32),
        (14, "has_cycle", .bool),
      ] + senses
    return ProtobufSchema(
      package: "avg_vision", message: "Proprioception", fields: fields.sorted { $0.number < $1.number })
  }

  /// The fields of senses before and after those of the reading.
  static let (firstSenses, otherSenses) = (2...5, 15...)

  /// An answer of an environment in another process; its payload is that of docs/environment-protocol.md.
  static let result = ProtobufSchema(
    package: "avg_vision", message: "Result",
    fields: [
      (1, "timestamp", .timestamp), (2, "is_start", .bool), (3, "flags", .uint32), (4, "payload", .bytes),
    ])

  /// The action of a step.
  ///
  /// - Parameter sent: the name of the field with the numbers of the command.
  static func action(sent: String) -> ProtobufSchema {
    ProtobufSchema(
      package: "avg_vision", message: "Action",
      fields: [
        (1, "timestamp", .timestamp), (2, "step", .uint64), (3, "chosen", .floats), (4, sent, .floats),
        (5, "log_probability", .float), (6, "noise", .floats), (7, "observed", .floats),
      ])
  }

  /// The outcome of a step.
  static let outcome = ProtobufSchema(
    package: "avg_vision", message: "Outcome",
    fields: [
      (1, "timestamp", .timestamp), (2, "step", .uint64), (3, "reward", .float), (4, "terminated", .bool),
      (5, "truncated", .bool), (6, "reached_goal", .bool), (7, "stale", .bool), (8, "missed_cycles", .uint32),
      (9, "episode", .uint64), (10, "distance_millimeters", .double),
    ])

  /// The agent's update from a step.
  static let learning = ProtobufSchema(
    package: "avg_vision", message: "Learning",
    fields: [
      (1, "timestamp", .timestamp), (2, "step", .uint64), (3, "temporal_difference_error", .float),
      (4, "temporal_difference_scale", .float), (5, "value", .float), (6, "critic_loss", .float),
      (7, "actor_loss", .float), (8, "actor_gradient_norm", .float), (9, "critic_gradient_norm", .float),
      (10, "encoder_gradient_norm", .float), (11, "refused", .bool),
    ])
}
