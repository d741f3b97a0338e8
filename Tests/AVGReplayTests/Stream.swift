import AVGCore

/// Transitions as an environment makes them, at random: episodes of all lengths, images that repeat, steps without an
/// image, late steps, episodes that a broken-off run cuts short, numbers that are not finite.
struct Stream: ~Copyable {
  let specification: EnvironmentSpecification
  var transition: Transition
  private var random: RandomSource
  private var isStarting = true

  static let pixels = EnvironmentSpecification(
    frames: FrameStack(count: 3, shape: FrameShape(height: 2, width: 5)), signalCount: 2, actionCount: 3)
  static let vectors = EnvironmentSpecification(frames: nil, signalCount: 17, actionCount: 6)

  init(_ specification: EnvironmentSpecification, seed: UInt64) {
    self.specification = specification
    transition = Transition(for: specification)
    random = RandomSource(seed: seed, purpose: "stream")
  }

  /// Whether an event of this probability happens.
  mutating func happens(_ probability: Double) -> Bool { random.uniform() < probability }

  mutating func signals() -> [Float] {
    (0..<specification.signalCount).map { _ in Float(random.uniform(in: -1...1)) }
  }

  private static func paint(_ observation: inout Observation, _ random: inout RandomSource) {
    guard let last = observation.frames.indices.last else { return }
    for index in observation.frames[last].pixels.indices {
      observation.frames[last].pixels[index] = UInt8(truncatingIfNeeded: random.next())
    }
  }

  /// Makes the next transition.
  mutating func step() {
    if isStarting || happens(0.02) {
      Self.paint(&transition.state, &random)
      transition.state.repeatNewestFrame()
      transition.state.proprioception = signals()
    } else {
      transition.advance()
    }
    transition.action = (0..<specification.actionCount).map { _ in Float(random.uniform(in: -1...1)) }
    transition.outcome = Outcome(reward: Float(random.normal()))
    transition.isSkipped = happens(0.03)
    transition.outcome.missedCycles = happens(0.1) ? Int(random.next() % 5) : 0
    if happens(0.05) {
      transition.next.copyFrames(from: transition.state)
      transition.outcome.isStale = true
    } else {
      transition.next.shiftFrames(from: transition.state)
      if !happens(0.1) {
        Self.paint(&transition.next, &random)
      } else if let last = transition.next.frames.indices.last {
        // The camera's image has not changed.
        transition.next.frames[last].copy(from: transition.state.frames[last])
      }
      transition.outcome.terminated = happens(0.07)
      transition.outcome.truncated = !transition.outcome.terminated && happens(0.05)
    }
    transition.next.proprioception = signals()
    if happens(0.01) { transition.outcome.reward = .nan }
    isStarting = transition.outcome.isLast
  }
}

/// A transition copied out.
struct Copied: Hashable {
  var state: [[UInt8]]
  var signals: [Float]
  var action: [Float]
  var outcome: Outcome
  var next: [[UInt8]]
  var nextSignals: [Float]

  init(_ transition: borrowing Transition) {
    state = transition.state.frames.map(\.pixels)
    signals = transition.state.proprioception
    action = transition.action
    outcome = transition.outcome
    next = transition.next.frames.map(\.pixels)
    nextSignals = transition.next.proprioception
  }
}
