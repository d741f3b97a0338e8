import AVGCore
import AVGSystem
import Foundation

/// A supported kind of image message.
enum ImageMessage {
  case protobuf(schema: String)
  /// Foxglove's messages as JSON, with data in base64. Foxglove's SDK makes up a schema name if none is given, so these
  /// are recognised by their keys.
  case json
  case ros1(isRaw: Bool)
  case ros2(isRaw: Bool)

  /// The supported kinds, for messages.
  static let names =
    "foxglove.CompressedImage and foxglove.RawImage in protobuf and json, sensor_msgs' Image and CompressedImage in "
    + "cdr (ROS 2) and ros1"

  /// The kind of a channel's messages; nil if they cannot be images.
  init?(_ channel: MCAPReader.Channel, _ schema: MCAPReader.Schema?) {
    let name = schema?.name ?? ""
    let foxglove = [LogSchemas.compressedImage.name, LogSchemas.rawImage.name]
    switch channel.encoding {
    case "protobuf" where foxglove.contains(name): self = .protobuf(schema: name)
    case "json" where foxglove.contains(name) || schema?.isEmpty != false: self = .json
    case "cdr" where ["sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"].contains(name):
      self = .ros2(isRaw: name.hasSuffix("/Image"))
    case "ros1" where ["sensor_msgs/Image", "sensor_msgs/CompressedImage"].contains(name):
      self = .ros1(isRaw: name.hasSuffix("/Image"))
    default: return nil
    }
  }

  /// Whether every message of this kind must contain an image.
  var isCertain: Bool { if case .json = self { false } else { true } }

  /// The image in a message; nil if there is none.
  func image(in data: [UInt8]) -> SourceImage? {
    switch self {
    case .protobuf(let schema): return Protobuf.Fields(data).flatMap { SourceImage($0, schema: schema) }
    case .json: return SourceImage(json: data)
    case .ros1(let isRaw):
      var cursor = ROS1Cursor(data)
      return SourceImage(&cursor, isRaw: isRaw)
    case .ros2(let isRaw):
      // rosbag2 and rosbags can compress each message; no plain message begins with zstd's magic bytes.
      guard
        let message = Zstandard.isFrame(data) ? Zstandard.decompress(data, limit: Self.largestLength) : data,
        var cursor = CDRCursor(message)
      else { return nil }
      return SourceImage(&cursor, isRaw: isRaw)
    }
  }

  /// An upper bound for the largest supported image in the widest encoding.
  private static let largestLength = 4096 * 4096 * 8 + 65536
}

/// A cursor over the fields of a ROS message; its methods return nil where the message ends too early.
private protocol ROSCursor {
  mutating func integer() -> UInt32?
  mutating func byte() -> UInt8?
  mutating func block() -> [UInt8]?
  mutating func text() -> String?
  /// Skips a std_msgs/Header: a time and a frame name; in ROS 1 a sequence number comes first.
  mutating func skipHeader() -> Bool
}

/// ROS 2's messages in CDR: a header of four bytes, then numbers aligned to their size; text includes its closing zero.
///
/// <https://www.omg.org/spec/DDSI-RTPS/2.3/PDF>, 10.5.
private struct CDRCursor: ROSCursor {
  private var cursor: ByteCursor
  private let isLittleEndian: Bool

  /// Starts after the header; nil if it is not one of plain CDR.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] <= 1 else { return nil }
    isLittleEndian = bytes[1] == 1
    cursor = ByteCursor(bytes, from: 4)
  }

  mutating func integer() -> UInt32? {
    _ = cursor.skip((4 - (cursor.position - 4) % 4) % 4)
    guard let value = cursor.integer(UInt32.self) else { return nil }
    return isLittleEndian ? value : value.byteSwapped
  }

  mutating func byte() -> UInt8? { cursor.integer(UInt8.self) }

  mutating func block() -> [UInt8]? { integer().flatMap { cursor.bytes(Int($0)) } }

  mutating func text() -> String? {
    block().map { String(decoding: $0.last == 0 ? $0.dropLast() : $0[...], as: UTF8.self) }
  }

  mutating func skipHeader() -> Bool { integer() != nil && integer() != nil && text() != nil }
}

/// ROS 1's messages: little-endian, without alignment. <https://wiki.ros.org/roscpp/Overview/MessagesSerialization>
private struct ROS1Cursor: ROSCursor {
  private var cursor: ByteCursor

  init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes) }

  mutating func integer() -> UInt32? { cursor.integer(UInt32.self) }

  mutating func byte() -> UInt8? { cursor.integer(UInt8.self) }

  mutating func block() -> [UInt8]? { integer().flatMap { cursor.bytes(Int($0)) } }

  mutating func text() -> String? { block().map { String(decoding: $0, as: UTF8.self) } }

  mutating func skipHeader() -> Bool { cursor.skip(12) && text() != nil }
}

extension SourceImage {
  /// sensor_msgs' Image or CompressedImage.
  fileprivate init?(_ cursor: inout some ROSCursor, isRaw: Bool) {
    guard cursor.skipHeader() else { return nil }
    guard isRaw else {
      guard let format = cursor.text(), let data = cursor.block() else { return nil }
      self = .compressed(data, format: format)
      return
    }
    guard let height = cursor.integer(), let width = cursor.integer(), let encoding = cursor.text(),
      let isBigEndian = cursor.byte(), let step = cursor.integer(), var data = cursor.block()
    else { return nil }
    if isBigEndian != 0, LoggedPixels(encoding)?.isWide == true {
      for index in stride(from: 1, to: data.count, by: 2) { data.swapAt(index, index - 1) }
    }
    self = .raw(data, width: Int(width), height: Int(height), step: Int(step), encoding: encoding)
  }

  /// foxglove.CompressedImage or foxglove.RawImage, distinguished by their keys.
  fileprivate init?(json bytes: [UInt8]) {
    guard let message = try? JSONDecoder().decode(JSONImage.self, from: Data(bytes)) else { return nil }
    let data = [UInt8](message.data)
    if let format = message.format {
      self = .compressed(data, format: format)
    } else if let encoding = message.encoding, let width = message.width, let height = message.height,
      let step = message.step
    {
      self = .raw(data, width: Int(width), height: Int(height), step: Int(step), encoding: encoding)
    } else {
      return nil
    }
  }
}

/// The keys of Foxglove's image messages. <https://docs.foxglove.dev/docs/visualization/message-schemas>
private struct JSONImage: Decodable {
  /// In base64.
  var data: Data
  var format: String?
  var encoding: String?
  var width: UInt32?
  var height: UInt32?
  var step: UInt32?
}
