import AVGCore
import AVGSystem
import AVGImaging
import CZstd

@testable import AVGRecording

/// Logs as other programs write them.
enum ForeignLog {
  /// A message of a topic.
  struct Message {
    var topic: String
    var schema: String
    var encoding: String
    var data: [UInt8]

    /// A sensor_msgs/msg/Image of ROS 2.
    static func image(_ topic: String, _ data: [UInt8]) -> Message {
      Message(topic: topic, schema: "sensor_msgs/msg/Image", encoding: "cdr", data: data)
    }

    /// A sensor_msgs/msg/CompressedImage of ROS 2.
    static func compressed(_ topic: String, _ jpeg: [UInt8], format: String = "jpeg") -> Message {
      var message = CDR()
      message.text(format)
      message.block(jpeg)
      return Message(
        topic: topic, schema: "sensor_msgs/msg/CompressedImage", encoding: "cdr", data: message.buffer.bytes)
    }
  }

  /// A little-endian CDR encoder that starts with a message header.
  struct CDR {
    var buffer = ByteBuffer()

    init() {
      buffer.append([0, 1, 0, 0])
      integer(1)
      integer(2)
      text("camera")
    }

    mutating func integer(_ value: UInt32) {
      while (buffer.count - 4) % 4 != 0 { buffer.append(0) }
      buffer.append(integer: value)
    }

    mutating func text(_ text: String) { block(Array(text.utf8) + [0]) }

    mutating func block(_ bytes: [UInt8]) {
      integer(UInt32(bytes.count))
      buffer.append(bytes)
    }
  }

  static func cdrImage(
    _ pixels: [UInt8], _ width: Int, _ height: Int, _ encoding: String, step: Int, isBigEndian: Bool = false
  ) -> [UInt8] {
    var message = CDR()
    message.integer(UInt32(height))
    message.integer(UInt32(width))
    message.text(encoding)
    message.buffer.append(isBigEndian ? 1 : 0)
    message.integer(UInt32(step))
    message.block(pixels)
    return message.buffer.bytes
  }

  static func ros1Image(_ pixels: [UInt8], _ width: Int, _ height: Int, _ encoding: String, step: Int)
    -> [UInt8]
  {
    var message = ByteBuffer()
    for value in [7, 1, 2] as [UInt32] { message.append(integer: value) }
    message.append(text: "camera")
    message.append(integer: UInt32(height))
    message.append(integer: UInt32(width))
    message.append(text: encoding)
    message.append(0)
    message.append(integer: UInt32(step))
    message.append(integer: UInt32(pixels.count))
    message.append(pixels)
    return message.bytes
  }

  /// Writes messages at intervals of 45 ms.
  static func write(_ messages: [Message], to path: String) throws {
    let writer = try MCAPWriter(creating: path, library: "test")
    var channels: [String: UInt16] = [:]
    for (index, message) in messages.enumerated() {
      let channel =
        channels[message.topic]
        ?? writer.addChannel(
          topic: message.topic, schema: writer.addSchema(name: message.schema, encoding: "", data: []),
          encoding: message.encoding)
      channels[message.topic] = channel
      try writer.write(
        channel: channel, sequence: UInt32(index), time: UInt64(index) * 45_000_000, room: message.data.count
      ) { $0.append(message.data) }
    }
    try writer.close()
  }

  /// Compresses bytes to a zstd frame.
  static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
    return Array(output[..<count])
  }

  /// The pixels of a single-colour picture, 160 × 90.
  static func pixels(_ color: [UInt8]) -> [UInt8] { (0..<160 * 90).flatMap { _ in color } }

  /// The same picture as message data.
  static func picture(_ color: [UInt8]) -> [UInt8] { cdrImage(pixels(color), 160, 90, "rgb8", step: 480) }

  /// The same picture as a JPEG image.
  static func jpeg(_ color: [UInt8]) throws -> [UInt8] {
    var frame = Frame()
    frame.pixels = pixels(color)
    return try JPEGEncoder().encode(frame, quality: 95)
  }
}
