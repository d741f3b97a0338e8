import Foundation

/// An episode as recorded in a line of `metrics.jsonl`.
struct EarlierRecord: Decodable {
  let step, length: Int64
  let success: Double
  let episodeReturn, error, absoluteError, scale, entropy, value, stepsPerSecond: Float?

  private enum CodingKeys: String, CodingKey {
    case step
    case length = "episode/length"
    case success = "episode/success"
    case episodeReturn = "episode/return"
    case error = "learning/temporalDifferenceError"
    case absoluteError = "learning/absoluteTemporalDifferenceError"
    case scale = "learning/temporalDifferenceScale"
    case entropy = "learning/entropy"
    case value = "learning/value"
    case stepsPerSecond = "control/stepsPerSecond"
  }

  /// The number of bytes read from the end of the file, enough for about ten thousand episodes.
  private static let longestTail: UInt64 = 8 << 20

  /// The episodes at the end of the file; none if it cannot be read. Incomplete lines are skipped: the page only misses
  /// a point, and the code that reads the file to resume a run reports the damage.
  static func all(in path: String) -> [EarlierRecord] {
    guard let file = FileHandle(forReadingAtPath: path) else { return [] }
    defer { try? file.close() }
    let size = (try? file.seekToEnd()) ?? 0
    let start = size > longestTail ? size - longestTail : 0
    guard (try? file.seek(toOffset: start)) != nil, let bytes = try? file.read(upToCount: Int(longestTail))
    else {
      return []
    }
    let decoder = JSONDecoder()
    return bytes.split(separator: 10).compactMap { try? decoder.decode(EarlierRecord.self, from: $0) }
  }
}
