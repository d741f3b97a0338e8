/// A summary of an MCAP file, made by reading and checking every byte.
public struct LogSummary: Sendable {
  /// A topic.
  public struct Topic: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The schema of its messages and their encoding.
    public var kind: String
    /// The number of messages.
    public var messageCount: Int
  }

  /// The part of a file that checksums cover; all of them match.
  public enum Checked: Hashable, Sendable {
    /// All of it.
    case all
    /// All except this many of its chunks, attachments, and messages outside of chunks.
    case allBut(Int, of: Int)
    /// None: there are no checksums, or they cover no message.
    case nothing
  }

  /// The part covered by checksums.
  public private(set) var checked = Checked.nothing
  /// The size of the file.
  public private(set) var byteCount: Int
  /// The library that wrote it.
  public private(set) var library: String
  /// The number of chunks.
  public private(set) var chunkCount: Int
  /// The topics, by name.
  public private(set) var topics: [Topic] = []
  /// The time from the first message to the last in nanoseconds, without jumps of the clock.
  public private(set) var duration: UInt64 = 0
  /// The number of jumps of the clock or pauses of the recording, and the longest in nanoseconds, in the topic with
  /// most of them.
  public private(set) var jumps: (count: Int, longest: UInt64) = (0, 0)
  /// Names and sizes of the attachments.
  public private(set) var attachments: [(name: String, byteCount: Int)] = []
  /// The metadata, by name.
  public private(set) var metadata: [(name: String, entries: [(key: String, value: String)])] = []
  /// The position at which an incomplete file was cut off; nil if it was closed.
  public private(set) var cutOffByte: Int?

  /// Reads a file to its end.
  ///
  /// - Throws: mainly `LogError.damaged`, with the position.
  public init(reading path: String) throws(LogError) {
    var reader = try MCAPReader(reading: path)
    var (first, last) = (UInt64.max, UInt64.min)
    // The topics need not be in a common order, so each has its own clock.
    var clocks: [UInt16: LogClock] = [:]
    while let item = try reader.next() {
      switch item {
      case .message(let message):
        first = min(first, message.time)
        last = max(last, message.time)
        _ = clocks[message.channel, default: LogClock()].advance(to: message.time)
      case .attachment(let name, _, _, let range): attachments.append((name, range.count))
      case .metadata(let name, let entries): metadata.append((name, entries))
      }
    }
    if reader.hasDataChecksum || reader.uncheckedCount == 0 && reader.checkableCount > 0 {
      checked = .all
    } else if reader.uncheckedCount < reader.checkableCount {
      checked = .allBut(reader.uncheckedCount, of: reader.checkableCount)
    }
    byteCount = reader.source.count
    library = reader.library
    chunkCount = reader.chunkCount
    if last > first { duration = last - first }
    if let clock = clocks.values.max(by: { $0.jumpCount < $1.jumpCount }), clock.jumpCount > 0 {
      jumps = (clock.jumpCount, clock.longestJump)
      duration = clocks.values.map(\.duration).max() ?? 0
    }
    if case .cutOff(let byte) = reader.ending { cutOffByte = byte }
    for (number, channel) in reader.channels.sorted(by: {
      ($0.value.topic, $0.key) < ($1.value.topic, $1.key)
    }) {
      let schema = reader.schemas[channel.schema]?.name ?? "no schema"
      topics.append(
        Topic(
          name: channel.topic, kind: "\(schema) (\(channel.encoding))",
          messageCount: Int(reader.messageCounts[number] ?? 0)))
    }
  }
}
