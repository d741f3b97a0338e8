/// What an MCAP file holds, in numbers, after every byte of it has been read and checked.
public struct LogSummary: Sendable {
  /// A stream of messages.
  public struct Topic: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The kind of its messages, and how they are encoded.
    public var kind: String
    /// How many there are.
    public var messageCount: Int
  }

  /// What of a file its checksums cover, all of which are right.
  public enum Checked: Hashable, Sendable {
    /// Everything.
    case all
    /// All but some of its chunks, attachments, and messages outside of chunks.
    case allBut(Int, of: Int)
    /// Nothing: it has none, or those that it has cover no message.
    case nothing
  }

  /// What is covered by checksums.
  public private(set) var checked = Checked.nothing
  /// Bytes of the file.
  public private(set) var byteCount: Int
  /// What wrote it.
  public private(set) var library: String
  /// Chunks.
  public private(set) var chunkCount: Int
  /// The streams, by name.
  public private(set) var topics: [Topic] = []
  /// Nanoseconds from the first message to the last; but for the jumps of a clock that was set meanwhile.
  public private(set) var duration: UInt64 = 0
  /// How often the clock jumped, or the recording paused, and by how many nanoseconds at most, in the topic where that is
  /// seen best.
  public private(set) var jumps: (count: Int, longest: UInt64) = (0, 0)
  /// Names and sizes of the files within.
  public private(set) var attachments: [(name: String, byteCount: Int)] = []
  /// The metadata, by name.
  public private(set) var metadata: [(name: String, entries: [(key: String, value: String)])] = []
  /// The byte from which on the file is not whole; nil if it has been closed.
  public private(set) var cutOffByte: Int?

  /// Reads a file to its end.
  ///
  /// - Throws: above all `LogError.damaged`, with the place.
  public init(reading path: String) throws(LogError) {
    var reader = try MCAPReader(reading: path)
    var (first, last) = (UInt64.max, UInt64.min)
    // Topics need not lie side by side: each has its own order.
    var clocks: [UInt16: LogClock] = [:]
    while let item = try reader.next() {
      switch item {
      case .message(let message):
        first = min(first, message.time)
        last = max(last, message.time)
        _ = clocks[message.channel, default: LogClock()].advance(to: message.time)
      case .attachment(let name, _, _, let place): attachments.append((name, place.count))
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
