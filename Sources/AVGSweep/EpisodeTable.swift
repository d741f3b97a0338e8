public import AVGTraining
import Foundation

/// Reads the file `episodes.csv` of a run.
public enum EpisodeTable {
  /// The episodes in the file at `path`, in order.
  ///
  /// - Throws: `SweepError.episodes` where a line is none.
  public static func read(_ path: String) throws(SweepError) -> [EpisodeRecord] {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw .unreadable(path: path, reason: error.localizedDescription)
    }
    let lines = text.split(separator: "\n")
    var records: [EpisodeRecord] = []
    records.reserveCapacity(lines.count)
    for (index, line) in lines.enumerated().dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count >= 5, let step = Int(cells[0]), let episode = Int(cells[1]),
        let length = Int(cells[2]),
        let sum = Double(cells[3]), cells[4] == "0" || cells[4] == "1",
        let distance = cells.count > 5 ? Double(cells[5]) : 0
      else { throw .episodes(path: path, line: index + 1) }
      records.append(
        EpisodeRecord(
          step: step, episode: episode, length: length, return: sum, success: cells[4] == "1",
          distanceMillimeters: distance))
    }
    return records
  }
}

/// What can go wrong with a study's files.
public enum SweepError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file could not be read.
  case unreadable(path: String, reason: String)
  /// A line of `episodes.csv` is no episode.
  case episodes(path: String, line: Int)
  /// A report of `evaluate` is none.
  case evaluation(path: String)
  /// A folder holds a run that this study would not make.
  case foreignRun(folder: String)

  /// The file, what failed, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason). Check that the run has ended."
    case .episodes(let path, let line): "\(path):\(line): no episode. Take the file as the run left it."
    case .evaluation(let path): "\(path): no report of an evaluation. Delete it; the study makes it again."
    case .foreignRun(let folder):
      "\(folder): holds a run of another configuration. Move it away, or give another folder with --output."
    }
  }
}
