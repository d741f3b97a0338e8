internal import AVGSystem
import Glibc

/// Where a ring stood when it was saved: which rows and frames it kept, and what all saved records come to.
///
/// It belongs into the checkpoint that is written beside the ring's files.
public struct ReplayMark: Hashable, Sendable {
  /// The records of one kind that the ring kept, and the checksum of the last one, which contains those before.
  struct Records: Hashable, Sendable {
    var first = 0
    var end = 0
    var checksum: UInt32 = 0
  }

  var rows = Records()
  var frames = Records()

  /// The mark of an empty ring.
  public init() {}

  /// The mark as numbers, for a file.
  public var numbers: [UInt64] {
    [rows, frames].flatMap { [UInt64($0.first), UInt64($0.end), UInt64($0.checksum)] }
  }

  /// Takes the numbers of a mark; nil if they are none.
  public init?(numbers: [UInt64]) {
    guard numbers.count == 6, numbers.allSatisfy({ $0 < 1 << 62 }), numbers[2] <= UInt64(UInt32.max),
      numbers[5] <= UInt64(UInt32.max), numbers[0] <= numbers[1], numbers[3] <= numbers[4]
    else { return nil }
    rows = Records(first: Int(numbers[0]), end: Int(numbers[1]), checksum: UInt32(numbers[2]))
    frames = Records(first: Int(numbers[3]), end: Int(numbers[4]), checksum: UInt32(numbers[5]))
  }
}

/// Keeps a ring in a folder, beside the checkpoints of the run that it belongs to.
///
/// Rows and frames are appended to files of some megabytes, `rows-0`, `rows-1`, …, `frames-0`, …: each save writes what has
/// come since the last one, and waits for the disk; nothing that an older checkpoint needs is written over. So whenever the
/// run is killed, the files hold what the last checkpoint's mark names. Files go when none of the checkpoints that are kept
/// needs them any more.
///
/// Each record has the checksum of all before it in front. It shows a bit that the disk turned, and records that another
/// continuation of the run has left.
public struct ReplayLog: Sendable {
  /// The folder with the files.
  public let folder: String
  /// The checkpoints that are to find their records, at least 1.
  public var checkpointsKept: Int
  private var saved = ReplayMark()
  /// The marks of the last saves of this process, the oldest first.
  private var marks: [ReplayMark] = []
  /// The first file of each kind that may still be there.
  private var firstRowsFile = 0
  private var firstFramesFile = 0

  /// The bytes of a file, about.
  private let fileBytes: Int
  /// The bytes that are written at once, about.
  private static let writeBytes = 1 << 20
  /// The checksum in front of a record.
  static let headBytes = 4

  /// Will keep a ring in `folder`, which is made when it is needed.
  ///
  /// - Parameter checkpointsKept: how many of the checkpoints beside it must find their records.
  public init(folder: String, checkpointsKept: Int) {
    self.init(folder: folder, checkpointsKept: checkpointsKept, fileBytes: 1 << 24)
  }

  init(folder: String, checkpointsKept: Int, fileBytes: Int) {
    self.folder = folder
    self.checkpointsKept = checkpointsKept
    self.fileBytes = fileBytes
  }

  /// Whether `path` names the folder, by this name or another.
  public func isIn(_ path: String) -> Bool {
    func real(_ path: String) -> String {
      guard let name = realpath(path, nil) else { return path }
      defer { free(name) }
      return String(cString: name)
    }
    return folder == path || real(folder) == real(path)
  }

