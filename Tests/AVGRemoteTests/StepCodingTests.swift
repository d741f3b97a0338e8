import AVGCore
import Testing

@testable import AVGRemote

@Suite("a step as it travels")
struct StepCodingTests {
  private let specification = EnvironmentSpecification(
    frames: FrameStack(count: 3, shape: FrameShape(height: 4, width: 5)), signalCount: 2, actionCount: 2,
    measures: [Measure("distance", unit: .millimeters)])

  /// A transition whose frames have these shades, oldest first.
  private func transition(_ state: [UInt8], _ next: [UInt8], signals: (Float, Float) = (0.5, 0.25))
    -> Transition
  {
    var transition = Transition(for: specification)
    for index in 0..<3 {
      transition.state.frames[index].pixels = [UInt8](repeating: state[index], count: 60)
      transition.next.frames[index].pixels = [UInt8](repeating: next[index], count: 60)
    }
    transition.state.proprioception = [signals.0, 1]
    transition.next.proprioception = [signals.1, 1]
    transition.next.frames[2].stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: 7), sequence: UInt32(next[2]))
    transition.action = [0.5, -1]
    transition.outcome = Outcome(reward: -1, reachedGoal: false, missedCycles: 2)
    transition.measurements = [12.5]
    return transition
  }

  private func decoded(
    _ encoder: inout StepEncoder, _ transition: borrowing Transition, images: SourceImages = SourceImages()
  ) throws -> RemoteStep {
    var message: [UInt8] = []
    encoder.encode(transition, sequence: 9, images: images) { bytes, _ in message = Array(bytes) }
    guard case .step(let step) = try FromRobot(message) else { throw RemoteError.invalid(what: "no step") }
    return step
  }

  @Test("S, A, R, the end and S′ come through; each frame travels once")
  func roundTrip() throws {
    var encoder = StepEncoder(for: specification)
    let first = try decoded(&encoder, transition([1, 1, 1], [1, 1, 2]))
    #expect(first.fits(specification))
    #expect(first.state?.stacking == .repeated && first.state?.pixels.count == 60)
    #expect(first.next.stacking == .shifted && first.next.pixels == [UInt8](repeating: 2, count: 60))
    #expect(first.action == [0.5, -1] && first.outcome == Outcome(reward: -1, missedCycles: 2))
    #expect(first.next.captured == 7 && first.next.sequence == 2 && first.measurements == [12.5])
    let second = try decoded(&encoder, transition([1, 1, 2], [1, 2, 3], signals: (0.25, 0)))
    #expect(second.state == nil && second.next.stacking == .shifted && second.next.pixels.count == 60)
  }

  @Test("a step of an environment without frames comes through, at the beginning of an episode and within")
  func withoutFrames() throws {
    let specification = EnvironmentSpecification(frames: nil, signalCount: 2, actionCount: 2)
    var encoder = StepEncoder(for: specification)
    var transition = Transition(for: specification)
    transition.state.proprioception = [0.5, 1]
    transition.next.proprioception = [0.25, -700]
    let first = try decoded(&encoder, transition)
    #expect(first.fits(specification) && first.state?.signals == [0.5, 1])
    #expect(first.next.signals == [0.25, -700])
    transition.state.proprioception = transition.next.proprioception
    let second = try decoded(&encoder, transition)
    #expect(second.fits(specification) && second.state == nil)
    // With frames, an episode cannot begin without one.
    #expect(!first.fits(self.specification))
  }

  @Test("an episode begins where S is not the S′ before, and after the end of one")
  func starts() throws {
    var encoder = StepEncoder(for: specification)
    _ = try decoded(&encoder, transition([1, 1, 1], [1, 1, 2]))
    #expect(try decoded(&encoder, transition([9, 9, 9], [9, 9, 8], signals: (0.25, 0))).state != nil)
    var last = transition([9, 9, 8], [9, 8, 7], signals: (0, 0.5))
    last.outcome.terminated = true
    #expect(try decoded(&encoder, last).state == nil)
    #expect(
      try decoded(&encoder, transition([9, 8, 7], [8, 7, 6], signals: (0.5, 0))).state?.stacking == .whole)
  }

  @Test("a look that saw nothing new sends no frame; one after a gap fills every place with its own")
  func stale() throws {
    var encoder = StepEncoder(for: specification)
    var blind = transition([1, 2, 3], [1, 2, 3])
    blind.state.frames[2].stamp = blind.next.frames[2].stamp
    blind.outcome.isStale = true
    let step = try decoded(&encoder, blind)
    #expect(step.next.stacking == .unchanged && step.next.pixels.isEmpty && step.measurements.isEmpty)
    #expect(step.outcome.isStale)
    #expect(
      try decoded(&encoder, transition([1, 2, 3], [5, 5, 5], signals: (0.25, 0))).next.stacking == .repeated)
  }

  @Test("the camera's own bytes travel in the place of pixels, for the frame that was made from them")
  func jpeg() throws {
    var encoder = StepEncoder(for: specification)
    let images = SourceImages()
    let step = transition([1, 1, 1], [1, 1, 2])
    images.note(step.next.frames[2], .compressed([0xFF, 0xD8, 9], format: "jpeg"))
    let sent = try decoded(&encoder, step, images: images)
    #expect(sent.next.jpeg == [0xFF, 0xD8, 9] && sent.next.pixels.isEmpty && sent.state?.jpeg == [])
  }

  @Test("a step of another environment, or with impossible numbers, is refused")
  func refuses() throws {
    var encoder = StepEncoder(for: specification)
    var step = try decoded(&encoder, transition([1, 1, 1], [1, 1, 2]))
    #expect(step.fits(specification))
    step.action = [2, 0]
    #expect(!step.fits(specification))
    step.action = [.nan, 0]
    #expect(!step.fits(specification))
    step.action = [0, 0]
    step.outcome.reward = .infinity
    #expect(!step.fits(specification))
    step.outcome.reward = 0
    step.next.pixels.removeLast()
    #expect(!step.fits(specification))
    #expect(throws: RemoteError.self) { try FromRobot([0x7A, 1, 0]) }
    #expect(throws: RemoteError.self) { try FromRobot([]) }
  }

  @Test("a greeting comes through, and one that asks for too much memory does not")
  func greeting() throws {
    var greeting = Greeting(program: "test", token: "secret")
    greeting.session = "s"
    greeting.specification = specification
    greeting.configuration = "agent:\n"
    guard case .greeting(let heard) = try FromRobot(try greeting.message) else {
      Issue.record("no greeting")
      return
    }
    #expect(
      heard.specification == specification && heard.token == "secret" && heard.configuration == "agent:\n")
    greeting.specification?.frames = FrameStack(count: 64, shape: FrameShape(height: 8000, width: 8000))
    #expect(throws: RemoteError.self) { try FromRobot(try greeting.message) }
  }
}
