import AVGCore
import AVGTestSupport
import Testing

@testable import AVGCamera

@Suite("Recovering camera")
struct RecoveringCameraTests {
  private let unplugged = CameraError.unplugged(device: "D")

  /// Reads until an image comes, at most `limit` times with pauses of 5 ms.
  private func readImage(
    _ camera: inout RecoveringCamera<ScriptedCamera>, _ frame: inout Frame, limit: Int = 2_000
  ) throws -> Int {
    for reading in 1...limit {
      if try camera.readNewest(into: &frame, until: .now) { return reading }
      MonotonicInstant.now.advanced(by: .milliseconds(5)).sleepUntil()
    }
    return 0
  }

  @Test("a camera that cannot be opened the first time is an error at once")
  func failsAtFirst() {
    let script = CameraScript([.image], openings: [.busy(device: "D")])
    #expect(throws: CameraError.busy(device: "D")) {
      _ = try RecoveringCamera(name: "D", logger: SaidLines().logger, open: script.open)
    }
  }

  @Test(
    "a failure gives no image and no error; the device stays open until the next call, so that wheels can be stopped"
  )
  func closesLate() throws {
    let script = CameraScript([.image, .failure(unplugged), .image])
    var camera = try RecoveringCamera(name: "D", logger: SaidLines().logger, open: script.open)
    var frame = Frame()
    #expect(try camera.readNewest(into: &frame, until: .now))
    #expect(try !camera.readNewest(into: &frame, until: .now))
    #expect(script.calls == ["open", "read", "read"])
    #expect(try camera.readNewest(into: &frame, until: .now))
    #expect(script.calls == ["open", "read", "read", "close", "open", "read"])
    #expect(try camera.readNewest(into: &frame, until: .now))
    #expect(camera.statistics.recoveries == 1)
    #expect(camera.statistics.framesUsed == 3)
  }

  @Test("each change of state is one line: the failure and the return, whatever was tried in between")
  func logs() throws {
    let script = CameraScript(
      [
        .image, .failure(.stalled(device: "D", after: .milliseconds(500))), .failure(unplugged), .nothing,
        .image,
      ],
      openings: [nil, .noSuchDevice(device: "D", present: []), .busy(device: "D")])
    let said = SaidLines()
    var camera = try RecoveringCamera(
      name: "D", patience: .seconds(30), logger: said.logger, open: script.open)
    var frame = Frame()
    _ = try camera.readNewest(into: &frame, until: .now)
    #expect(try readImage(&camera, &frame) > 1)
    #expect(said.lines.count == 2)
    #expect(said.lines.first?.hasPrefix("camera D: no frame: for 500 ms") == true)
    #expect(said.lines.first?.hasSuffix("waiting for it for up to 30 s") == true)
    #expect(said.lines.last?.hasPrefix("camera D: back after ") == true)
    #expect(script.calls.count { $0 == "open" } == 5)
    #expect(script.calls.count { $0 == "close" } == 2)
  }

  @Test("a camera whose images are all too old stays open: it is slow, not broken")
  func keepsSlowCameras() throws {
    let late = CameraError.onlyOldFrames(device: "D", after: .milliseconds(500), age: .milliseconds(120))
    let script = CameraScript([.image, .failure(late), .nothing, .failure(late), .image])
    let said = SaidLines()
    var camera = try RecoveringCamera(name: "D", logger: said.logger, open: script.open)
    var frame = Frame()
    let reads = try (0..<5).map { _ in try camera.readNewest(into: &frame, until: .now) }
    #expect(reads == [true, false, false, false, true])
    #expect(script.calls == ["open", "read", "read", "read", "read", "read"])
    #expect(said.lines.count == 2)
  }

  @Test("the pauses between attempts grow, up to half a second")
  func backsOff() throws {
    let script = CameraScript(
      [.failure(unplugged)], openings: [nil] + [CameraError?](repeating: unplugged, count: 1_000))
    var camera = try RecoveringCamera(
      name: "D", patience: .seconds(1), logger: SaidLines().logger, open: script.open)
    var frame = Frame()
    #expect(throws: CameraError.self) { _ = try readImage(&camera, &frame) }
    // At 0, 100, 300 and 700 ms at the earliest.
    #expect((2...5).contains(script.calls.count { $0 == "open" }))
  }

  @Test("a camera that does not come back is lost, and the error says for how long and why")
  func givesUp() throws {
    let script = CameraScript([.failure(unplugged)], openings: [nil, .busy(device: "E")])
    var camera = try RecoveringCamera(
      name: "D", patience: .milliseconds(50), logger: SaidLines().logger, open: script.open)
    var frame = Frame()
    do throws(CameraError) {
      for _ in 0..<1_000 {
        _ = try camera.readNewest(into: &frame, until: .now)
        MonotonicInstant.now.advanced(by: .milliseconds(5)).sleepUntil()
      }
      Issue.record("never gave up")
    } catch {
      guard case .lost("D", let after, .busy("E")) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(after >= .milliseconds(50))
    }
  }

  @Test("the end of a pause during an outage also applies to the camera that comes back")
  func keepsThePause() throws {
    let script = CameraScript([.failure(unplugged), .image])
    var camera = try RecoveringCamera(name: "D", logger: SaidLines().logger, open: script.open)
    var frame = Frame()
    _ = try camera.readNewest(into: &frame, until: .now)
    let instant = MonotonicInstant(nanoseconds: 77)
    camera.resume(at: instant)
    #expect(try camera.readNewest(into: &frame, until: .now))
    #expect(script.resumes == [instant, instant])
  }
}

