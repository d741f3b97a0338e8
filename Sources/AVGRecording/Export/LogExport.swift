import AVGCore
import AVGImaging
import Foundation

/// Takes a log apart into files that other programs read.
public enum LogExport {
  /// What the images become.
  public enum ImageFormat: String, CaseIterable, Sendable {
    /// The frames that the agent saw.
    case png
    /// The camera's own bytes where they are JPEG images, else the frames.
    case jpeg
  }

  /// Writes each image as `NNNNNN.png` or `.jpg` into a folder that exists.
  ///
  /// - Returns: how many there are.
  public static func writeImages(of log: String, as format: ImageFormat, to folder: String) throws -> Int {
    var images = try ImageLog(reading: log)
    var converter = try Converter(log: log)
    var count = 0
    while let entry = try images.next() {
      let digits = String(count)
      let name = folder + "/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      switch format {
      case .png: try PNG.write(try converter.frame(entry), to: name + ".png")
      case .jpeg: try Data(converter.jpeg(entry)).write(to: URL(filePath: name + ".jpg"))
      }
      count += 1
    }
    return count
  }

  /// Writes the images as an AVI film, which must not exist.
  ///
  /// - Returns: how many there are.
  public static func writeFilm(of log: String, to path: String) throws -> Int {
    var images = try ImageLog(reading: log)
    var converter = try Converter(log: log)
    let period = try framePeriod(of: log)
    guard let first = try images.next() else { return 0 }
    var jpeg = try converter.jpeg(first)
    let size = try converter.size(of: jpeg)
    var film = try AVIWriter(
      creating: path, width: size.width, height: size.height, microsecondsPerFrame: period)
    var count = 0
    while true {
      let shape = try converter.size(of: jpeg)
      guard shape == size else {
        throw LogError.unsupported(
          file: log, what: "its images have several sizes", advice: "Export the frames as files instead.")
      }
      try film.append(jpeg)
      count += 1
      guard let next = try images.next() else { break }
      jpeg = try converter.jpeg(next)
    }
    try film.close()
    return count
  }

  /// The middle of the times from image to image, in microseconds.
  private static func framePeriod(of log: String) throws(LogError) -> Int {
    var images = try ImageLog(reading: log)
    var periods: [UInt64] = []
    var last: UInt64?
    while let entry = try images.next() {
      if let last, entry.time > last { periods.append(entry.time - last) }
      last = entry.time
    }
    periods.sort()
    return periods.isEmpty ? 45_000 : Int(periods[periods.count / 2] / 1000)
  }

  /// Writes a table with a line for each step, in the order of the log.
  ///
  /// - Returns: how many there are.
  public static func writeTable(of log: String, to path: String) throws -> Int {
    var reader = try FrameLogReader(reading: log)
    var lines = [
      "time,step,episode,action_left,action_right,sent_left,sent_right,log_probability,reward,terminated,truncated,"
        + "reached_goal,stale,missed_cycles,td_error,td_scale,value,critic_loss,actor_loss"
    ]
    func numbers(_ values: [Float], _ count: Int) -> String {
      (0..<count).map { values.indices.contains($0) ? "\(values[$0])" : "" }.joined(separator: ",")
    }
    func flag(_ value: Bool) -> String { value ? "1" : "0" }
    while let event = try reader.next() {
      guard case .step(let step) = event else { continue }
      let outcome = step.outcome
      let learning =
        step.update.map {
          numbers(
            [
              $0.temporalDifferenceError, $0.temporalDifferenceScale, $0.value, $0.criticLoss, $0.actorLoss,
            ], 5)
        } ?? ",,,,"
      lines.append(
        [
          "\(Double(step.time) / 1e9)", "\(step.step)", "\(step.episode)", numbers(step.chosen, 2),
          numbers(step.sent, 2), "\(step.logProbability)", "\(outcome.reward)", flag(outcome.terminated),
          flag(outcome.truncated), flag(outcome.reachedGoal), flag(outcome.isStale),
          "\(outcome.missedCycles)",
          learning,
        ].joined(separator: ","))
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    return lines.count - 1
  }

  /// Turns logged images into frames and JPEG images.
  private struct Converter: ~Copyable {
    let log: String
    private var decoder = LoggedImageDecoder()
    private var frame = Frame()
    private let encoder: JPEGEncoder

    init(log: String) throws {
      self.log = log
      encoder = try JPEGEncoder()
    }

    mutating func frame(_ entry: ImageLog.Entry) throws(LogError) -> Frame {
      if let problem = decoder.decode(entry.image, into: &frame) {
        throw .damaged(file: log, byte: 0, record: "image at \(entry.time) ns", reason: problem)
      }
      return frame
    }

    mutating func jpeg(_ entry: ImageLog.Entry) throws -> [UInt8] {
      if case .compressed(let bytes, _) = entry.image, bytes.starts(with: [0xFF, 0xD8]) { return bytes }
      return try encoder.encode(try frame(entry), quality: 95)
    }

    /// Rows and columns in a JPEG image's own words.
    func size(of jpeg: [UInt8]) throws(LogError) -> FrameShape {
      guard let shape = JPEGDecoder.shape(of: jpeg) else {
        throw .damaged(file: log, byte: 0, record: "image", reason: "it is no JPEG image")
      }
      return shape
    }
  }
}
