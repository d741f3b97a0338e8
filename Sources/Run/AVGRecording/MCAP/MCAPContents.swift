/// What an MCAP file is made of, read.
extension MCAPReader {
  /// A kind of message.
  struct Schema: Hashable, Sendable {
    var name: String
    var encoding: String
    /// Whether it says nothing of its messages.
    var isEmpty: Bool
  }

  /// A stream of messages.
  struct Channel: Hashable, Sendable {
    var schema: UInt16
    var topic: String
    var encoding: String
  }

  /// A message.
  struct Message: Sendable {
    var channel: UInt16
    var sequence: UInt32
    /// When it was logged, in nanoseconds.
    var time: UInt64
    /// When it was published, in nanoseconds.
    var publishTime: UInt64
    var data: [UInt8]
    /// Where its record, or that of its chunk, begins.
    var byte: Int
  }

  /// What the file holds, one after the other.
  enum Item: Sendable {
    case message(Message)
    case metadata(name: String, entries: [(key: String, value: String)])
    /// Its bytes lie at `place` in the file.
    case attachment(name: String, mediaType: String, time: UInt64, place: Range<Int>)
  }

  /// How the file ends.
  enum Ending: Hashable, Sendable {
    /// It has been closed.
    case closed
    /// It was cut off: what lies from this byte on is not whole.
    case cutOff(byte: Int)
  }
}
