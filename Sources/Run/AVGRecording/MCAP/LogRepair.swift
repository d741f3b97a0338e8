import AVGSystem
import Glibc

/// Repair of a truncated or damaged log: everything readable is copied, record by record, to a new closed file.
///
/// Strict readers can read the result too: all definitions come before all messages, and messages and channels whose
/// definitions are lost are dropped.
public enum LogRepair {
  /// A report of what was kept.
  public struct Report: Hashable, Sendable {
    /// Chunks copied.
    public internal(set) var chunkCount = 0
    /// Messages in these chunks and outside of chunks.
    public internal(set) var messageCount: UInt64 = 0
    /// Messages dropped because they cannot be read or their channel is not defined anywhere.
    public internal(set) var droppedMessageCount = 0
    /// Bytes outside of intact records.
    public internal(set) var lostByteCount = 0
    /// The position of the first such byte; nil if there is none.
    public internal(set) var firstLostByte: Int?
    /// The log was closed and undamaged.
    public internal(set) var wasIntact = false
  }

  /// Replaces the log at `path`, or the target of a link there, by a repaired one; an intact log is not changed.
  public static func repair(_ path: String) throws(LogError) -> Report {
    if try LogSource(reading: path).isCompressed {
      throw .unsupported(
        file: path, what: "it is compressed as a whole",
        advice: "Name a file for the repaired log with --output.")
    }
    if let report = intactReport(of: path) { return report }
    guard let resolved = realpath(path, nil) else {
      throw .system(file: path, action: "open the log", reason: String(cString: strerror(errno)))
    }
    let place = String(cString: resolved)
    free(resolved)
    let (output, report) = try repair(beside: place)
    do throws(FileError) { try AtomicFile.replace(place, with: output) } catch {
      throw .system(
        file: path, action: "replace it with \(output)", reason: String(cString: strerror(error.code)))
    }
    return report
  }

  /// Writes the intact parts of the log at `path` to `output`, which must not exist.
  ///
  /// A chunk with a wrong checksum is dropped; later chunks are kept.
  public static func repair(_ path: String, to output: String) throws(LogError) -> Report {
    let whole = intactReport(of: path)
    var report = try salvage(path, try LogFile(creating: output))
    report.wasIntact = whole != nil
    return report
  }

  /// Writes the intact parts to a new file next to the log, without overwriting one from an earlier repair.
  private static func repair(beside path: String) throws(LogError) -> (output: String, Report) {
    var number = 1
    while true {
      let output = path + ".repaired" + (number == 1 ? "" : "-\(number)")
      var status = stat()
      if lstat(output, &status) != 0 || number == 1000 {
        return (output, try salvage(path, try LogFile(creating: output)))
      }
      number += 1
    }
  }

  private static func salvage(_ path: String, _ target: consuming LogFile) throws(LogError) -> Report {
    let output = target.path
    do throws(LogError) {
      let source = try LogSource(reading: path)
      guard try source.read(MCAP.magic.count, at: 0) == MCAP.magic else { throw .foreign(file: path) }
      let summary = try SummarySection(of: source)
      var salvage = LogSalvage(to: target, try definitions(of: source, summary))
      return try salvage.copy(source, summary)
    } catch {
      unlink(output)
      throw error
    }
  }

  /// The report for a log that is intact, for this reader and for others; nil for any other log.
  private static func intactReport(of path: String) -> Report? {
    do throws(LogError) {
      var reader = try MCAPReader(reading: path)
      while try reader.next() != nil {}
      let summary = try SummarySection(of: reader.source)
      guard reader.ending == .closed, summary?.isValid != false,
        reader.channels.allSatisfy({ $0.value.schema == 0 || reader.schemas[$0.value.schema] != nil })
      else { return nil }
      // Other readers find chunks through the summary, and look up channels there.
      if let summary, !summary.recordOffsets.isEmpty,
        !reader.messageCounts.keys.allSatisfy(summary.definitions.isUsable)
      {
        return nil
      }
      var report = Report()
      report.wasIntact = true
      report.chunkCount = reader.chunkCount
      report.messageCount = reader.messageCounts.values.reduce(0, +)
      return report
    } catch { return nil }
  }

  /// All definitions found anywhere in a file.
  private static func definitions(
    of source: borrowing LogSource, _ summary: SummarySection?
  ) throws(LogError) -> MCAPDefinitions {
    if let summary, summary.isComplete { return summary.definitions }
    var definitions = MCAPDefinitions()
    if let summary, summary.isTrusted { definitions = summary.definitions }
    var walk = RecordWalk(source, summary)
    while let step = try walk.next(in: source) {
      guard case .record(let opcode, let range) = step, let kind = MCAP.Opcode(rawValue: opcode),
        [.schema, .channel, .chunk].contains(kind)
      else { continue }
      guard MCAPReader.isReadable(kind, byteCount: range.count) else { continue }
      let record = try source.read(range.count, at: range.lowerBound)
      if kind == .chunk {
        ChunkSalvage.forEachDefinition(in: record, file: source.name) { definitions.add($0, $1) }
      } else {
        definitions.add(kind, Array(record[MCAP.recordHeaderLength...]))
      }
    }
    if let summary { definitions.add(summary.definitions) }
    return definitions
  }
}
