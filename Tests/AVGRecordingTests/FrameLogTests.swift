import AVGCore
import AVGCreate2
import AVGImaging
import AVGTestSupport
import Testing

@testable import AVGRecording

@Suite("Frame log")
struct FrameLogTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/run.mcap" }

  init() throws { folder = try TemporaryFolder() }

  @Test("a log gives back what was written, in order, with metadata and checkpoints", arguments: [0, 1, 57])
  func roundTrip(count: Int) throws {
    let written = try TestLog(writing: path, count: count)
    var reader = try FrameLogReader(reading: path)
    let (sights, steps) = try TestLog.events(&reader)
    #expect(reader.cutOffByte == nil)
    #expect(reader.metadata == ["configuration": "agent:\n", "version": "0.1.0"])
    #expect(reader.startingCheckpoint == [1, 2, 3] && reader.finalCheckpoint == [4, 5, 6, 7])
    #expect(sights.map { $0.senses() } == written.senses)
    #expect(sights.map(\.isFresh) == written.frames.map { $0 != nil })
    #expect(sights.map(\.isStart) == (0...count).map { $0 % 10 == 0 })
    #expect(sights.map(\.hasCycle) == (0...count).map { $0 > 0 })
    for (sight, frame) in zip(sights, written.frames) {
      guard let frame else { continue }
      #expect(sight.image == .raw(frame, width: 4, height: 3, step: 12, encoding: "rgb8"))
    }
    #expect(steps.map { $0.withoutTime } == written.steps.map { $0.withoutTime })
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.time <= $1.time })
  }

  @Test("a recorded body repeats images and sensor values, also from a log of the camera's JPEG bytes")
  func replays() throws {
    var picture = Frame(shape: FrameShape(height: 6, width: 8))
    for index in picture.pixels.indices { picture.pixels[index] = UInt8(index) }
    for jpeg in [nil, try JPEGEncoder().encode(picture)] {
      let path = folder.path + "/\(jpeg == nil ? "raw" : "jpeg").mcap"
      let written = try TestLog(writing: path, count: 40, jpeg: jpeg)
      var ended = 0
      var body = RecordedBody<WheelSpeeds, Create2Senses>(LogPlayer(try FrameLogReader(reading: path))) {
        ended += 1
      }
      var twin = CountingBody()
      var frame = Frame(shape: CountingBody.shape)
      var senses = Create2Senses()
      var decoded = frame
      if let jpeg {
        var decoder = JPEGDecoder()
        try jpeg.withUnsafeBytes { try decoder.decode($0, into: &decoded) }
      }
      for index in 0...40 {
        if index % 10 == 0 { #expect(try body.reset() == twin.reset()) }
        if index > 0 {
          try body.drive(WheelSpeeds(left: .millimetersPerSecond(7), right: .zero))
          #expect(try body.awaitCycle() == twin.awaitCycle())
        }
        #expect(ended == 0)
        let isFresh = try body.sense(into: &frame, &senses) == .fresh
        var (own, felt) = (Frame(shape: CountingBody.shape), Create2Senses())
        _ = twin.sense(into: &own, &felt)
        #expect(isFresh == (written.frames[index] != nil))
        #expect(senses == written.senses[index])
        guard isFresh else { continue }
        #expect(frame.pixels == (jpeg == nil ? own.pixels : decoded.pixels))
        #expect(frame.stamp == own.stamp)
      }
      #expect(ended == 1)
      #expect(throws: LogError.ended(file: path)) { try body.awaitCycle() }
    }
  }

  @Test("frames kept as JPEG images nearly equal the originals, at a fraction of the size")
  func compressed() throws {
    var sizes: [Int] = []
    for quality in [nil, 90] {
      let path = folder.path + "/\(quality ?? 0).mcap"
      let log = try FrameLogWriter(creating: path, program: "avg-vision test", quality: quality)
      var body = RecordingBody(StripedBody(), log: log)
      try log.begin(metadata: TestLog.metadata, checkpoint: [])
      var (frame, senses) = (Frame(), Create2Senses())
      for index in 0..<60 {
        _ = try body.sense(into: &frame, &senses)
        if index > 0 { try log.write(TestLog.step(index, isStale: false)) }
      }
      try log.close(checkpoint: nil)
      let bytes = try folder.bytes("\(quality ?? 0).mcap")
      sizes.append(bytes.count)
      var reader = try FrameLogReader(reading: path)
      let (sights, steps) = try TestLog.events(&reader)
      #expect(sights.count == 60 && steps.count == 59)
      var twin = StripedBody()
      var (seen, shown) = (Frame(), Frame())
      var decoder = LoggedImageDecoder()
      for sight in sights {
        _ = twin.sense(into: &seen, &senses)
        #expect(sight.image.flatMap { decoder.decode($0, into: &shown) } == nil)
        let difference = zip(seen.pixels, shown.pixels).map { abs(Int($0) - Int($1)) }.max() ?? 255
        #expect(quality == nil ? difference == 0 : difference <= 24)
      }
    }
    #expect(sizes[1] * 5 < sizes[0])
  }

  @Test(
    "in a run with its own time, a reading without an image is a cycle later, whatever this machine's clock says"
  )
  func ownTime() throws {
    let log = try FrameLogWriter(
      creating: path, program: "avg-vision test", ownCycle: .milliseconds(45))
    var body = RecordingBody(CountingBody(), log: log)
    try log.begin(metadata: [], checkpoint: [])
    var (frame, senses) = (Frame(shape: CountingBody.shape), Create2Senses())
    for index in 0..<60 {
      if index > 0 { _ = try body.awaitCycle() }
      _ = try body.sense(into: &frame, &senses)
    }
    try log.close(checkpoint: nil)
    var reader = try FrameLogReader(reading: path)
    let times = try TestLog.events(&reader).sights.map(\.time)
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 90_000_000 })
    #expect((2_600_000_000...2_800_000_000).contains(times.last ?? 0))
  }

  @Test("a log never overwrites a file")
  func keepsFiles() throws {
    try folder.write([1], to: "run.mcap")
    #expect(throws: LogError.self) { try FrameLogWriter(creating: path, program: "x") }
    #expect(try folder.bytes("run.mcap") == [1])
  }

  @Test("a log that cannot be created is an error that says so")
  func cannotCreate() throws {
    // A log's file must be new, so its creation is made to fail below /dev/full, which is no folder.
    let error = #expect(throws: LogError.self) { try TestLog(writing: "/dev/full/x", count: 1) }
    #expect(
      error?.description.contains(
        "cannot open for writing: Not a directory. Check that the folder exists.") == true)
  }
}

extension LoggedStep {
  /// The step without the time, which the log adds.
  fileprivate var withoutTime: LoggedStep {
    var step = self
    step.time = 0
    return step
  }
}
