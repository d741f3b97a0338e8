import AVGCore
import AVGImaging
import AVGLearning
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRunFolder
@testable import AVGTraining

@Suite("Metrics")
struct MetricsTests {
  private let folder: RunFolder

  init() throws {
    folder = try RunFolder(creating: NSTemporaryDirectory() + "avg-metrics-" + UUID().uuidString)
  }

  /// A small agent that has acted once, with its observation.
  private struct Subject: ~Copyable {
    var agent: Learner
    var transition: Transition

    init() {
      let specification = EnvironmentSpecification(
        frames: FrameStack(count: 1), signalCount: 2, actionCount: 2)
      transition = Transition(for: specification)
      agent = Learner(AVGConfiguration(), for: specification, seed: 1)
      for index in transition.state.frames[0].pixels.indices {
        transition.state.frames[0].pixels[index] = UInt8(truncatingIfNeeded: index)
      }
      agent.act(on: transition.state, into: &transition.action)
      transition.action = [1, -1]
    }

    /// Shows step `number` to `metrics`.
    mutating func step(_ number: Int, isLast: Bool, _ metrics: RunMetrics, _ update: Update? = nil) {
      var progress = TrainingProgress()
      progress.steps = number
      transition.outcome = Outcome(reward: -1, truncated: isLast)
      metrics.inspect(
        agent, transition, TrainingStep(update: update, progress: progress), StepLatencies())
    }
  }

