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

  /// Bytes of the file.
  public private(set) var byteCount: Int
  /// What wrote it.
  public private(set) var library: String
  /// Chunks.
  public private(set) var chunkCount: Int
  /// The streams, by name.
  public private(set) var topics: [Topic] = []
  /// Nanoseconds from the first message to the last.
  public private(set) var duration: UInt64 = 0
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
    while let item = try reader.next() {
      switch item {
      case .message(let message):
        first = min(first, message.time)
        last = max(last, message.time)
      case .attachment(let name, _, _, let data): attachments.append((name, data.count))
      case .metadata(let name, let entries): metadata.append((name, entries))
      }
    }
    byteCount = reader.source.count
    library = reader.library
    chunkCount = reader.chunkCount
    if last > first { duration = last - first }
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
