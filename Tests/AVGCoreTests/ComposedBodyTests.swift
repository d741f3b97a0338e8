import AVGCore
import AVGTestSupport
import Testing

/// An eye that sees what is written down beforehand.
private struct ScriptedEye: Eye {
  enum Fault: Error { case broken }

  /// What each look finds; the last one stays. Nil fails.
  var looks: [Freshness?]
  private(set) var count = 0
  private(set) var resumes: [MonotonicInstant] = []

  init(_ looks: [Freshness?]) { self.looks = looks }

  var sourceImage: SourceImage? { .compressed([UInt8(count)], format: "jpeg") }

  mutating func resume(at instant: MonotonicInstant) { resumes.append(instant) }

  mutating func look(into frame: inout Frame) throws(Fault) -> Freshness {
    guard let found = looks[min(count, looks.count - 1)] else { throw .broken }
    count += 1
    if found == .fresh { frame.pixels[0] = UInt8(count) }
    return found
  }
}

@Suite("An eye and a base on one clock")
struct ComposedBodyTests {
  private func body(
    _ looks: [Freshness?], _ base: ArmBase = ArmBase(), period: Duration = .milliseconds(20)
  ) -> ComposedBody<ScriptedEye, ArmBase> {
    ComposedBody(
      ClockedEye(ScriptedEye(looks), period: period, frameShape: FrameShape(height: 1, width: 1)), base)
  }

  private func makeView() -> Observation {
    Observation(frames: FrameStack(count: 2, shape: FrameShape(height: 1, width: 1)))
  }

  @Test("the newest frame is seen, and the base felt, once a cycle")
  func senses() throws {
    var body = body([.fresh, .stale, .fresh])
    var senses = ArmSenses()
    var view = makeView()
    try body.drive(JointSpeeds(shoulder: 1))
    _ = try body.awaitCycle()
    #expect(try body.sense(into: &view, &senses) == .fresh)
    #expect(view.frames.map { $0.pixels[0] } == [0, 1] && abs(senses.angles[0] - 0.05) < 1e-6)
    #expect(body.sourceImage == .compressed([1], format: "jpeg"))
    // Without an image nothing is felt.
    #expect(try body.sense(into: &view, &senses) == .stale)
    #expect(view.frames.map { $0.pixels[0] } == [0, 1] && abs(senses.angles[0] - 0.05) < 1e-6)
    #expect(try body.sense(into: &view, &senses) == .fresh)
    #expect(view.frames[1].pixels[0] == 3 && abs(senses.angles[0] - 0.1) < 1e-6)
  }

  @Test("an observation without frames is not looked for")
  func blind() throws {
    var body = body([nil])
    var senses = ArmSenses()
    var none = Observation(frames: nil)
    #expect(try body.sense(into: &none, &senses) == .fresh)
    #expect(body.sight.eye.count == 0)
  }

  @Test("the error says which part failed", arguments: [true, false])
  func failures(isEye: Bool) throws {
    var base = ArmBase()
    base.jammingCommand = 1
    var body = body(isEye ? [nil] : [.fresh], base)
    var senses = ArmSenses()
    var view = makeView()
    do {
      if isEye { _ = try body.sense(into: &view, &senses) } else { try body.drive(.stopped) }
      Issue.record("nothing failed")
    } catch {
      switch error {
      case .eye(let fault): #expect(isEye && fault == .broken)
      case .base(let fault): #expect(!isEye && fault == .jammed)
      }
    }
  }

  @Test("a base that does not obey is not looked for, and the step is stale")
  func disobedient() throws {
    var base = ArmBase()
    base.obeys = false
    var body = body([.fresh], base)
    var senses = ArmSenses()
    var view = makeView()
    #expect(try body.sense(into: &view, &senses) == .stale)
    #expect(body.sight.eye.count == 0)
  }

  @Test("after somebody held the base a new first cycle begins, and the first step is stale")
  func held() throws {
    var base = ArmBase()
    base.heldCycles = 1
    var body = body([.fresh], base)
    var senses = ArmSenses()
    var view = makeView()
    let before = MonotonicInstant.now
    #expect(try body.awaitCycle() == 0)
    #expect(body.sight.eye.resumes.count == 1 && body.sight.eye.resumes[0] >= before)
    #expect(try body.sense(into: &view, &senses) == .stale)
    #expect(view.frames[1].pixels[0] == 1)
    _ = try body.awaitCycle()
    #expect(try body.sense(into: &view, &senses) == .fresh)
  }

  @Test("a reset looks where it goes, a glance a cycle, and begins a new first cycle at its end")
  func reset() throws {
    var body = body([.stale, .stale, .fresh], period: .milliseconds(5))
    let before = MonotonicInstant.now
    #expect(try body.reset() == true)
    #expect(body.base.glances == 3 && body.sight.eye.count == 3)
    let resumed = try #require(body.sight.eye.resumes.last)
    #expect(resumed >= before.advanced(by: .milliseconds(10)))
  }

  @Test("after a pause of more than a cycle only what is captured from then on is of use")
  func pauses() throws {
    var body = body([.fresh], period: .milliseconds(20))
    var senses = ArmSenses()
    var view = makeView()
    _ = try body.sense(into: &view, &senses)
    #expect(body.sight.eye.resumes.isEmpty)
    let pauseEnd = MonotonicInstant.now.advanced(by: .milliseconds(50))
    pauseEnd.sleepUntil()
    #expect(try body.awaitCycle() >= 1)
    #expect(body.sight.eye.resumes.count == 1 && body.sight.eye.resumes[0] >= pauseEnd)
  }
}
