public import AVGCore
public import AVGSystem
public import AVGTraining
import Glibc
public import Logging

/// The file `episodes.csv`: a row for each episode, passed to the system before the next step ends.
public struct EpisodeLog: ~Copyable {
  private let file: OutputFile
  private let measures: [Measure]

  /// Creates the file, which must not exist, with a header row.
  ///
  /// - Parameter measures: the task's measures; each has a column.
  public init(creating path: String, measures: [Measure] = []) throws(FileError) {
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Array((Self.header(measures) + "\n").utf8))
    self.file = file
    self.measures = measures
  }

  /// Continues the file after its first `episodeCount` episodes, and drops later ones: the run repeats everything after
  /// its checkpoint.
  ///
  /// Episodes missing from the file are restored from `metrics.jsonl`. A file with rows that are not episodes, or not
  /// in order, is kept under another name.
  ///
  /// - Parameters:
  ///   - metricsPath: the path of the run's `metrics.jsonl`.
  ///   - logger: receives a line for each thing that was lost or restored; nil for the program's.
  public init(
    resuming path: String, after episodeCount: Int, measures: [Measure] = [],
    metricsPath: String? = nil, logger: Logger? = nil
  ) throws(FileError) {
    let table = try EpisodeTable(reading: path, measures)
    var lines = table.lines(upTo: episodeCount)
    let lostCount = episodeCount - lines.count
    if lostCount > 0, let metricsPath {
      let metrics = try MetricsTable(reading: metricsPath)
      for record in metrics.episodes(agreeingWith: table) where record.episode <= episodeCount {
        lines[record.episode] = lines[record.episode] ?? Self.line(record, measures)
      }
    }
    let aside = table.damagedLine == nil ? nil : try AtomicFile.setAside(path)
    let text = lines.sorted { $0.key < $1.key }.map { $0.value + "\n" }.joined()
    try AtomicFile.write(Self.header(measures) + "\n" + text, to: path)
    file = try OutputFile(path: path, flags: O_APPEND)
    self.measures = measures
    let logger = logger ?? AVGSystem.logger
    if let line = table.damagedLine { logger.warning("\(path): line \(line) is not the next episode") }
    if lostCount > 0 {
      let missingCount = episodeCount - lines.count
      let restored = missingCount == 0 ? "all" : "\(lostCount - missingCount)"
      logger.warning(
        "\(path): \(lostCount) of \(episodeCount) episodes were missing; \(restored) were restored from metrics.jsonl"
      )
    }
    if let aside { logger.warning("\(path): the original file is now \(aside)") }
  }

  private static func header(_ measures: [Measure]) -> String {
    EpisodeTable.header + measures.map { "," + $0.column }.joined()
  }

  /// The episodes in the file at `path`; none if there is no file.
  ///
  /// - Parameters:
  ///   - measures: the task's measures, in the order of the last columns.
  ///   - logger: receives a line if the file contains anything else; nil for the program's.
  public static func episodes(
    in path: String, measures: [Measure] = [], logger: Logger? = nil
  ) throws(FileError) -> [EpisodeRecord] {
    let table = try EpisodeTable(reading: path, measures)
    if let line = table.damagedLine {
      (logger ?? AVGSystem.logger).notice(
        "\(path): line \(line) is not the next episode; such lines are skipped")
    }
    return table.records
  }

  /// Adds an episode.
  public func append(_ episode: EpisodeRecord) throws(FileError) {
    try file.write(Array((Self.line(episode, measures) + "\n").utf8))
  }

  private static func line(_ episode: EpisodeRecord, _ measures: [Measure]) -> String {
    // Rewards are Float, so more digits of their sum would be noise.
    let sum = Float(episode.return)
    let totals = measures.map { ",\(Float(episode.totals[$0.key] ?? 0))" }.joined()
    return "\(episode.step),\(episode.episode),\(episode.length),\(sum),\(episode.success ? 1 : 0)\(totals)"
  }

  /// Waits until all episodes have been written to the disk.
  public func synchronize() throws(FileError) { try file.synchronize() }
}

/// The contents of `episodes.csv`, with any kind of line ending.
struct EpisodeTable {
  /// The columns common to all tasks.
  static let header = "step,episode,length,return,success"
  /// No row is longer; longer ones are not parsed.
  private static let longestLine = 512

  /// The rows that are episodes, each later than the one before.
  private(set) var rows: [(line: String, record: EpisodeRecord)] = []
  /// The number, from 1, of the first line that is not the next episode.
  private(set) var damagedLine: Int?
  private let measures: [Measure]

  /// The episodes.
  var records: [EpisodeRecord] { rows.map(\.record) }

  /// Reads the file at `path`; a missing file is empty.
  init(reading path: String, _ measures: [Measure]) throws(FileError) {
    self.measures = measures
    let (whole, rest) = try InputFile.lines(at: path)
    for (index, line) in whole.enumerated() where index > 0 || !line.hasPrefix(Self.header) {
      if !append(line) { damagedLine = damagedLine ?? index + 1 }
    }
    // A last line without its newline may lack digits too, unless it ends with the single digit of `success`.
    if rest.utf8.count <= Self.longestLine, rest.contains(/^([^,]*,){4}[01]$/) { _ = append(rest) }
  }

  /// Appends a line if it is a later episode.
  private mutating func append(_ line: String) -> Bool {
    let last = rows.last?.record
    guard let record = record(line), record.episode > last?.episode ?? 0, record.step > last?.step ?? 0
    else { return false }
    rows.append((line, record))
    return true
  }

  /// The lines of the first `count` episodes, by episode number.
  func lines(upTo count: Int) -> [Int: String] {
    var lines: [Int: String] = [:]
    for row in rows where row.record.episode <= count { lines[row.record.episode] = row.line }
    return lines
  }

  private func record(_ line: String) -> EpisodeRecord? {
    guard line.utf8.count <= Self.longestLine else { return nil }
    let columns = line.split(separator: ",", omittingEmptySubsequences: false)
    guard columns.count >= 5, let step = Int(columns[0]), let episode = Int(columns[1]),
      let length = Int(columns[2]), let sum = Double(columns[3]), let success = Int(columns[4])
    else { return nil }
    let sums = columns.dropFirst(5).map { Double($0) ?? .nan }
    guard sums.count == measures.count || sums.isEmpty || measures.isEmpty, sums.allSatisfy(\.isFinite)
    else { return nil }
    let record = EpisodeRecord(
      step: step, episode: episode, length: length, return: sum, success: success != 0,
      totals: Dictionary(zip(measures.map(\.key), sums)) { first, _ in first })
    return record.isPossible ? record : nil
  }
}
