import AVGCore
import AVGImaging
import AVGSystem
import Foundation

/// Export of a log to files that other programs read.
public enum LogExport {
  /// The format of exported images.
  public enum ImageFormat: String, CaseIterable, Sendable {
    /// PNG files of the frames that the agent saw.
    case png
    /// The camera's own bytes if they are JPEG images, otherwise the frames as JPEG.
    case jpeg
  }

  /// The numbers of exported images.
  public struct Count: Hashable, Sendable {
    /// Images written.
    public var written = 0
    /// Images skipped because they cannot be decoded.
    public var damaged = 0
  }

  /// Writes each image of a topic as `NNNNNN.png` or `.jpg` into an existing folder.
  ///
  /// - Parameter topic: the topic; nil for the one that `ImageLog` chooses.
  public static func writeImages(
    of log: String, topic: String? = nil, as format: ImageFormat, to folder: String
  ) throws -> Count {
    var images = try ReadableImages(of: log, topic: topic)
    var count = Count()
    while let image = try images.next() {
      let digits = String(count.written)
      let name = folder + "/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      switch format {
      case .png: try PNG.write(images.frame, to: name + ".png")
      case .jpeg: try OutputFile(path: name + ".jpg", flags: O_CREAT | O_TRUNC).write(images.jpeg(image))
      }
      count.written += 1
    }
    count.damaged = images.damagedCount
    return count
  }

  /// The properties of an exported video.
  public struct Video: Hashable, Sendable {
    /// The numbers of images.
    public var count = Count()
    /// The time between two frames in microseconds.
    public var framePeriod = 45_000
    /// Whether that is from the log's times; a log without times is shown in control cycles of 45 ms.
    public var hasTimes = false
  }

  /// Writes the images of a topic as an AVI file, which must not exist.
  ///
  /// - Parameter topic: the topic; nil for the one that `ImageLog` chooses.
  public static func writeVideo(of log: String, topic: String? = nil, to path: String) throws -> Video {
    var images = try ReadableImages(of: log, topic: topic)
    var result = try framePeriod(of: log, topic: topic)
    guard let first = try images.next() else {
      result.count.damaged = images.damagedCount
      return result
    }
    var jpeg = try images.jpeg(first)
    let size = JPEGDecoder.shape(of: jpeg) ?? images.frame.shape
    var video = try AVIWriter(
      creating: path, width: size.width, height: size.height, microsecondsPerFrame: result.framePeriod)
    while true {
      guard JPEGDecoder.shape(of: jpeg) == size else {
        throw LogError.unsupported(
          file: log, what: "its images have several sizes", advice: "Export the frames as files instead.")
      }
      try video.append(jpeg)
      result.count.written += 1
      guard let next = try images.next() else { break }
      jpeg = try images.jpeg(next)
    }
    try video.close()
    result.count.damaged = images.damagedCount
    return result
  }

  /// The properties of a video without images yet; its period is the median of the intervals between images, without
  /// jumps of the clock.
  private static func framePeriod(of log: String, topic: String?) throws(LogError) -> Video {
    var images = try ImageLog(reading: log, topic: topic)
    var clock = LogClock()
    var periods: [UInt64] = []
    while let entry = try images.next() {
      guard case .elapsed(let period)? = clock.advance(to: entry.time), !clock.isTimeless else { continue }
      periods.append(period)
    }
    periods.sort()
    guard !periods.isEmpty else { return Video() }
    return Video(framePeriod: Int(clamping: periods[periods.count / 2] / 1000), hasTimes: true)
  }

  /// Writes a CSV table with a row for each step, in the order of the log.
  ///
  /// - Returns: the number of steps.
  public static func writeTable(of log: String, to path: String) throws -> Int {
    var reader = try FrameLogReader(reading: log)
    var table = try LogFile(creating: path)
    var count = 0
    // Written in parts, because a log can have millions of steps.
    var lines: [String] = []
    // Those of two wheels, unless the log has others.
    var (actionCount, sentCount) = (2, 2)
    func numbers(_ values: [Float], _ count: Int) -> String {
      (0..<count).map { values.indices.contains($0) ? "\(values[$0])" : "" }.joined(separator: ",")
    }
    func flag(_ value: Bool) -> String { value ? "1" : "0" }
    func flush() throws(LogError) {
      try table.write(Array(lines.map { $0 + "\n" }.joined().utf8))
      lines.removeAll(keepingCapacity: true)
    }
    func begin() { lines.append(header(actionCount, sentCount)) }
    while let event = try reader.next() {
      guard case .step(let step) = event else { continue }
      if count == 0 {
        if !step.chosen.isEmpty { actionCount = step.chosen.count }
        if !step.sent.isEmpty { sentCount = step.sent.count }
        begin()
      }
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
          "\(Double(step.time) / 1e9)", "\(step.step)", "\(step.episode)", numbers(step.chosen, actionCount),
          numbers(step.sent, sentCount), "\(step.logProbability)", "\(outcome.reward)",
          flag(outcome.terminated),
          flag(outcome.truncated), flag(outcome.reachedGoal), flag(outcome.isStale),
          "\(outcome.missedCycles)",
          learning,
        ].joined(separator: ","))
      count += 1
      if lines.count == 1000 { try flush() }
    }
    if count == 0 { begin() }
    try flush()
    return count
  }

  /// The names of the columns; two numbers belong to the left and the right wheel.
  private static func header(_ actionCount: Int, _ sentCount: Int) -> String {
    func names(_ kind: String, _ count: Int) -> [String] {
      (count == 2 ? ["left", "right"] : (1...count).map(String.init)).map { "\(kind)_\($0)" }
    }
    let first = ["time", "step", "episode"] + names("action", actionCount) + names("sent", sentCount)
    return first.joined(separator: ",") + ",log_probability,reward,terminated,truncated,reached_goal,stale,"
      + "missed_cycles,td_error,td_scale,value,critic_loss,actor_loss"
  }

  /// The decodable images of a log, as frames and as JPEG images.
  private struct ReadableImages: ~Copyable {
    /// The last image, decoded.
    private(set) var frame = Frame()
    /// The number of images skipped.
    private(set) var damagedCount = 0
    private var images: ImageLog
    private var decoder = LoggedImageDecoder()
    private let encoder: JPEGEncoder

    init(of log: String, topic: String?) throws {
      let encoder = try JPEGEncoder()
      images = try ImageLog(reading: log, topic: topic)
      self.encoder = encoder
    }

    /// Advances to the next image that can be decoded.
    mutating func next() throws(LogError) -> SourceImage? {
      while let entry = try images.next() {
        guard decoder.decode(entry.image, into: &frame) == nil else {
          damagedCount += 1
          continue
        }
        return entry.image
      }
      return nil
    }

    /// The last image's own bytes if they are a JPEG image, otherwise the frame as JPEG.
    func jpeg(_ image: SourceImage) throws -> [UInt8] {
      if case .compressed(let bytes, _) = image, bytes.starts(with: [0xFF, 0xD8]) { return bytes }
      return try encoder.encode(frame, quality: 95)
    }
  }
}
