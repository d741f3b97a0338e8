import AVGCore
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRecording

/// Logs with malicious numbers: the damage is reported, in bounded time and memory.
@Suite("Hostile logs")
struct HostileLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file of these records, closed by a footer with this `summaryStart`.
  private func file(_ records: ByteBuffer, summaryStart: UInt64 = 0) -> [UInt8] {
    var file = ByteBuffer()
    file.append(MCAP.magic)
    file.append(records.bytes)
    file.append(record: .footer) { fields in
      fields.append(integer: summaryStart)
      fields.append(integer: UInt64(0))
      fields.append(integer: UInt32(0))
    }
    file.append(MCAP.magic)
    return file.bytes
  }

  private func header() -> ByteBuffer {
    var records = ByteBuffer()
    records.append(record: .header) { fields in
      fields.append(text: "")
      fields.append(text: "test")
    }
    return records
  }

  /// A closed file whose summary lists chunks at `offsets`.
  private func file(chunksAt offsets: [UInt64]) -> [UInt8] {
    var records = header()
    records.append(record: .dataEnd) { $0.append(integer: UInt32(0)) }
    let start = MCAP.magic.count + records.count
    for offset in offsets {
      records.append(record: .chunkIndex) { fields in
        for value in [0, 0, offset, UInt64.max] { fields.append(integer: value) }
        fields.append(integer: UInt32(0))
        fields.append(integer: UInt64.max)
        fields.append(text: "")
        fields.append(integer: UInt64.max)
        fields.append(integer: UInt64.max)
      }
    }
    return file(records, summaryStart: UInt64(start))
  }

  /// Reads a file to its end, and repairs it.
  private func read(_ bytes: [UInt8]) throws -> (summary: LogSummary?, report: LogRepair.Report) {
    try folder.write(bytes, to: "hostile.mcap")
    let output = folder.path + "/repaired.mcap"
    defer { try? FileManager.default.removeItem(atPath: output) }
    let report = try LogRepair.repair(folder.path + "/hostile.mcap", to: output)
    _ = try LogSummary(reading: output)
    return (try? LogSummary(reading: folder.path + "/hostile.mcap"), report)
  }

  @Test(
    "a chunk index that points beyond the file is reported",
    arguments: [1 << 63, .max, (1 << 63) - 1, 1 << 32] as [UInt64])
  func indexBeyondTheFile(offset: UInt64) throws {
    #expect(try read(file(chunksAt: [offset])).summary == nil)
  }

  @Test("a summary that lists 60,000 chunks in reverse order is sorted quickly")
  func manyChunkIndexes() throws {
    let bytes = file(chunksAt: (0..<60_000).map { UInt64(1_000_000_000 - $0) })
    let start = ContinuousClock.now
    #expect(try read(bytes).summary == nil)
    // This once took more than 20 s.
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("a log with all 65,536 schema and channel IDs is repaired")
  func manyDefinitions() throws {
    var records = header()
    for number in 0...UInt16.max {
      records.append(MCAPRecord.schema(number, name: "a", encoding: "", data: []).bytes)
      records.append(MCAPRecord.channel(number, schema: 0, topic: "a", encoding: "").bytes)
    }
    records.append(record: .dataEnd) { $0.append(integer: UInt32(0)) }
    let (summary, report) = try read(file(records))
    #expect(summary?.topics.count == 65_536 && report.messageCount == 0)
  }

  @Test("a chunk that claims more than fits into memory is refused before allocating")
  func largeClaims() throws {
    for size in [UInt64(1 << 30), 1 << 40, .max] {
      var records = header()
      records.append(record: .chunk) { fields in
        for value in [0, 0, size] { fields.append(integer: value) }
        fields.append(integer: UInt32(0))
        fields.append(text: "zstd")
        fields.append(integer: UInt64(4))
        fields.append([0x28, 0xB5, 0x2F, 0xFD])
      }
      records.append(record: .dataEnd) { $0.append(integer: UInt32(0)) }
      try folder.write(file(records), to: "claim.mcap")
      #expect {
        _ = try LogSummary(reading: folder.path + "/claim.mcap")
      } throws: { "\($0)".contains("claims to hold \(size) bytes") }
    }
  }

  @Test("20 MB of zeros are dropped quickly")
  func zeros() throws {
    let start = ContinuousClock.now
    let report = try read(MCAP.magic + [UInt8](repeating: 0, count: 20_000_000)).report
    #expect(report.lostByteCount == 20_000_000 && report.messageCount == 0)
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("an image of 40,000 pixels a side fits into an AVI header")
  func largeVideo() throws {
    let path = folder.path + "/video.avi"
    var video = try AVIWriter(creating: path, width: 40_000, height: 40_000, microsecondsPerFrame: 45_000)
    try video.append([1, 2, 3])
    try video.close()
    #expect(try folder.bytes("video.avi").count > 224)
    #expect(throws: LogError.self) {
      _ = try AVIWriter(creating: path + "2", width: 65_536, height: 1, microsecondsPerFrame: 1)
    }
  }

  @Test("counts that no run can reach are damage", arguments: [UInt64(bitPattern: -1), 1 << 63, 1 << 62])
  func impossibleCounts(count: UInt64) throws {
    let path = folder.path + "/counts-\(count).mcap"
    let writer = try MCAPWriter(creating: path, library: "avg-vision")
    let schema = writer.addSchema(name: LogSchemas.outcome.name, encoding: "protobuf", data: [])
    let channel = writer.addChannel(topic: "/outcome", schema: schema, encoding: "protobuf")
    try writer.write(channel: channel, sequence: 0, time: 1, room: 64) { $0.append(field: 8, count) }
    try writer.close()
    var reader = try FrameLogReader(reading: path)
    do {
      while try reader.next() != nil {}
      Issue.record("\(count) missed cycles were accepted")
    } catch {
      #expect("\(error)".contains("missed_cycles"), "\(error)")
    }
  }
}