  /// Saves what the ring has got since the last time; the checkpoint that is put in place next holds the mark.
  ///
  /// - Throws: `file`; the files then still hold what older marks name.
  public mutating func save(_ ring: borrowing ReplayRing) throws(ReplayError) -> ReplayMark {
    guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
      throw .file(FileError(path: folder, action: "make the folder"))
    }
    removeOldFiles(ring.rows.stride, ring.frames.stride)
    do {
      var mark = saved
      try append(ring.rows, kind: "rows", after: &mark.rows)
      try append(ring.frames, kind: "frames", after: &mark.frames)
      try OutputFile(folder: folder).synchronize()
      saved = mark
    } catch { throw .file(error) }
    marks = marks.suffix(max(1, checkpointsKept) - 1) + [saved]
    return saved
  }

  /// Fills an empty ring with what `mark` names; further saves go on from there.
  ///
  /// - Throws: `damaged`, `file`; the ring is then to be thrown away.
  public mutating func load(_ mark: ReplayMark, into ring: inout ReplayRing) throws(ReplayError) {
    try read(mark.frames, kind: "frames", into: &ring.frames)
    try read(mark.rows, kind: "rows", into: &ring.rows)
    try ring.checkRows(folder)
    saved = mark
    marks = []
  }

  /// Removes the files that no kept checkpoint needs: those before the oldest mark, once as many saves have been made as
  /// there are checkpoints.
  private mutating func removeOldFiles(_ rowStride: Int, _ frameStride: Int) {
    guard marks.count >= max(1, checkpointsKept), let oldest = marks.first else { return }
    remove("rows", from: &firstRowsFile, to: oldest.rows.first / recordsPerFile(rowStride))
    remove("frames", from: &firstFramesFile, to: oldest.frames.first / recordsPerFile(frameStride))
  }

  private func remove(_ kind: String, from first: inout Int, to end: Int) {
    while first < end {
      unlink(path(kind, first))
      first += 1
    }
  }

  private func recordsPerFile(_ stride: Int) -> Int { max(1, fileBytes / (Self.headBytes + stride)) }

  private func path(_ kind: String, _ file: Int) -> String { "\(folder)/\(kind)-\(file)" }

  /// Writes the records that have come since `part`, and moves it on.
  private func append(
    _ records: borrowing RecordQueue, kind: String, after part: inout ReplayMark.Records
  ) throws(FileError) {
    let (headBytes, stride, perFile) = (Self.headBytes, records.stride, recordsPerFile(records.stride))
    let writeBytes = Self.writeBytes
    // What came and went since the last save is in no file.
    var number = max(part.end, records.first)
    var block = ByteBuffer(capacity: writeBytes + headBytes + stride)
    while number < records.end {
      let file = number / perFile
      let output = try OutputFile(path: path(kind, file), flags: O_CREAT)
      let end = min(records.end, (file + 1) * perFile)
      while number < end {
        let place = number % perFile * (headBytes + stride)
        block.clear()
        while number < end, block.count < writeBytes {
          let record = UnsafeRawBufferPointer(start: records.record(number), count: stride)
          block.append(integer: part.checksum)
          block.append(record)
          part.checksum = Self.following(part.checksum, record)
          number += 1
        }
        try output.write(block.bytes, at: place)
      }
      try output.synchronizeData()
    }
    part.first = records.first
    part.end = records.end
  }

  /// Reads the records that `part` names, and checks that they are those.
  private func read(
    _ part: ReplayMark.Records, kind: String, into records: inout RecordQueue
  ) throws(ReplayError) {
    let (length, perFile) = (Self.headBytes + records.stride, recordsPerFile(records.stride))
    records.restart(at: part.first)
    var checksum: UInt32?
    var number = part.first
    while number < part.end {
      let file = path(kind, number / perFile)
      let end = min(part.end, (number / perFile + 1) * perFile, number + max(1, Self.writeBytes / length))
      let bytes: [UInt8]
      do {
        bytes = try InputFile.bytes(at: file, from: number % perFile * length, count: (end - number) * length)
      } catch { throw .file(error) }
      guard bytes.count == (end - number) * length else {
        throw .damaged(file: file, reason: "it is shorter than its checkpoint says")
      }
      try bytes.withUnsafeBufferPointer { bytes throws(ReplayError) in
        let bytes = UnsafeRawBufferPointer(bytes)
        for place in Swift.stride(from: 0, to: bytes.count, by: length) {
          let head: UInt32 = bytes.integer(at: place)
          guard checksum == nil || checksum == head else { throw .foreign(file) }
          let record = UnsafeRawBufferPointer(rebasing: bytes[(place + Self.headBytes)..<(place + length)])
          checksum = Self.following(head, record)
          guard records.hasRoom else {
            throw .shrunk(folder: folder)
          }
          if let source = record.baseAddress {
            records.append().copyMemory(from: source, byteCount: record.count)
          }
        }
      }
      number = end
    }
    guard checksum == nil || checksum == part.checksum else {
      throw .foreign(path(kind, (part.end - 1) / perFile))
    }
  }

  /// The checksum of a record and all before it.
  private static func following(_ checksum: UInt32, _ record: UnsafeRawBufferPointer) -> UInt32 {
    var sum = CRC32()
    withUnsafeBytes(of: checksum.littleEndian) { sum.update($0) }
    sum.update(record)
    return sum.value
  }
}

