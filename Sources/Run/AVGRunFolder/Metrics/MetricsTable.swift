import AVGSystem
import AVGTraining
import Foundation

/// The contents of `metrics.jsonl`, with any kind of line ending.
struct MetricsTable {
  /// The fields read from a line; numbers that are not finite are stored as null.
  struct Line: Decodable {
    var step: Int
    var time: Double
    private var `return`: Double?
    private var length: Double?
    private var success: Double?
    private var totals: [String: Double] = [:]

    private struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      step = try container.decode(Int.self, forKey: Name(stringValue: "step"))
      time = try container.decode(Double.self, forKey: Name(stringValue: "time"))
      for name in container.allKeys where name.stringValue.hasPrefix(MetricsTable.group) {
        let value = try container.decodeIfPresent(Double.self, forKey: name)
        switch name.stringValue.dropFirst(MetricsTable.group.count) {
        case "return": self.return = value
        case "length": length = value
        case "success": success = value
        case "successRate": break
        case let key: totals[String(key)] = value
        }
      }
    }

    /// The episode of the line; nil if the line does not contain its length.
    func record(episode: Int) -> EpisodeRecord? {
      guard let length = length.flatMap({ Int(exactly: $0) }), length > 0 else { return nil }
      return EpisodeRecord(
        step: step, episode: episode, length: length, return: self.return ?? .nan, success: success == 1,
        totals: totals)
    }
  }

  /// The prefix of the names of episode metrics.
  static let group = "episode/"

  /// The lines, each for a later step than the one before.
  private(set) var rows: [(text: String, line: Line)] = []
  /// The number, from 1, of the first invalid line.
  private(set) var damagedLine: Int?

  /// Reads the file at `path`; a missing file is empty.
  init(reading path: String) throws(FileError) {
    let (whole, rest) = try InputFile.lines(at: path)
    let decoder = JSONDecoder()
    for (index, text) in whole.enumerated() {
      if !append(text, decoder) { damagedLine = damagedLine ?? index + 1 }
    }
    // If the last line has no newline it may still be complete; half a line is not valid JSON.
    _ = append(rest, decoder)
  }

  /// Appends a line if it is for a later step.
  private mutating func append(_ text: String, _ decoder: JSONDecoder) -> Bool {
    guard let line = try? decoder.decode(Line.self, from: Data(text.utf8)),
      line.step > rows.last?.line.step ?? 0, EventFile.times.contains(line.time)
    else { return false }
    rows.append((text, line))
    return true
  }

  /// The episodes, provided that none can be missing: the file has no damage, and its steps agree with those in
  /// `table`.
  func episodes(agreeingWith table: EpisodeTable) -> [EpisodeRecord] {
    guard damagedLine == nil else { return [] }
    let records = rows.enumerated().compactMap { $1.line.record(episode: $0 + 1) }
    let agree = table.records.allSatisfy { other in
      !records.indices.contains(other.episode - 1) || records[other.episode - 1].step == other.step
    }
    return records.count == rows.count && agree ? records : []
  }
}
