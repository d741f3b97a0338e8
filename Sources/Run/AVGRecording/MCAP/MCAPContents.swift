/// The contents of an MCAP file as read.
extension MCAPReader {
  /// A message schema.
  struct Schema: Hashable, Sendable {
    var name: String
    var encoding: String
    /// Whether it has no data, so that it does not describe its messages.
    var isEmpty: Bool
  }

  /// A channel: a topic with a schema and an encoding.
  struct Channel: Hashable, Sendable {
    var schema: UInt16
    var topic: String
    var encoding: String
  }

  /// A message.
  struct Message: Sendable {
    var channel: UInt16
    var sequence: UInt32
    /// The log time in nanoseconds.
    var time: UInt64
    /// The publish time in nanoseconds.
    var publishTime: UInt64
    var data: [UInt8]
    /// The position of its record, or of its chunk's record.
    var byte: Int
  }

  /// An item of the file.
  enum Item: Sendable {
    case message(Message)
    case metadata(name: String, entries: [(key: String, value: String)])
    /// An attachment, whose bytes are in `range` of the file.
    case attachment(name: String, mediaType: String, time: UInt64, range: Range<Int>)
  }

  /// The way the file ends.
  enum Ending: Hashable, Sendable {
    /// It was closed.
    case closed
    /// It was cut off: from this position on there is no complete record.
    case cutOff(byte: Int)
  }
}
