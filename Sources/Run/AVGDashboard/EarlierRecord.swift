import Foundation

/// An episode as a line of `metrics.jsonl` tells of it.
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

  /// How much of a file is read, from its end: some ten thousand episodes.
  private static let longestTail: UInt64 = 8 << 20

  /// The episodes at the end of the file; none where it cannot be read. A line that is not whole is passed over: the
  /// page goes without a point, and what reads the file for learning says what is amiss.
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
