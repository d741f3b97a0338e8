import AVGCore
import AVGSystem
import Glibc

/// A TensorBoard event file: records of one `Event` message each, framed by their length and two checksums.
///
/// Source: `event.proto` and `record_writer.cc` of TensorFlow.
struct EventFile: ~Copyable {
  private let file: OutputFile

  private static let prefix = "events.out.tfevents."

  /// Begins a new event file in `folder`, at `time` in seconds since 1970.
  ///
  /// TensorBoard reads all that lie there, in the order of their names: this one's seconds come after those of the others,
  /// even if the clock has been put back.
  init(in folder: String, at time: Double) throws(FileError) {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let last = Self.names(in: folder).compactMap(Self.seconds).max() ?? 0
    let seconds = max(Int(time), last + 1)
    let path = "\(folder)/\(Self.prefix)\(seconds).\(host).\(getpid())"
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Self.event(time, ProtobufMessage { $0.add(Field.fileVersion, text: "brain.Event:2") }))
    self.file = file
  }

  /// Appends what is to be said of a step.
  func append(_ values: [Summary], step: Int, time: Double) throws(FileError) {
    let summary = ProtobufMessage { summary in
      for value in values { summary.add(Field.summaryValue, message: value.message) }
    }
    try file.write(
      Self.event(
        time,
        ProtobufMessage {
          $0.add(Field.step, integer: Int64(step))
          $0.add(Field.summary, message: summary)
        }))
  }

  /// The record of an event.
  private static func event(_ time: Double, _ content: ProtobufMessage) -> [UInt8] {
    var event = ProtobufMessage { $0.add(Field.wallTime, double: time) }
    event.append(content)
    return record(event.bytes)
  }

  /// Tells readers that a run goes on from here: what the files say of `step` and later is void.
  func restart(at step: Int, time: Double) throws(FileError) {
    // SessionLog.status = START
    let start = ProtobufMessage { $0.add(1, integer: 1) }
    try file.write(
      Self.event(
        time,
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
  fileprivate enum Field {
    static let wallTime = 1
    static let step = 2
    static let fileVersion = 3
    static let summary = 5
    static let sessionLog = 7
    static let summaryValue = 1
  }
}

extension EventFile {
  private static func names(in folder: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(prefix) { names.append(name) }
    }
    return names
  }

  /// The times that can be a date, in seconds since 1970: up to the year 5138.
  static let times = 0..<1e11

  /// The seconds in an event file's name.
  private static func seconds(_ name: String) -> Int? {
    Int(name.dropFirst(prefix.count).prefix { $0 != "." }).flatMap { times.contains(Double($0)) ? $0 : nil }
  }

  /// The latest wall time in a folder's event files, in seconds since 1970; 0 where there is none.
  static func lastTime(in folder: String) throws(FileError) -> Double {
    var last = 0.0
    for name in names(in: folder) {
      let path = folder + "/" + name
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw FileError(path: path, action: "open the file") }
      defer { close(descriptor) }
      last = max(last, lastTime(descriptor))
    }
    return last
  }

  /// The latest wall time among the records of a file, from one's length to the next one's; those behind damage are not
  /// found, nor would TensorBoard read them.
  private static func lastTime(_ descriptor: CInt) -> Double {
    // The length, its checksum, and an event's first field: its tag and the number.
    var head = [UInt8](repeating: 0, count: 8 + 4 + 1 + 8)
    var (offset, last) = (0, 0.0)
    while pread(descriptor, &head, head.count, offset) == head.count {
      let length = Int(clamping: number(head[0..<8]))
      let tag = UInt8(Field.wallTime << 3 | 1)
      let time = Double(bitPattern: number(head[13..<21]))
      guard (9..<1 << 30).contains(length), head[12] == tag, times.contains(time) else { break }
      last = max(last, time)
      offset += 8 + 4 + length + 4
    }
    return last
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The time of day, for files that people read; nothing that is learned depends on it. It goes on where the files stop
/// when the clock has been put back, between two runs or within one: else a curve over time would run backwards.
struct RisingClock {
  private var offset: Double
  private var last: Double

  /// Begins at the time of day, or at `time`, in seconds since 1970, if that is later.
  init(notBefore time: Double) {
    offset = 0
    last = time
  }

  /// Seconds since 1970.
  mutating func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return rising(Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)
  }

  /// What the clock that shows `time` is taken to show.
  mutating func rising(_ time: Double) -> Double {
    offset = max(offset, last - time)
    last = max(last, time + offset)
    return last
  }
}
