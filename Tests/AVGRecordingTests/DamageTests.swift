import AVGCore
import AVGSystem
import AVGCreate2
import AVGTestSupport
import Testing

@testable import AVGRecording

/// Logs that were cut off, and logs with flipped bits.
@Suite("Damaged logs")
struct DamageTests {
  private let folder: TemporaryFolder
  private let path: String
  private let whole: [UInt8]
  private let content: Content

  /// The comparable contents of a log.
  private struct Content: Equatable {
    var topics: [String] = []
    var data: [[UInt8]] = []
    var others: [String] = []
  }

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/run.mcap"
    let writer = try MCAPWriter(creating: path, library: "avg-vision test", chunkCapacity: 700)
    try writer.add(metadata: "avg-vision", [("configuration", "agent:\n  discount: 0.99\n")])
    try writer.add(attachment: "start", mediaType: "x", time: 1, [UInt8](repeating: 7, count: 300))
    let schema = writer.addSchema(
      name: "a.B", encoding: "protobuf", data: LogSchemas.action(sent: WheelSpeeds.logName).descriptorSet)
    let channels = [
      writer.addChannel(topic: "/a", schema: schema, encoding: "protobuf"),
      writer.addChannel(topic: "/b", schema: schema, encoding: "protobuf"),
    ]
    for index in 0..<60 {
      try writer.write(
        channel: channels[index % 2], sequence: UInt32(index), time: UInt64(index) * 1000, room: 60
      ) { $0.append([UInt8](repeating: UInt8(index), count: 40 + index % 20)) }
    }
    try writer.add(attachment: "end", mediaType: "x", time: 2, [8, 9])
    try writer.close()
    whole = try folder.bytes("run.mcap")
    content = try Self.read(whole).content
  }

  private static func read(
    _ bytes: [UInt8]
  ) throws(LogError) -> (content: Content, ending: MCAPReader.Ending?, chunks: Int) {
    var reader = try MCAPReader(LogSource(bytes, name: "run.mcap"))
    var content = Content()
    while let item = try reader.next() {
      switch item {
      case .message(let message):
        content.topics.append(reader.channels[message.channel]?.topic ?? "")
        content.data.append(message.data)
      case .metadata(let name, let entries): content.others.append("\(name) \(entries)")
      case .attachment(let name, _, _, let range):
        content.others.append("\(name) \(try reader.data(at: range))")
      }
    }
    return (content, reader.ending, reader.chunkCount)
  }

  @Test("an intact log is closed and has several chunks")
  func isClosed() throws {
    let read = try Self.read(whole)
    #expect(read.ending == .closed && read.chunks > 4)
    #expect(content.data.count == 60 && content.others.count == 3)
  }

  @Test("a flipped bit anywhere is reported with its position, or does not change what is read")
  func flippedBits() throws {
    var random = RandomSource(seed: 1, purpose: "bits")
    var found = 0
    for _ in 0..<1000 {
      let place = Int(random.next() % UInt64(whole.count))
      var bytes = whole
      bytes[place] ^= 1 << UInt8(random.next() % 8)
      do throws(LogError) {
        let read = try Self.read(bytes)
        if read.ending == .closed { #expect(read.content == content, "byte \(place)") } else { found += 1 }
      } catch {
        found += 1
        if case .damaged(_, let byte, _, _) = error {
          // The reported position is that of the record with the flipped bit, or before it.
          #expect(byte <= place, "byte \(place): \(error)")
        } else {
          #expect(place < MCAP.magic.count, "byte \(place): \(error)")
        }
      }
    }
    #expect(found > 950)
  }

  @Test("a log cut off at any length is readable up to its last complete chunk, and repair closes it there")
  func cutOff() throws {
    var random = RandomSource(seed: 2, purpose: "lengths")
    let first = MCAP.magic.count
    for trial in 0..<200 {
      let length = first + Int(random.next() % UInt64(whole.count - first))
      let bytes = Array(whole[..<length])
      let read = try Self.read(bytes)
      guard case .cutOff(let byte)? = read.ending else {
        Issue.record("length \(length): \(String(describing: read.ending))")
        continue
      }
      #expect(byte <= length)
      #expect(content.data.starts(with: read.content.data))
      // No complete chunk is dropped: the next one extends beyond the end.
      let (chunks, messages) = Self.completeChunks(of: whole, within: length)
      #expect(read.chunks == chunks && read.content.data.count == messages)

      try folder.write(bytes, to: "cut-\(trial).mcap")
      let repaired = "repaired-\(trial).mcap"
      _ = try LogRepair.repair(folder.path + "/cut-\(trial).mcap", to: folder.path + "/" + repaired)
      let again = try Self.read(try folder.bytes(repaired))
      #expect(again.ending == .closed)
      #expect(again.content == read.content)
    }
  }

  /// Counts the chunks of `bytes` that end within the first `length`, and their messages.
  private static func completeChunks(of bytes: [UInt8], within length: Int) -> (chunks: Int, messages: Int) {
    var cursor = ByteCursor(bytes, from: MCAP.magic.count, to: length)
    var (chunks, messages) = (0, 0)
    while let opcode = cursor.integer(UInt8.self), let size = cursor.length64(),
      let record = cursor.bytes(size)
    {
      guard opcode == MCAP.Opcode.chunk.rawValue else { continue }
      chunks += 1
      var inner = ByteCursor(record, from: Int(MCAPReader.chunkHeaderLength))
      while let opcode = inner.integer(UInt8.self), let size = inner.length64(), inner.bytes(size) != nil {
        if opcode == MCAP.Opcode.message.rawValue { messages += 1 }
      }
    }
    return (chunks, messages)
  }

  @Test("repair drops a damaged chunk and keeps later ones")
  func dropsAChunk() throws {
    var bytes = whole
    bytes[whole.count / 2] ^= 1
    #expect(throws: LogError.self) { try Self.read(bytes) }
    try folder.write(bytes, to: "damaged.mcap")
    let report = try LogRepair.repair(folder.path + "/damaged.mcap", to: folder.path + "/repaired.mcap")
    let read = try Self.read(try folder.bytes("repaired.mcap"))
    #expect(report.lostByteCount > 0 && !report.wasIntact)
    #expect(read.ending == .closed && read.content.others == content.others)
    #expect(read.content.data.count < 60 && read.content.data.count > 40)
    #expect(read.content.data.last == content.data.last)
  }

  @Test("files other than MCAP are refused as such")
  func foreign() {
    for bytes in [[], [UInt8](repeating: 0, count: 100), Array(MCAP.magic.dropLast())] {
      #expect(throws: LogError.foreign(file: "run.mcap")) { try Self.read(bytes) }
    }
  }

  @Test("arbitrary bytes after the magic give an error or a position, not a crash")
  func arbitraryBytes() {
    var random = RandomSource(seed: 3, purpose: "noise")
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<20 {
        bytes[MCAP.magic.count + Int(random.next() % UInt64(whole.count - MCAP.magic.count))] = UInt8(
          truncatingIfNeeded: random.next())
      }
      if random.next() % 2 == 0 { bytes.removeLast(Int(random.next() % UInt64(whole.count - 8))) }
      _ = try? Self.read(bytes)
    }
  }
}