extension ReplayError {
  fileprivate static func foreign(_ file: String) -> ReplayError {
    .damaged(file: file, reason: "its contents do not match their checksums")
  }
}

extension ReplayRing {
  /// Takes up rows that came from a file, whose frames are there already.
  mutating func checkRows(_ folder: String) throws(ReplayError) {
    var oldest = frames.first
    for number in rows.first..<rows.end {
      let row = rows.record(number)
      if let problem = layout.problem(row, frames: frames.first..<frames.end) {
        throw .damaged(file: folder, reason: problem)
      }
      guard layout.frameCount == 0 || layout.oldestFrame(of: row) >= oldest else {
        throw .damaged(file: folder, reason: "a row's frames are older than those of the row before it")
      }
      if layout.frameCount > 0 { oldest = layout.oldestFrame(of: row) }
    }
    recount()
    while count > steps || byteCount > byteLimit { dropOldest() }
  }
}

/// All that a ring keeps, as bytes, for a file that holds more than the ring.
public struct ReplayContents: Hashable, Sendable {
  /// Which rows and frames they are; the checksums are 0.
  public var mark: ReplayMark
  /// The rows, the oldest first.
  public var rows: [UInt8]
  /// The frames, the oldest first.
  public var frames: [UInt8]

  /// Joins what a file held.
  public init(mark: ReplayMark, rows: [UInt8], frames: [UInt8]) {
    self.mark = mark
    self.rows = rows
    self.frames = frames
  }
}

extension ReplayRing {
  /// Saves the ring; see `ReplayLog.save(_:)`.
  public func save(in log: inout ReplayLog) throws(ReplayError) -> ReplayMark { try log.save(self) }

  /// All that is kept.
  public func makeContents() -> ReplayContents {
    var mark = ReplayMark()
    mark.rows = ReplayMark.Records(first: rows.first, end: rows.end)
    mark.frames = ReplayMark.Records(first: frames.first, end: frames.end)
    return ReplayContents(mark: mark, rows: Self.bytes(of: rows), frames: Self.bytes(of: frames))
  }

  private static func bytes(of records: borrowing RecordQueue) -> [UInt8] {
    var bytes = ByteBuffer(capacity: records.count * records.stride)
    for number in records.first..<records.end {
      bytes.append(UnsafeRawBufferPointer(start: records.record(number), count: records.stride))
    }
    return bytes.bytes
  }

  /// Takes up what `makeContents` gave, in an empty ring.
  ///
  /// - Parameter file: the file that held it, for messages.
  /// - Throws: `damaged`, `shrunk`; the ring is then to be thrown away.
  public mutating func take(_ contents: ReplayContents, file: String) throws(ReplayError) {
    try Self.fill(&frames, contents.mark.frames, contents.frames, file)
    try Self.fill(&rows, contents.mark.rows, contents.rows, file)
    try checkRows(file)
  }

  private static func fill(
    _ records: inout RecordQueue, _ part: ReplayMark.Records, _ bytes: [UInt8], _ file: String
  ) throws(ReplayError) {
    let (count, stride) = (part.end - part.first, records.stride)
    let (length, overflows) = count.multipliedReportingOverflow(by: stride)
    guard !overflows, bytes.count == length else {
      throw .damaged(file: file, reason: "its replay buffer has \(bytes.count) bytes for \(count) records")
    }
    records.restart(at: part.first)
    for index in 0..<count {
      guard records.hasRoom else { throw .shrunk(folder: file) }
      let record = records.append()
      bytes.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { record.copyMemory(from: base + index * stride, byteCount: stride) }
      }
    }
  }
}
