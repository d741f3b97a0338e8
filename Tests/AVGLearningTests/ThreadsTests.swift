import AVGCore
import AVGNetwork
import AVGSystem
import Foundation
import Testing

@testable import AVGLearning

/// The number of threads is no hyper-parameter.
@Suite("Threads of a learner")
struct ThreadsTests {
  struct Subject: Sendable, CustomStringConvertible {
    var description: String
    var change: @Sendable (inout AVGConfiguration) -> Void
  }

  static let subjects = [
    Subject(description: "the default encoder, shared") { _ in },
    Subject(description: "ReLoD's encoder, shared") { $0.convolutions = relod },
    Subject(description: "ReLoD's encoder, separate") {
      $0.convolutions = relod
      $0.encoderSharing = .separate
    },
    Subject(description: "a linear head") {
      $0.encoderHead = .linear
      $0.rectifiesLastConvolution = true
    },
  ]

  /// 32 channels, 3×3 kernels, strides of 2, 2, 2 and 1.
  static let relod = [2, 2, 2, 1].map { ConvolutionShape(channels: 32, kernelSize: 3, stride: $0) }

  @Test("one, two and three threads end in the same bytes", arguments: subjects)
  func sameBytes(subject: Subject) throws {
    let alone = try learn(subject, WorkerPool?.none)
    for threads in 2...3 {
      let shared = try learn(subject, try WorkerPool(threads: threads))
      #expect(shared == alone, "\(threads) threads")
    }
  }

  /// The whole state after some steps in a world of random images, acting last and acting first.
  private func learn(_ subject: Subject, _ workers: WorkerPool?) throws -> Data {
    var configuration = AVGConfiguration()
    subject.change(&configuration)
    let specification = EnvironmentSpecification(signalCount: 2, actionCount: 2)
    var agent = Learner(configuration, for: specification, seed: 1, workers: workers)
    var transition = Transition(for: specification)
    var random = RandomSource(seed: 3, purpose: "world")
    RandomRun.fill(&transition.state, &random)
    for step in 0..<8 {
      let actsFirst = step >= 4
      if step <= 4 { agent.act(on: transition.state, into: &transition.action) }
      RandomRun.fill(&transition.next, &random)
      if actsFirst { agent.anticipate(transition.next, into: &transition.action) }
      transition.outcome = Outcome(reward: Float(random.normal()), terminated: false)
      let update = agent.take(transition)
      #expect(update?.isRefused == false)
      transition.advance()
    }
    return try agent.checkpoint().encoded()
  }
}
