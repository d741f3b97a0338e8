import AVGCore
import AVGSystem
import AVGCreate2
import AVGTestSupport
import Testing

@testable import AVGRecording

/// Sequences of image times.
private enum Times {
  static let start: UInt64 = 1_700_000_000_000_000_000
  static let hour: UInt64 = 3_600_000_000_000
  static let count = 90
  /// Thirty images a second.
  static let plain = (0..<UInt64(count)).map { start + $0 * 33_333_333 }
  /// Times with a clock that was set once or, for one image, twice.
  static let jumping: [[UInt64]] = [
    plain.enumerated().map { $0 >= 45 ? $1 - hour : $1 },
    plain.enumerated().map { $0 >= 45 ? $1 + hour : $1 },
    plain.enumerated().map { $0 < 3 ? UInt64($0) * 33_333_333 : $1 }, [UInt64.max] + plain.dropFirst(),
    plain.dropLast() + [UInt64.max], plain.enumerated().map { $0 == 45 ? 0 : $1 },
  ]
  static let none: [[UInt64]] = [
    [UInt64](repeating: 0, count: 90), [UInt64](repeating: .max, count: 90), (0..<90).map { UInt64($0) },
  ]
}

/// Files whose clock was set during recording, that have no times, or whose camera was slow.
@Suite("A log's clock")
struct LogClockTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What an agent would see of a file in cycles of 45 ms.
  private struct Sight {
    var used = 0
    var stale = 0
    var skipped = 0
    var timeless = 0
    var late = 0
    var jumps = 0
    var stamps: [Int64] = []
  }

  /// Writes a file with images at these times, in this order.
  private func write(_ times: [UInt64]) throws -> String {
    let path = folder.path + "/\(times.count)-\(times.hashValue).mcap"
    let writer = try MCAPWriter(creating: path, library: "someone", chunkCapacity: 1000)
    let schema = writer.addSchema(
      name: LogSchemas.rawImage.name, encoding: LogSchemas.encoding, data: LogSchemas.rawImage.descriptorSet)
    let channel = writer.addChannel(topic: "/camera", schema: schema, encoding: LogSchemas.encoding)
    for (index, time) in times.enumerated() {
      try writer.write(channel: channel, sequence: UInt32(index), time: time, room: 100) { message in
        message.append(field: 2, fixed32: 1)
        message.append(field: 3, fixed32: 1)
        message.append(field: 4, text: "rgb8")
        message.append(field: 5, fixed32: 3)
        message.append(field: 6, [1, 2, UInt8(truncatingIfNeeded: index)])
      }
    }
    try writer.close()
    return path
  }

  private func see(_ times: [UInt64]) throws -> Sight {
    var sight = Sight()
    var hasEnded = false
    var body = try RecordedCameraBody<WheelSpeeds, Create2Senses>(
      reading: try write(times), controlPeriod: .milliseconds(45), maximumFrameAge: .milliseconds(90),
      longestGapCycles: 12
    ) { hasEnded = true }
    var (frame, senses) = (Frame(), Create2Senses())
    for cycle in 0..<5000 where !hasEnded {
      if cycle > 0 { _ = try body.awaitCycle() }
      if try body.sense(into: &frame, &senses) == .fresh {
        sight.used += 1
        sight.stamps.append(frame.stamp.captured.nanoseconds)
      } else {
        sight.stale += 1
      }
    }
    #expect(hasEnded)
    (sight.skipped, sight.timeless) = (body.framesSkipped, body.timelessFrames)
    (sight.late, sight.jumps) = (body.lateFrames, body.clock.jumpCount)
    #expect(body.framesUsed == sight.used && sight.used + sight.skipped == times.count)
    #expect(zip(sight.stamps, sight.stamps.dropFirst()).allSatisfy { $0 < $1 })
    return sight
  }

  @Test("a jump of the clock in either direction is one gap of a few cycles", arguments: Times.jumping)
  func jumps(times: [UInt64]) throws {
    let sight = try see(times)
    #expect((1...2).contains(sight.jumps))
    #expect(sight.used >= 60 && sight.stale <= 2 * 13, "\(sight.used) used, \(sight.stale) without image")
  }

  @Test("a clock that is set back every half second loses no images")
  func rollover() throws {
    let sight = try see((0..<UInt64(Times.count)).map { Times.start + $0 % 15 * 33_333_333 })
    #expect(sight.jumps == 5 && sight.used >= 55 && sight.stale <= 5 * 13)
  }

  @Test("images without times are shown one in each cycle", arguments: Times.none)
  func timeless(times: [UInt64]) throws {
    let sight = try see(times)
    #expect(sight.used == 90 && sight.stale == 0 && sight.timeless == 89 && sight.jumps == 0)
  }

  @Test("a camera slower than the control cycle is waited for", arguments: [11.0, 10, 7.5, 5, 1, 0.1])
  func slow(rate: Double) throws {
    let sight = try see((0..<40).map { Times.start + UInt64(Double($0) * 1e9 / rate) })
    #expect(sight.used == 40 && sight.stale == 0 && sight.late >= 39 && sight.jumps == 0)
  }

  @Test("a camera that becomes slow in dim light is waited for after a few images")
  func dim() throws {
    let bright = Times.plain.prefix(60)
    let sight = try see(bright + (1...60).map { (bright.last ?? 0) + $0 * 133_333_333 })
    #expect(sight.jumps == 0 && sight.stale <= 24 && sight.used >= 100)
  }

  @Test("a regular file has no gaps and no waits, and images that come too fast are skipped")
  func regular() throws {
    let sight = try see(Times.plain)
    #expect(sight.stale == 0 && sight.late == 0 && sight.timeless == 0 && sight.jumps == 0)
    #expect((66...68).contains(sight.used))
    #expect(sight.stamps.first == Int64(Times.start))
  }

  @Test("a gap below the maximum keeps its length")
  func gap() throws {
    let sight = try see(Times.plain.enumerated().map { $0 >= 45 ? $1 + 300_000_000 : $1 })
    #expect(sight.jumps == 0 && (5...7).contains(sight.stale))
  }

  @Test("a summary counts jumps and leaves them out of the duration")
  func summary() throws {
    let path = try write(Times.plain.enumerated().map { $0 >= 45 ? $1 - Times.hour : $1 })
    let summary = try LogSummary(reading: path)
    #expect(summary.jumps.count == 1 && summary.jumps.longest > Times.hour - 1_000_000_000)
    #expect((2_800_000_000...3_000_000_000).contains(summary.duration))
    let whole = try LogSummary(reading: try write(Times.plain))
    #expect(whole.jumps.count == 0 && whole.duration == 89 * 33_333_333)
  }

  @Test(
    "a video has the camera's frame rate, whatever the clock did, or that of control cycles if there are no times"
  )
  func video() throws {
    for (times, period, hasTimes) in [
      (Times.plain.enumerated().map { $0 >= 45 ? $1 - Times.hour : $1 }, 33_333, true),
      ([UInt64](repeating: 0, count: 20), 45_000, false), ((0..<20).map { UInt64($0) }, 45_000, false),
    ] {
      let video = try LogExport.writeVideo(of: try write(times), to: folder.path + "/\(times.hashValue).avi")
      #expect(video.framePeriod == period && video.hasTimes == hasTimes && video.count.written == times.count)
    }
  }
}
