public import AVGCore
public import AVGSystem
public import AVGTraining
import Glibc
public import Logging

/// The file `episodes.csv`: a line for each episode, on its way to the disk before the next step is done.
public struct EpisodeLog: ~Copyable {
  private let file: OutputFile
  private let measures: [Measure]

  /// Begins the file, which must not exist, with the names of the columns.
  ///
  /// - Parameter measures: what the task measures; each has a column of its own.
  public init(creating path: String, measures: [Measure] = []) throws(FileError) {
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Array((Self.header(measures) + "\n").utf8))
    self.file = file
    self.measures = measures
  }

  /// Goes on with the file behind its first `episodeCount` episodes: what came after the checkpoint comes again.
  ///
  /// Of episodes that the file has lost, `metrics.jsonl` tells. A file with lines that are no episodes, or not in their
  /// order, is kept under another name.
  ///
  /// - Parameters:
  ///   - metricsPath: the run's `metrics.jsonl`.
  ///   - logger: is told, in a line, what was lost and found again; nil for the one of all parts.
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
      let found = missingCount == 0 ? "all" : "\(lostCount - missingCount)"
      logger.warning(
        "\(path): \(lostCount) of \(episodeCount) episodes were missing; \(found) are written again from metrics.jsonl"
      )
    }
    if let aside { logger.warning("\(path): the file as it was is now \(aside)") }
  }

  private static func header(_ measures: [Measure]) -> String {
    EpisodeTable.header + measures.map { "," + $0.column }.joined()
  }

  /// The episodes in the file at `path`; none where there is no file.
  ///
  /// - Parameters:
  ///   - measures: what the task measures, in the order of the file's last columns.
  ///   - logger: is told, in a line, of a file that holds something else too; nil for the one of all parts.
  public static func episodes(
    in path: String, measures: [Measure] = [], logger: Logger? = nil
  ) throws(FileError) -> [EpisodeRecord] {
    let table = try EpisodeTable(reading: path, measures)
    if let line = table.damagedLine {
      (logger ?? AVGSystem.logger).notice(
        "\(path): line \(line) is not the next episode; lines like that are left out")
    }
    return table.records
  }

  /// Adds an episode.
  public func append(_ episode: EpisodeRecord) throws(FileError) {
    try file.write(Array((Self.line(episode, measures) + "\n").utf8))
  }

  private static func line(_ episode: EpisodeRecord, _ measures: [Measure]) -> String {
    // Rewards are Float: more digits of their sum would be noise.
    let sum = Float(episode.return)
    let totals = measures.map { ",\(Float(episode.totals[$0.key] ?? 0))" }.joined()
    return "\(episode.step),\(episode.episode),\(episode.length),\(sum),\(episode.success ? 1 : 0)\(totals)"
  }

  /// Waits until the disk has every episode.
  public func synchronize() throws(FileError) { try file.synchronize() }
}

/// What `episodes.csv` holds, whichever way its lines end.
struct EpisodeTable {
  /// The names of the columns that every task has.
  static let header = "step,episode,length,return,success"
  /// No episode takes more bytes; what is longer need not be looked through.
  private static let longestLine = 512

  /// The lines that are episodes, in their order: each later than the one before.
  private(set) var rows: [(line: String, record: EpisodeRecord)] = []
  /// The number, from 1, of the first line that is something else.
  private(set) var damagedLine: Int?
  private let measures: [Measure]

  /// The episodes.
  var records: [EpisodeRecord] { rows.map(\.record) }

  /// Reads the file at `path`; nothing where there is none.
  init(reading path: String, _ measures: [Measure]) throws(FileError) {
    self.measures = measures
    let (whole, rest) = try InputFile.lines(at: path)
    for (index, line) in whole.enumerated() where index > 0 || !line.hasPrefix(Self.header) {
      if !append(line) { damagedLine = damagedLine ?? index + 1 }
    }
    // A line that lacks its end may lack digits too, but not behind the one of `success`.
    if rest.utf8.count <= Self.longestLine, rest.contains(/^([^,]*,){4}[01]$/) { _ = append(rest) }
  }

  /// Takes in a line, if it is a later episode.
  private mutating func append(_ line: String) -> Bool {
    let last = rows.last?.record
    guard let record = record(line), record.episode > last?.episode ?? 0, record.step > last?.step ?? 0
    else { return false }
    rows.append((line, record))
    return true
  }

  /// The lines of the first `count` episodes, by their numbers.
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
