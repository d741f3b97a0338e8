import AVGCore
import Glibc

/// Makes a log whole that was cut off or damaged: what can be read is copied, record by record, and closed.
///
/// What it writes can be read by others too: every definition stands before all messages, and what no definition is
/// left of is left out.
public enum LogRepair {
  /// What was kept.
  public struct Report: Hashable, Sendable {
    /// Chunks copied.
    public internal(set) var chunkCount = 0
    /// Messages in them, and outside of any.
    public internal(set) var messageCount: UInt64 = 0
    /// Messages left out: they cannot be read, or their channel is nowhere defined.
    public internal(set) var leftOutMessageCount = 0
    /// Bytes that belong to no whole record.
    public internal(set) var lostByteCount = 0
    /// Where the first of these bytes lies; nil if there is none.
    public internal(set) var firstLostByte: Int?
    /// The log had been closed and nothing was amiss.
    public internal(set) var wasWhole = false
  }

  /// Puts a repaired log in the place of `path`, a link's target in that of the target; one that is whole stays as it is.
  public static func repair(_ path: String) throws(LogError) -> Report {
    if try LogSource(reading: path).isCompressed {
      throw .unsupported(
        file: path, what: "it is compressed as a whole",
        advice: "Name where to write the repaired log with --output.")
    }
    if let report = wholeReport(of: path) { return report }
    guard let resolved = realpath(path, nil) else {
      throw .system(file: path, action: "open the log", reason: String(cString: strerror(errno)))
    }
    let place = String(cString: resolved)
    free(resolved)
    let (output, report) = try repair(beside: place)
    guard rename(output, place) == 0 else {
      throw .system(
        file: path, action: "put \(output) in its place", reason: String(cString: strerror(errno)))
    }
    return report
  }

  /// Writes what is whole in `path` to `output`, which must not exist.
  ///
  /// A chunk whose checksum is wrong is left out; those behind it are kept.
  public static func repair(_ path: String, to output: String) throws(LogError) -> Report {
    let whole = wholeReport(of: path)
    var report = try salvage(path, try LogFile(creating: output))
    report.wasWhole = whole != nil
    return report
  }

  /// Writes what is whole in `path` to a new file beside it. One that an earlier repair left there is not touched.
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

  /// What to report of a log in which nothing is amiss, for this reader and for others; nil for any other.
  private static func wholeReport(of path: String) -> Report? {
    do throws(LogError) {
      var reader = try MCAPReader(reading: path)
      while try reader.next() != nil {}
      let summary = try SummarySection(of: reader.source)
      guard reader.ending == .closed, summary?.isSound != false,
        reader.channels.allSatisfy({ $0.value.schema == 0 || reader.schemas[$0.value.schema] != nil })
      else { return nil }
      // Others find chunks by the summary, and look up their channels there.
      if let summary, !summary.landmarks.isEmpty,
        !reader.messageCounts.keys.allSatisfy(summary.definitions.isUsable)
      {
        return nil
      }
      var report = Report()
      report.wasWhole = true
      report.chunkCount = reader.chunkCount
      report.messageCount = reader.messageCounts.values.reduce(0, +)
      return report
    } catch { return nil }
  }

  /// Everything that is defined anywhere in a file.
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
