import AVGCore
import Glibc

/// A TensorBoard event file: records of one `Event` message each, framed by their length and two checksums.
///
/// Source: `event.proto` and `record_writer.cc` of TensorFlow.
struct EventFile: ~Copyable {
  private let file: OutputFile

  /// Begins a new event file in `folder`; TensorBoard reads all that lie there, in the order of their names.
  init(in folder: String) throws(FileError) {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The process keeps two runs apart that begin within a second.
    let path = "\(folder)/events.out.tfevents.\(Int(WallClock.seconds)).\(host).\(getpid())"
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Self.event(ProtobufMessage { $0.add(Field.fileVersion, text: "brain.Event:2") }))
    self.file = file
  }

  /// Appends what is to be said of a step.
  func append(_ values: [Summary], step: Int) throws(FileError) {
    let summary = ProtobufMessage { summary in
      for value in values { summary.add(Field.summaryValue, message: value.message) }
    }
    try file.write(
      Self.event(
        ProtobufMessage {
          $0.add(Field.step, integer: Int64(step))
          $0.add(Field.summary, message: summary)
        }))
  }

  /// The record of an event that happens now.
  private static func event(_ content: ProtobufMessage) -> [UInt8] {
    var event = ProtobufMessage { $0.add(Field.wallTime, double: WallClock.seconds) }
    event.append(content)
    return record(event.bytes)
  }

  /// Tells readers that a run goes on from here: what the files say of `step` and later is void.
  func restart(at step: Int) throws(FileError) {
    // SessionLog.status = START
    let start = ProtobufMessage { $0.add(1, integer: 1) }
    try file.write(
      Self.event(
        ProtobufMessage {
          $0.add(Field.step, integer: Int64(step))
          $0.add(Field.sessionLog, message: start)
        }))
  }

  /// The bytes of a record that holds `payload`.
  static func record(_ payload: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(payload.count))
    return length + littleEndian(maskedSum(of: length)) + payload + littleEndian(maskedSum(of: payload))
  }

  /// The CRC-32C of `bytes`, rotated and shifted, so that a checksum of bytes that hold checksums stays meaningful.
  static func maskedSum(of bytes: [UInt8]) -> UInt32 {
    let sum = CRC32.of(bytes, .castagnoli)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// The numbers of the fields of `Event` and `Summary`.
  private enum Field {
    static let wallTime = 1
    static let step = 2
    static let fileVersion = 3
    static let summary = 5
    static let sessionLog = 7
    static let summaryValue = 1
  }
}

/// The time of day, for files that people read; nothing that is learned depends on it.
enum WallClock {
  /// Seconds since 1970.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
