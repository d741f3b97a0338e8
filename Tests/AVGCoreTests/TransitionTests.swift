import AVGCore
import Testing

@Suite("Transition")
struct TransitionTests {
  private let specification = EnvironmentSpecification(
    frames: FrameStack(count: 2, shape: FrameShape(height: 2, width: 2)), signalCount: 3, actionCount: 4,
    measures: [Measure("way", unit: .millimeters)])

  @Test("has room for what the specification says")
  func hasRoom() {
    let transition = Transition(for: specification)
    let frames = (transition.state.frames.count, transition.next.frames.count)
    let signals = (transition.state.proprioception.count, transition.next.proprioception.count)
    let (action, measurements) = (transition.action, transition.measurements)
    #expect(frames == (2, 2) && signals == (3, 3))
    #expect(action == [0, 0, 0, 0] && measurements == [0])
  }

  @Test("advances without copying a frame: S′ is the next S, and the old S the next S′")
  func advances() {
    func address(_ observation: borrowing Observation) -> UInt {
      observation.frames[1].pixels.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }
    var transition = Transition(for: specification)
    transition.next.proprioception[0] = 5
    let (state, next) = (address(transition.state), address(transition.next))
    transition.advance()
    let after = (address(transition.state), address(transition.next))
    #expect(after == (next, state))
    let signal = transition.state.proprioception[0]
    #expect(signal == 5)
  }

  @Test("nothing is to be learned from a stale one, nor from one that is skipped")
  func isLearnable() {
    func isLearnable(isStale: Bool, isSkipped: Bool) -> Bool {
      var transition = Transition(for: specification)
      transition.outcome.isStale = isStale
      transition.isSkipped = isSkipped
      return transition.isLearnable
    }
    #expect(isLearnable(isStale: false, isSkipped: false))
    #expect(!isLearnable(isStale: true, isSkipped: false))
    #expect(!isLearnable(isStale: false, isSkipped: true))
  }
}
