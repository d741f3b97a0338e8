import AVGCore
import AVGCreate2
import AVGTasks

/// A body whose senses are written down beforehand and that remembers what it was told.
struct ScriptedBody: Body, ~Copyable {
  enum Call: Hashable {
    case drive(WheelSpeeds)
    case awaitCycle
    case sense
    case reset
  }

  enum Fault: Error {
    case broken(Call)
  }

  /// The share of the image, 0…1, that is green in each frame sensed; the last one stays.
  var targetShares: [Double]
  var canMove = true
  var missedCycles = 0
  /// The callings of `sense`, from 0, that find no image of the present.
  var staleSenses: Set<Int> = []
  private var senseCount = 0
  var wheelDrop = false
  /// The kind of call that fails.
  var brokenCall: Call?
  private(set) var calls: [Call] = []
  private var sensedCount = 0

  init(targetShares: [Double]) {
    self.targetShares = targetShares
  }

  private mutating func record(_ call: Call) throws(Fault) {
    calls.append(call)
    if call == brokenCall { throw .broken(call) }
  }

  mutating func drive(_ speeds: WheelSpeeds) throws(Fault) {
    try record(.drive(speeds))
  }

  mutating func awaitCycle() throws(Fault) -> Int {
    try record(.awaitCycle)
    return missedCycles
  }

  mutating func sense(
    into observation: inout Observation, _ senses: inout Create2Senses
  ) throws(Fault) -> Freshness {
    try record(.sense)
    defer { senseCount += 1 }
    if staleSenses.contains(senseCount) { return .stale }
    let share = targetShares[min(sensedCount, targetShares.count - 1)]
    draw(share, into: &observation.newestFrame)
    senses.lightBumps = [5, 10, 100, 1000, 4095, 0]
    senses.wheelDrop = wheelDrop
    sensedCount += 1
    return .fresh
  }

  private func draw(_ share: Double, into frame: inout Frame) {
    let pixelCount = frame.shape.height * frame.shape.width
    for index in 0..<pixelCount {
      let isGreen = index < Int((share * Double(pixelCount)).rounded())
      // The blue channel tells which frame it is.
      frame.pixels[index * 3] = isGreen ? 0 : 100
      frame.pixels[index * 3 + 1] = 100
      frame.pixels[index * 3 + 2] = isGreen ? 0 : UInt8(100 + min(sensedCount, 100))
    }
    frame.stamp.sequence = UInt32(sensedCount)
  }

  mutating func reset() throws(Fault) -> Bool {
    try record(.reset)
    return canMove
  }
}

extension ControlTask {
  /// Judges a single frame.
  mutating func judge(_ frame: Frame, _ senses: Senses) -> Judgement { judge(view(frame), senses) }

  /// Whether a single frame shows the goal.
  mutating func isAtGoal(_ frame: Frame, _ senses: Senses) -> Bool { isAtGoal(view(frame), senses) }

  private func view(_ frame: Frame) -> Observation {
    var view = Observation(frames: FrameStack(count: 1, shape: frame.shape))
    view.newestFrame = frame
    return view
  }
}
