import AVGCore
import AVGSystem
import Glibc

/// A TensorBoard event file: records with one `Event` message each, framed by its length and two checksums.
///
/// Source: TensorFlow's `event.proto` and `record_writer.cc`.
struct EventFile: ~Copyable {
  private let file: OutputFile

  private static let prefix = "events.out.tfevents."

  /// Creates an event file in `folder`, at `time` in seconds since 1970.
  ///
  /// TensorBoard reads all event files in a folder in the order of their names. The seconds in the new name are
  /// therefore later than in all others, even if the clock was set back.
  init(in folder: String, at time: Double) throws(FileError) {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let last = Self.names(in: folder).compactMap(Self.seconds).max() ?? 0
    let seconds = max(Int(time), last + 1)
    let path = "\(folder)/\(Self.prefix)\(seconds).\(host).\(getpid())"
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Self.event(time, { $0.append(field: Field.fileVersion, text: "brain.Event:2") }))
    self.file = file
  }

  /// Appends the values of a step.
  func append(_ values: [Summary], step: Int, time: Double) throws(FileError) {
    let summary = ByteBuffer { summary in
      for value in values { summary.append(field: Field.summaryValue, message: value.message) }
    }
    try file.write(
      Self.event(time) {
        $0.append(field: Field.step, step)
        $0.append(field: Field.summary, message: summary)
      })
  }

  /// Encodes an event as a record.
  private static func event(_ time: Double, _ fill: (inout ByteBuffer) -> Void) -> [UInt8] {
    var event = ByteBuffer { $0.append(field: Field.wallTime, time) }
    fill(&event)
    return record(event.bytes)
  }

  /// Marks that a run is resumed here: readers discard earlier values of `step` and later steps.
  func restart(at step: Int, time: Double) throws(FileError) {
    // SessionLog.status = START
    let start = ByteBuffer { $0.append(field: 1, 1) }
    try file.write(
      Self.event(time) {
        $0.append(field: Field.step, step)
        $0.append(field: Field.sessionLog, message: start)
      })
  }

  /// Encodes a record that contains `payload`.
  static func record(_ payload: [UInt8]) -> [UInt8] {
    ByteBuffer {
      $0.append(integer: UInt64(payload.count))
      $0.append(integer: maskedSum(of: $0.bytes))
      $0.append(payload)
      $0.append(integer: maskedSum(of: payload))
    }.bytes
  }

  /// The masked CRC-32C of `bytes`, as TensorFlow stores it: rotated and offset, so that checksums of data that contain
  /// checksums remain useful.
  static func maskedSum(of bytes: [UInt8]) -> UInt32 {
    let sum = CRC32.of(bytes, .castagnoli)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  /// The field numbers of `Event` and `Summary`.
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

  /// The accepted times in seconds since 1970, up to the year 5138.
  static let times = 0..<1e11

  /// The seconds in an event file's name.
  private static func seconds(_ name: String) -> Int? {
    Int(name.dropFirst(prefix.count).prefix { $0 != "." }).flatMap { times.contains(Double($0)) ? $0 : nil }
  }

  /// The latest wall time in a folder's event files, in seconds since 1970; 0 if there are none.
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

  /// The latest wall time in a file, found by following the record lengths. Records after damage are not found, but
  /// TensorBoard would not read them either.
  private static func lastTime(_ descriptor: CInt) -> Double {
    // The length, its checksum, and the tag and value of the event's first field.
    var head = [UInt8](repeating: 0, count: 8 + 4 + 1 + 8)
    var (offset, last) = (0, 0.0)
    while pread(descriptor, &head, head.count, offset) == head.count {
      let (length, bits) = head.withUnsafeBytes {
        ($0.integer(UInt64.self, at: 0), $0.integer(UInt64.self, at: 13))
      }
      let tag = UInt8(Field.wallTime << 3 | 1)
      let time = Double(bitPattern: bits)
      guard (9..<1 << 30).contains(length), head[12] == tag, times.contains(time) else { break }
      last = max(last, time)
      offset += 8 + 4 + Int(length) + 4
    }
    return last
  }
}

/// A wall clock that never runs backwards, for files that people read; nothing learned depends on it. If the system
/// clock is set back, within a run or between two, it continues from the last time in the files, because otherwise
/// curves over time would run backwards.
struct RisingClock {
  private var offset: Double
  private var last: Double

  /// Starts at the current time, or at `time` in seconds since 1970 if that is later.
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

  /// The monotonic time for a reading `time` of the system clock.
  mutating func rising(_ time: Double) -> Double {
    offset = max(offset, last - time)
    last = max(last, time + offset)
    return last
  }
}
