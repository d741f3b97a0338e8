import AVGCore
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRecording

/// Repair of logs whose definitions, names or headers are damaged.
@Suite("Log repair")
struct RepairTests {
  private let folder: TemporaryFolder
  private let whole: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    let writer = try MCAPWriter(creating: folder.path + "/whole.mcap", library: "test", chunkCapacity: 700)
    let schema = writer.addSchema(name: "a.B", encoding: "protobuf", data: [1, 2, 3])
    let channels = ["/first", "/second"].map {
      writer.addChannel(topic: $0, schema: schema, encoding: "protobuf")
    }
    for index in 0..<60 {
      try writer.write(
        channel: channels[index % 2], sequence: UInt32(index), time: UInt64(index) * 1000, room: 60
      ) { $0.append([UInt8](repeating: UInt8(index), count: 40)) }
    }
    try writer.close()
    whole = try folder.bytes("whole.mcap")
  }

  /// The position of `text` in the log.
  private func place(of text: String, in bytes: [UInt8]) throws -> Int {
    let pattern = Array(text.utf8)
    return try #require(bytes.indices.first { bytes[$0...].starts(with: pattern) })
  }

  /// Repairs `bytes` and reads the result to its end.
  private func repaired(_ bytes: [UInt8]) throws -> (report: LogRepair.Report, summary: LogSummary) {
    try folder.write(bytes, to: "damaged.mcap")
    let output = folder.path + "/repaired.mcap"
    let report = try LogRepair.repair(folder.path + "/damaged.mcap", to: output)
    let summary = try LogSummary(reading: output)
    #expect(summary.cutOffByte == nil)
    #expect(summary.topics.reduce(0) { $0 + $1.messageCount } == Int(report.messageCount))
    // A repaired log needs no repair.
    #expect(try LogRepair.repair(output, to: output + ".again").wasIntact)
    try FileManager.default.removeItem(atPath: output)
    try FileManager.default.removeItem(atPath: output + ".again")
    return (report, summary)
  }

  @Test("definitions of a damaged chunk are recovered from the summary")
  func definitionsOfTheSummary() throws {
    var bytes = whole
    bytes[try place(of: "/first", in: whole)] ^= 1
    let (report, summary) = try repaired(bytes)
    #expect(report.messageCount > 40 && report.messageCount < 60 && report.lostByteCount > 500)
    #expect(report.droppedMessageCount == 0)
    #expect(summary.topics.map(\.name) == ["/first", "/second"])
  }

  @Test("messages of undefined channels are dropped and counted")
  func undefined() throws {
    var bytes = Array(whole[..<(whole.count - 100)])
    // Without its footer the file counts as cut off, and its summary is not found.
    bytes[try place(of: "/first", in: whole)] ^= 1
    let (report, summary) = try repaired(bytes)
    #expect(report.messageCount == 0 && report.droppedMessageCount > 40)
    #expect(summary.topics.isEmpty)
  }

  @Test(
    "a topic that is not UTF-8, in a chunk without a checksum, is dropped with its messages; others are kept"
  )
  func invalidText() throws {
    var record = ByteBuffer()
    record.append(MCAP.magic)
    record.append(record: .header) {
      $0.append(text: "")
      $0.append(text: "test")
    }
    var chunk = ByteBuffer()
    for (number, topic) in [(1, [0xFF, 0xFE]), (2, Array("/ok".utf8))] as [(UInt16, [UInt8])] {
      chunk.append(record: .channel) { fields in
        fields.append(integer: number)
        fields.append(integer: UInt16(0))
        fields.append(integer: UInt32(topic.count))
        fields.append(topic)
        fields.append(text: "json")
        fields.append(map: [])
      }
    }
    for index in 0..<6 {
      chunk.append(record: .message) { fields in
        fields.append(integer: UInt16(1 + index % 2))
        fields.append(integer: UInt32(index))
        for _ in 0..<2 { fields.append(integer: UInt64(index)) }
        fields.append([1, 2, 3])
      }
    }
    record.append(record: .chunk) { fields in
      fields.append(integer: UInt64(0))
      fields.append(integer: UInt64(5))
      fields.append(integer: UInt64(chunk.count))
      fields.append(integer: UInt32(0))
      fields.append(text: "")
      fields.append(integer: UInt64(chunk.count))
      fields.append(chunk.bytes)
    }
    let (report, summary) = try repaired(record.bytes)
    #expect(report.messageCount == 3 && report.droppedMessageCount == 3)
    #expect(summary.topics.map(\.name) == ["/ok"])
  }

  @Test("after a record with a wrong length, repair continues at the next chunk in the summary")
  func goesOnAtTheNextChunk() throws {
    let chunks = whole.indices.filter { whole[$0] == MCAP.Opcode.chunk.rawValue }
    // The header of a chunk, recognised by its small length.
    let first = try #require(chunks.first { whole[($0 + 2)..<($0 + 9)].allSatisfy { $0 <= 4 } })
    var bytes = whole
    bytes[first + 5] = 0x7F
    let (report, summary) = try repaired(bytes)
    #expect(report.messageCount > 40 && report.lostByteCount > 500)
    #expect(summary.topics.count == 2)
  }

  @Test("a damaged header is replaced")
  func header() throws {
    var bytes = whole
    bytes[MCAP.magic.count] = 0x55
    let (report, summary) = try repaired(bytes)
    #expect(report.messageCount == 60 && summary.library.hasPrefix("avg-vision"))
  }

  @Test("repair in place leaves an earlier repair's file alone, and keeps a link a link")
  func leftovers() throws {
    let path = folder.path + "/log.mcap"
    try folder.write(Array(whole[..<(whole.count / 2)]), to: "log.mcap")
    try folder.write([7], to: "log.mcap.repaired")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.mcap", withDestinationPath: "log.mcap")
    let report = try LogRepair.repair(folder.path + "/link.mcap")
    #expect(!report.wasIntact && report.messageCount > 20)
    #expect(try folder.bytes("log.mcap.repaired") == [7])
    #expect(try LogSummary(reading: path).cutOffByte == nil)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path + "/link.mcap") == "log.mcap")
    let bytes = try folder.bytes("log.mcap")
    #expect(try LogRepair.repair(path).wasIntact)
    #expect(try folder.bytes("log.mcap") == bytes)
  }

  @Test(
    "fields that a later format adds to the end of a record are ignored",
    arguments: [
      MCAP.Opcode.header, .schema, .channel, .attachment, .metadata, .messageIndex, .chunkIndex, .statistics,
    ])
  func laterFields(kind: MCAP.Opcode) throws {
    func extended(_ record: ByteBuffer) -> [UInt8] {
      guard record.bytes[0] == kind.rawValue else { return record.bytes }
      var longer = record
      longer.append([1, 2, 3, 4])
      longer.overwrite(integer: UInt64(longer.count - MCAP.recordHeaderLength), at: 1)
      return longer.bytes
    }
    func record(_ opcode: MCAP.Opcode, _ fields: (inout ByteBuffer) -> Void) -> [UInt8] {
      var record = ByteBuffer()
      record.append(record: opcode, fields)
      return extended(record)
    }
    let definitions =
      extended(MCAPRecord.schema(1, name: "a", encoding: "protobuf", data: [1]))
      + extended(MCAPRecord.channel(1, schema: 1, topic: "/a", encoding: "protobuf"))
    var file = ByteBuffer()
    file.append(MCAP.magic)
    file.append(
      record(.header) {
        $0.append(text: "")
        $0.append(text: "test")
      })
    let message = record(.message) { fields in
      fields.append(integer: UInt16(1))
      fields.append([UInt8](repeating: 0, count: 20))
    }
    let chunkStart = UInt64(file.count)
    let records = definitions + message
    file.append(record: .chunk) { fields in
      for value in [0, 0, UInt64(records.count)] { fields.append(integer: value) }
      fields.append(integer: CRC32.of(records))
      fields.append(text: "")
      fields.append(integer: UInt64(records.count))
      fields.append(records)
    }
    let chunkLength = UInt64(file.count) - chunkStart
    let indexStart = UInt64(file.count)
    file.append(
      record(.messageIndex) { fields in
        fields.append(integer: UInt16(1))
        fields.append(integer: UInt32(16))
        fields.append(integer: UInt64(0))
        fields.append(integer: UInt64(definitions.count))
      })
    let indexLength = UInt64(file.count) - indexStart
    file.append(extended(MCAPRecord.attachment("b", mediaType: "c", time: 1, [5, 6])))
    file.append(extended(MCAPRecord.metadata("d", [("e", "f")])))
    let checksum = CRC32.of(file.bytes)
    file.append(record: .dataEnd) { $0.append(integer: checksum) }
    let start = UInt64(file.count)
    var summary = ByteBuffer()
    summary.append(definitions)
    summary.append(
      record(.statistics) { fields in
        fields.append(integer: UInt64(1))
        fields.append(integer: UInt16(1))
        for value in [1, 1, 1, 1] as [UInt32] { fields.append(integer: value) }
        fields.append([UInt8](repeating: 0, count: 16))
        fields.append(integer: UInt32(0))
      })
    summary.append(
      record(.chunkIndex) { fields in
        for value in [0, 0, chunkStart, chunkLength] { fields.append(integer: value) }
        fields.append(integer: UInt32(10))
        fields.append(integer: UInt16(1))
        fields.append(integer: indexStart)
        fields.append(integer: indexLength)
        fields.append(text: "")
        for _ in 0..<2 { fields.append(integer: UInt64(records.count)) }
      })
    summary.append(MCAP.Opcode.footer.rawValue)
    summary.append(integer: UInt64(MCAP.footerLength))
    summary.append(integer: start)
    summary.append(integer: UInt64(0))
    summary.append(integer: CRC32.of(summary.bytes))
    file.append(summary.bytes)
    file.append(MCAP.magic)
    try folder.write(file.bytes, to: "extended.mcap")
    let read = try LogSummary(reading: folder.path + "/extended.mcap")
    #expect(read.topics.map(\.messageCount) == [1] && read.attachments.map(\.name) == ["b"])
    #expect(read.metadata.map(\.name) == ["d"])
    #expect(try LogRepair.repair(folder.path + "/extended.mcap", to: folder.path + "/copy.mcap").wasIntact)
    #expect(try LogSummary(reading: folder.path + "/copy.mcap").topics == read.topics)
  }
}
