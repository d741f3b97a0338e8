import AVGCore

/// The images of any MCAP file, one after the other: a log of ours, or someone else's.
///
/// Read are foxglove.CompressedImage and foxglove.RawImage in Protocol Buffers, and sensor_msgs' CompressedImage and
/// Image as ROS 2 writes them.
public struct ImageLog: ~Copyable {
  /// An image and when it was taken.
  public struct Entry: Sendable {
    /// Nanoseconds on the file's clock.
    public var time: UInt64
    /// The image.
    public var image: LoggedImage
  }

  /// The topic whose images are read.
  public let topic: String

  private var reader: MCAPReader
  private var first: Entry?

  /// Opens a file and finds its images.
  ///
  /// - Parameter topic: whose images to read; nil for those of the first one that has any.
  public init(reading path: String, topic: String? = nil) throws(LogError) {
    var reader = try MCAPReader(reading: path)
    let found = try Self.findImages(&reader, topic: topic)
    self.topic = found.topic
    first = found.entry
    self.reader = reader
  }

  private static func findImages(
    _ reader: inout MCAPReader, topic: String?
  ) throws(LogError) -> (topic: String, entry: Entry) {
    var topics: [String: String] = [:]
    while let item = try reader.next() {
      guard case .message(let message) = item, let channel = reader.channels[message.channel] else {
        continue
      }
      topics[channel.topic] =
        "\(reader.schemas[channel.schema]?.name ?? "no schema") in \(channel.encoding)"
      guard topic == nil || channel.topic == topic, let image = try image(message, reader) else { continue }
      return (channel.topic, Entry(time: message.time, image: image))
    }
    let found = topics.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    throw .missing(
      file: reader.source.name, what: "images" + (topic.map { " on \($0)" } ?? ""),
      advice:
        "Readable are foxglove.CompressedImage and foxglove.RawImage in protobuf, and sensor_msgs/msg/Image and "
        + "CompressedImage in cdr; it holds \(found.isEmpty ? "no messages" : found).")
  }

  /// The next image of the topic; nil at the end.
  public mutating func next() throws(LogError) -> Entry? {
    if let entry = first {
      first = nil
      return entry
    }
    while let item = try reader.next() {
      guard case .message(let message) = item, reader.channels[message.channel]?.topic == topic,
        let image = try Self.image(message, reader)
      else { continue }
      return Entry(time: message.time, image: image)
    }
    return nil
  }

  private static func image(
    _ message: MCAPReader.Message, _ reader: borrowing MCAPReader
  ) throws(LogError) -> LoggedImage? {
    guard let channel = reader.channels[message.channel], let schema = reader.schemas[channel.schema] else {
      return nil
    }
    let image: LoggedImage?
    switch (channel.encoding, schema.name) {
    case ("protobuf", LogSchemas.compressedImage.name), ("protobuf", LogSchemas.rawImage.name):
      image = Protobuf.Fields(message.data).flatMap { LoggedImage($0, schema: schema.name) }
    case ("cdr", "sensor_msgs/msg/CompressedImage"): image = LoggedImage(compressedCDR: message.data)
    case ("cdr", "sensor_msgs/msg/Image"): image = LoggedImage(rawCDR: message.data)
    default: return nil
    }
    guard let image else {
      throw reader.damaged(message.byte, channel.topic, "message \(message.sequence) is no \(schema.name)")
    }
    return image
  }
}

/// ROS 2's messages in CDR: numbers aligned to their size behind a header of four bytes, text with its closing zero.
///
/// <https://www.omg.org/spec/DDSI-RTPS/2.3/PDF>, 10.5.
private struct CDRCursor {
  private var cursor: ByteCursor
  private let isLittleEndian: Bool

  /// Begins behind the header.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] <= 1 else { return nil }
    isLittleEndian = bytes[1] == 1
    cursor = ByteCursor(bytes, from: 4)
  }

  mutating func integer() -> UInt32? {
    _ = cursor.bytes((4 - (cursor.position - 4) % 4) % 4)
    guard let value = cursor.integer(UInt32.self) else { return nil }
    return isLittleEndian ? value : value.byteSwapped
  }

  mutating func byte() -> UInt8? { cursor.integer(UInt8.self) }

  mutating func block() -> [UInt8]? { integer().flatMap { cursor.bytes(Int($0)) } }

  mutating func text() -> String? {
    block().map { String(decoding: $0.last == 0 ? $0.dropLast() : $0[...], as: UTF8.self) }
  }

  /// std_msgs/Header: a time and a frame's name.
  mutating func skipHeader() -> Bool { integer() != nil && integer() != nil && text() != nil }
}

extension LoggedImage {
  fileprivate init?(compressedCDR bytes: [UInt8]) {
    guard var cursor = CDRCursor(bytes), cursor.skipHeader(), let format = cursor.text(),
      let data = cursor.block()
    else { return nil }
    self = .compressed(data, format: format)
  }

  fileprivate init?(rawCDR bytes: [UInt8]) {
    guard var cursor = CDRCursor(bytes), cursor.skipHeader(), let height = cursor.integer(),
      let width = cursor.integer(), let encoding = cursor.text(), cursor.byte() != nil,
      let step = cursor.integer(), let data = cursor.block()
    else { return nil }
    self = .raw(data, width: Int(width), height: Int(height), step: Int(step), encoding: encoding)
  }
}