@Suite("Freshness")
struct FreshnessTests {
  private func instant(_ milliseconds: Int64) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("an image is too old by its age, or by the end of a pause")
  func rule() {
    var rule = FreshnessRule(maximumAge: .milliseconds(90))
    #expect(rule.excessiveAge(of: instant(1_000), at: instant(1_090)) == nil)
    #expect(rule.excessiveAge(of: instant(1_000), at: instant(1_091)) == .milliseconds(91))
    rule.earliest = instant(1_001)
    #expect(rule.excessiveAge(of: instant(1_000), at: instant(1_020)) == .milliseconds(20))
    #expect(rule.excessiveAge(of: instant(1_001), at: instant(1_020)) == nil)
    // If the timestamp marks the end of the frame, its exposure may have begun before the pause ended.
    let lead = Duration.milliseconds(33)
    #expect(
      rule.excessiveAge(of: instant(1_033), exposedBefore: lead, at: instant(1_040)) == .milliseconds(7))
    #expect(rule.excessiveAge(of: instant(1_034), exposedBefore: lead, at: instant(1_040)) == nil)
  }

  private typealias CameraOnDesk = ComposedBody<CameraEye<ScriptedCamera>, NoBase<JointSpeeds, ArmSenses>>

  private func body(_ script: CameraScript, period: Duration) throws -> CameraOnDesk {
    let camera = try RecoveringCamera(name: "D", logger: SaidLines().logger, open: script.open)
    return CameraOnDesk(
      ClockedEye(CameraEye(camera: camera, maximumFrameAge: .milliseconds(90)), period: period), NoBase())
  }

  @Test("a body reports whether it sees, and waits for a new image until the last reaches the maximum age")
  func reports() throws {
    let script = CameraScript([.image, .nothing, .image])
    var body = try body(script, period: .seconds(3_600))
    var frame = Frame()
    var senses = ArmSenses()
    #expect(try body.sense(into: &frame, &senses) == .fresh)
    let before = MonotonicInstant.now
    #expect(try body.sense(into: &frame, &senses) == .stale)
    #expect(script.deadlines[1] <= before.advanced(by: .milliseconds(90)))
    #expect(try body.sense(into: &frame, &senses) == .fresh)
    #expect(script.resumes == [])
  }

  @Test("a body without an image does not wait again after each slow cycle")
  func waitsOnce() throws {
    let script = CameraScript([.image, .nothing])
    var body = try body(script, period: .milliseconds(1))
    var frame = Frame()
    var senses = ArmSenses()
    for _ in 0..<4 {
      _ = try body.sense(into: &frame, &senses)
      MonotonicInstant.now.advanced(by: .milliseconds(5)).sleepUntil()
      _ = try body.awaitCycle()
    }
    #expect(script.resumes.count == 4)
    #expect(script.deadlines[1] == script.deadlines[2])
    #expect(script.deadlines[2] == script.deadlines[3])
  }

  @Test("after a reset, and after a pause of more than a cycle, only images captured since then are used")
  func resumes() throws {
    let script = CameraScript([.image])
    var body = try body(script, period: .milliseconds(20))
    var frame = Frame()
    var senses = ArmSenses()
    let first = MonotonicInstant.now
    _ = try body.reset()
    #expect(script.resumes.count == 1 && script.resumes[0] >= first)
    _ = try body.sense(into: &frame, &senses)
    let pauseEnd = MonotonicInstant.now.advanced(by: .milliseconds(50))
    pauseEnd.sleepUntil()
    #expect(try body.awaitCycle() >= 1)
    #expect(script.resumes.count == 2 && script.resumes[1] >= pauseEnd)
  }
}
