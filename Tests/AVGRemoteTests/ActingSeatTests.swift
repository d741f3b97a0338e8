import AVGCore
import Synchronization
import Testing

@testable import AVGRemote

@Suite("a learner that acts for a robot")
struct ActingSeatTests {
  private static let specification = EnvironmentSpecification(
    frames: FrameStack(count: 3, shape: FrameShape(height: 4, width: 5)), signalCount: 2, actionCount: 2)

  /// What a learner was asked to act for.
  private final class Seen: Sendable {
    let shades = Mutex<[UInt8]>([])
  }

  /// A seat whose action says which signals were seen.
  private func seat(_ seen: Seen) -> ActingSeat {
    ActingSeat(for: Self.specification) { observation, answer in
      seen.shades.withLock { shades in
        shades = observation.frames.indices.map { observation.frames[$0].pixels[59] }
      }
      answer.action = [observation.proprioception[0], observation.proprioception[1]]
      answer.noise = [1, 2]
      answer.logProbability = -3
    }
  }

  private func sent(
    _ encoder: inout StepEncoder, number: UInt64, step: UInt64?, _ observation: borrowing Observation
  ) throws -> ActionQuestion {
    var message: [UInt8] = []
    encoder.encode(question: number, step: step, observation, images: SourceImages()) { message = Array($0) }
    guard case .question(let question) = try FromRobot(message) else {
      throw RemoteError.invalid(what: "no question")
    }
    #expect(question.fits(Self.specification))
    return question
  }

  private func paint(_ observation: inout Observation, _ shade: UInt8) {
    let newest = observation.frames.count - 1
    observation.frames[newest].pixels = [UInt8](repeating: shade, count: 60)
    observation.proprioception = [Float(shade) / 255, -Float(shade) / 255]
  }

  @Test("sees what the robot sees, though frames that were sent with steps are not sent again")
  func follows() throws {
    let seen = Seen()
    let seat = seat(seen)
    var encoder = StepEncoder(for: Self.specification)
    var random = RandomSource(seed: 7, purpose: "seats")
    var transition = Transition(for: Self.specification)
    var sequence: UInt64 = 0
    for number in 1...200 as ClosedRange<UInt64> {
      let isKnown = encoder.isNext(transition.next)
      if !isKnown {
        paint(&transition.next, UInt8(random.next() % 256))
        transition.next.repeatNewestFrame()
      }
      let question = try sent(&encoder, number: number, step: isKnown ? sequence : nil, transition.next)
      #expect((question.sight == nil) == isKnown)
      let answer = try #require(seat.answer(question))
      #expect(answer.number == number && answer.noise == [1, 2] && answer.logProbability == -3)
      #expect(answer.action == transition.next.proprioception)
      let shades = transition.next.frames.indices.map { transition.next.frames[$0].pixels[59] }
      #expect(seen.shades.withLock { $0 } == shades)

      transition.state.copyFrames(from: transition.next)
      transition.state.proprioception = transition.next.proprioception
      transition.next.shiftFrames(from: transition.state)
      paint(&transition.next, UInt8(random.next() % 256))
      transition.outcome = Outcome(reward: -1, terminated: random.next() % 9 == 0)
      sequence += 1
      var message: [UInt8] = []
      encoder.encode(transition, sequence: sequence, images: SourceImages()) { bytes, _ in
        message = Array(bytes)
      }
      guard case .step(let step) = try FromRobot(message) else { throw RemoteError.invalid(what: "no step") }
      seat.see(step)
    }
  }

  @Test("does not answer where it may have missed a step, until it is told what the robot sees")
  func misses() throws {
    let seat = seat(Seen())
    var encoder = StepEncoder(for: Self.specification)
    let observation = Observation(for: Self.specification)
    #expect(seat.answer(try sent(&encoder, number: 1, step: 5, observation)) == nil)
    #expect(seat.answer(try sent(&encoder, number: 2, step: nil, observation)) != nil)
    #expect(seat.answer(try sent(&encoder, number: 3, step: 1, observation)) == nil)
  }

  @Test("an answer comes through, and fits its environment alone")
  func answers() throws {
    var answer = ActionAnswer(actionCount: 2)
    answer.number = 9
    answer.action = [0.5, -1]
    answer.noise = [0.25, 3]
    answer.logProbability = 1.5
    guard case .answer(let other) = try FromLearner(FromLearner.answer(answer).message()) else {
      throw RemoteError.invalid(what: "no answer")
    }
    #expect(other.number == 9 && other.action == answer.action && other.noise == answer.noise)
    #expect(other.logProbability == 1.5 && other.fits(2) && !other.fits(3))
  }
}