  private func lines() throws -> [[String: Any]] {
    try String(contentsOfFile: folder.metricsPath, encoding: .utf8).split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private func events() throws -> [UInt8] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("events.out.tfevents.") }
    #expect(names.count == 1)
    return [UInt8](try Data(contentsOf: URL(filePath: folder.path + "/" + (names.first ?? ""))))
  }

  @Test("an episode is one line of JSON with the means over its updates, without refused ones")
  func writesLines() throws {
    var subject = Subject()
    let metrics = try RunMetrics(in: folder, pictureInterval: 0)
    let updates = [(1.0, false), (-3.0, false), (100.0, true)].map { error, isRefused in
      Update(
        temporalDifferenceError: Float(error), temporalDifferenceScale: 2, value: 5, logProbability: -0.5,
        isRefused: isRefused)
    }
    for (index, update) in updates.enumerated() {
      subject.step(index + 1, isLast: index == 2, metrics, update)
    }
    try metrics.end(EpisodeRecord(step: 3, episode: 1, length: 3, return: -3, success: true))
    subject.step(4, isLast: true, metrics)
    try metrics.end(EpisodeRecord(step: 4, episode: 2, length: 1, return: .nan, success: false))
    try metrics.finish()

    let lines = try lines()
    #expect(lines.map { $0["step"] as? Int } == [3, 4])
    let first = try #require(lines.first)
    #expect(first["episode/return"] as? Double == -3 && first["episode/success"] as? Double == 1)
    #expect(first["learning/temporalDifferenceError"] as? Double == -1)
    #expect(first["learning/absoluteTemporalDifferenceError"] as? Double == 2)
    #expect(first["learning/temporalDifferenceScale"] as? Double == 2)
    #expect(first["learning/entropy"] as? Double == 0.5)
    // An episode without updates has no such means, and numbers that are not finite are null.
    #expect(lines[1]["learning/entropy"] == nil)
    #expect(lines[1]["episode/return"] is NSNull)
  }

  @Test("pictures and histograms are made at the ends of episodes, an interval apart")
  func picturesKeepTheirInterval() throws {
    var subject = Subject()
    let metrics = try RunMetrics(in: folder, pictureInterval: 10)
    for number in 1...25 {
      subject.step(number, isLast: number.isMultiple(of: 4), metrics)
      if number.isMultiple(of: 4) {
        try metrics.end(
          EpisodeRecord(step: number, episode: number / 4, length: 4, return: -4, success: false))
        // Wait for the thread that draws, because pictures that are due while it is busy are skipped.
        try metrics.finish()
      }
    }
    let bytes = try events()
    let text = String(decoding: bytes, as: Unicode.ASCII.self)
    // At 4, at 16 (10 later, at the end of an episode), not at 20 or 24.
    for tag in [
      "camera/view", "camera/imagePoints", "camera/features", "actions/0", "weights/actor.mu.weight",
    ] {
      #expect(text.components(separatedBy: tag).count - 1 == 2, "\(tag)")
    }
  }

  private func end(_ metrics: RunMetrics, _ steps: Int...) throws {
    for (index, step) in steps.enumerated() {
      try metrics.end(
        EpisodeRecord(step: step, episode: index + 1, length: 10, return: -10, success: index > 0))
    }
    try metrics.finish()
  }

  @Test("a resumed run keeps the lines of earlier episodes, and marks the restart for TensorBoard")
  func resumes() throws {
    try end(RunMetrics(in: folder, pictureInterval: 0), 10, 20, 30)
    let first = try events()
    for name in eventFiles { try FileManager.default.removeItem(atPath: folder.path + "/" + name) }
    let point = MetricsResumption(episodeCount: 2, step: 20)
    try end(RunMetrics(in: folder, resuming: point, pictureInterval: 0), 25)
    #expect(try lines().map { $0["step"] as? Int } == [10, 20, 25])
    let second = try events()
    // step = 21, session_log = { status: START }
    #expect(second.firstRange(of: [0x10, 21, 0x3A, 0x02, 0x08, 0x01]) != nil)
    #expect(first.firstRange(of: [0x3A, 0x02, 0x08, 0x01]) == nil)
  }

  @Test("lines that an editor ended with CR LF are kept")
  func keepsLinesOfEditors() throws {
    try end(RunMetrics(in: folder, pictureInterval: 0), 10, 20, 30)
    let text = try String(contentsOfFile: folder.metricsPath, encoding: .utf8)
    try AtomicFile.write("\u{FEFF}" + text.replacing("\n", with: "\r\n"), to: folder.metricsPath)
    let point = MetricsResumption(episodeCount: 2, step: 20)
    try RunMetrics(in: folder, resuming: point, pictureInterval: 0).finish()
    let kept = text.split(separator: "\n").prefix(2).map { $0 + "\n" }.joined()
    #expect(try String(contentsOfFile: folder.metricsPath, encoding: .utf8) == kept)
  }

  @Test("a file with damaged lines is kept under another name, and the intact lines stay")
  func keepsDamagedLines() throws {
    try end(RunMetrics(in: folder, pictureInterval: 0), 10, 20, 30)
    let text = try String(contentsOfFile: folder.metricsPath, encoding: .utf8)
    let lines = text.split(separator: "\n")
    let damaged = "\(lines[0])\n\u{0}\u{0}\n\(lines[2])\n"
    try AtomicFile.write(damaged, to: folder.metricsPath)
    let said = SaidLines()
    let point = MetricsResumption(episodeCount: 3, step: 30, logger: said.logger)
    try RunMetrics(in: folder, resuming: point, pictureInterval: 0).finish()
    let aside = folder.path + "/metrics-damaged-1.jsonl"
    #expect(
      said.lines == ["\(folder.metricsPath): line 2 is not metrics; the original file is now \(aside)"])
    #expect(try String(contentsOfFile: aside, encoding: .utf8) == damaged)
    #expect(
      try String(contentsOfFile: folder.metricsPath, encoding: .utf8) == "\(lines[0])\n\(lines[2])\n")
  }

  private var eventFiles: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasPrefix("events.out.tfevents.") }.sorted()
  }

  @Test("after the clock was set back, event files and their times still have the order of the run")
  func survivesAClockPutBack() throws {
    let future = 4e9
    do {
      let file = try EventFile(in: folder.path, at: future)
      try file.append([.scalar("episode/return", 1)], step: 1, time: future + 5)
    }
    let first = try #require(eventFiles.first)
    #expect(first.hasPrefix("events.out.tfevents.4000000000."))
    #expect(try EventFile.lastTime(in: folder.path) == future + 5)
    try end(
      RunMetrics(in: folder, resuming: MetricsResumption(episodeCount: 0, step: 0), pictureInterval: 0), 10)
    #expect(eventFiles.count == 2 && eventFiles[0] == first)
    // Not through `lines`: JSONSerialization reads a third of all numbers an ulp or more wrong.
    struct Line: Decodable { var time: Double }
    let line = try #require(
      try String(contentsOfFile: folder.metricsPath, encoding: .utf8).split(separator: "\n").first)
    let time = try JSONDecoder().decode(Line.self, from: Data(line.utf8)).time
    #expect((future + 5..<future + 60).contains(time))
    #expect(try EventFile.lastTime(in: folder.path) >= time)
    // Another file in the same second gets a name of its own.
    try RunMetrics(in: folder, pictureInterval: 0).finish()
    #expect(eventFiles.count == 3)
  }

  @Test("the times before a truncated record or foreign data are read")
  func readsTimesOfDamagedFiles() throws {
    do {
      let file = try EventFile(in: folder.path, at: 100)
      try file.append([.scalar("a", 1)], step: 1, time: 107)
    }
    let path = folder.path + "/" + (eventFiles.first ?? "")
    let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
    try Data(whole + EventFile.record([9, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F]) + whole.prefix(20)).write(
      to: URL(filePath: path))
    #expect(try EventFile.lastTime(in: folder.path) == 107)
    try Data("step 3/400  212 steps/s and more".utf8).write(to: URL(filePath: path))
    #expect(try EventFile.lastTime(in: folder.path) == 0)
  }

  @Test("a clock that is set back continues from where it was, at its pace")
  func clockRises() {
    var clock = RisingClock(notBefore: 50)
    #expect([40, 41, 43, 20, 25, 1000, 1001].map { clock.rising($0) } == [50, 51, 53, 53, 58, 1033, 1034])
    var usual = RisingClock(notBefore: 0)
    #expect([1000, 1001.5].map { usual.rising($0) } == [1000, 1001.5])
  }

  @Test("every record is framed by its length and two masked checksums")
  func framesRecords() {
    // The check value of CRC-32C.
    #expect(CRC32.of(Array("123456789".utf8), .castagnoli) == 0xE306_9283)
    let record = EventFile.record([1, 2, 3])
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(Array(record[0..<8]) == [3, 0, 0, 0, 0, 0, 0, 0] && Array(record[12..<15]) == [1, 2, 3])
    let mask = record[8..<12].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(mask == EventFile.maskedSum(of: [3, 0, 0, 0, 0, 0, 0, 0]))
  }

  @Test("a full disk is reported at once and at the next episode, and nothing more is written")
  func reportsFullDisk() throws {
    try FileManager.default.createSymbolicLink(atPath: folder.metricsPath, withDestinationPath: "/dev/full")
    let stop = StopFlag()
    let metrics = try RunMetrics(in: folder, pictureInterval: 0, onFailure: stop.raise)
    try metrics.end(EpisodeRecord(step: 3, episode: 1, length: 3, return: -3, success: true))
    #expect {
      try metrics.finish()
    } throws: { error in
      "\(error)" == "\(folder.metricsPath): cannot write: No space left on device. Make room on the disk."
    }
    #expect(stop.isRaised)
    #expect(throws: MetricsError.self) {
      try metrics.end(EpisodeRecord(step: 6, episode: 2, length: 3, return: -3, success: true))
    }
  }

  @Test("a histogram counts all numbers, even a single one")
  func histograms() throws {
    let spread = try #require(ValueHistogram([-1, 0, 0.5, 1, .nan]))
    #expect(spread.count == 4 && spread.minimum == -1 && spread.maximum == 1)
    #expect(spread.sum == 0.5 && spread.sumOfSquares == 2.25)
    #expect(spread.buckets.reduce(0, +) == 4 && spread.buckets.first == 1 && spread.buckets.last == 1)
    #expect(spread.limits.count == 30 && abs((spread.limits.last ?? 0) - 1) < 1e-12)
    let single = try #require(ValueHistogram([3, 3]))
    #expect(single.buckets.first == 2 && single.limits.first == 4)
    #expect(ValueHistogram([.nan]) == nil)
    #expect(ValueHistogram(counts: [0, 0], in: -1...1) == nil)
    #expect(ValueHistogram(counts: [1, 3], in: -1...1)?.sum == 1)
  }
}
