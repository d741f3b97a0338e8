import AVGCore
import AVGTestSupport
import Testing

/// A speed along a line, in metres a second.
private struct Push: BaseCommand {
  var speed = 0.0
  static let stopped = Push()
}

private struct Place: BaseSenses {
  var meters = 0.0
}

private struct ToyFailure: Error, CustomStringConvertible {
  let description: String
}

/// Something on a line with a camera that misses every seventh image. It breaks one promise, or none.
private struct Toy: Body {
  let breaks: BodyPromise?
  let isReal: Bool
  let period = Duration.milliseconds(4)
  let life: Life

  /// Whether it lives; the test ends that.
  final class Life { var isOver = false }

  private var now = MonotonicInstant.now
  private var deadline = MonotonicInstant.now
  private var place = 0.0
  private var push = 0.0
  private var isTold = false
  private var readings = 0
  private var images: UInt32 = 0
  private var isAfterReset = false

  static let fastest = 1.0

  init(breaks: BodyPromise?, isReal: Bool, life: Life) {
    self.breaks = breaks
    self.isReal = isReal
    self.life = life
  }

  mutating func drive(_ command: Push) throws(ToyFailure) {
    try checkLife()
    isTold = true
    guard command.speed.isFinite else {
      guard breaks != .refusesOtherThanNumbers else { return push = Self.fastest }
      throw ToyFailure(description: "toy: no speed: \(command.speed)")
    }
    if breaks == .movesWhenTold || breaks == .standsWhenTold && command == .stopped { return }
    push = breaks == .staysInSpeed ? command.speed : max(-Self.fastest, min(Self.fastest, command.speed))
  }

  mutating func awaitCycle() throws(ToyFailure) -> Int {
    try checkLife()
    var missed = 0
    if isReal {
      deadline = deadline.advanced(by: breaks == .keepsTime ? period / 3 : period)
      while deadline < .now {
        deadline = deadline.advanced(by: period)
        if breaks != .keepsTime { missed += 1 }
      }
      deadline.sleepUntil()
      now = .now
    } else {
      now = now.advanced(by: breaks == .keepsTime ? period / 3 : period)
    }
    if isTold || breaks != .holdsCommand { place += push * period.seconds * Double(1 + missed) }
    isTold = false
    return missed
  }

  mutating func sense(into view: inout Observation, _ senses: inout Place) throws(ToyFailure) -> Freshness {
    try checkLife()
    readings += 1
    let isStale = readings % 7 == 0 || breaks == .comesBack && readings > 20
    if !view.frames.isEmpty, !isStale || breaks == .leavesStaleFrames {
      view.newestFrame.pixels[0] &+= 1
    }
    guard !isStale, breaks != .needsNoFrames || !view.frames.isEmpty else { return .stale }
    senses.meters = breaks == .feelsNumbers ? .nan : place
    guard !view.frames.isEmpty else { return .fresh }
    if isReal { now = .now }
    var captured = now
    if breaks == .seesLater, readings % 5 == 0 { captured = captured.advanced(by: .seconds(1)) }
    if breaks == .forgetsOldImages, isAfterReset { captured = captured.advanced(by: .seconds(-1)) }
    isAfterReset = false
    images += 1
    view.newestFrame.stamp = FrameStamp(captured: captured, sequence: images)
    return .fresh
  }

  mutating func reset() throws(ToyFailure) -> Bool {
    try checkLife()
    push = breaks == .restsAfterReset ? 0.5 : 0
    place = 0
    isAfterReset = true
    if !isReal { now = now.advanced(by: period) }
    deadline = .now
    return true
  }

  private func checkLife() throws(ToyFailure) {
    if life.isOver, breaks != .tellsOfFailure { throw ToyFailure(description: "toy: broken: look after it") }
  }
}

@Suite("What a body promises")
struct BodyContractTests {
  private func broken(breaking promise: BodyPromise?, isReal: Bool) throws -> Set<BodyPromise> {
    let life = Toy.Life()
    var toy = Toy(breaks: promise, isReal: isReal, life: life)
    var contract = BodyContract<Push, Place>(
      period: toy.period, frames: FrameStack(count: 1, shape: FrameShape(height: 1, width: 1)),
      go: Push(speed: 0.5), back: Push(speed: -0.5), excess: Push(speed: 100), broken: Push(speed: .nan),
      topSpeed: Toy.fastest, still: 1e-6, motion: { abs($1.meters - $0.meters) }, numbers: { [$0.meters] })
    contract.isReal = isReal
    contract.failing = .after { life.isOver = true }
    return try contract.broken(by: &toy)
  }

  @Test("a body that keeps all of it is found to", arguments: [true, false])
  func kept(isReal: Bool) throws {
    #expect(try broken(breaking: nil, isReal: isReal).isEmpty)
  }

  @Test(
    "each promise that is broken is found, in real time and without", arguments: BodyPromise.allCases,
    [true, false])
  func found(promise: BodyPromise, isReal: Bool) throws {
    let broken = try broken(breaking: promise, isReal: isReal)
    #expect(broken.contains(promise), "\(broken)")
  }
}
