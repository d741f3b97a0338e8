import AVGCore
import AVGNetwork
import Foundation
import Testing
@testable import AVGLearning

extension Algorithm {
  /// Those that learn from each transition once, as it comes.
  static var incremental: [Algorithm] { allCases.filter { !$0.isBatch } }
}

/// What every learner of the family must do.
@Suite("The incremental family")
struct FamilyTests {
  private static func configuration(
    _ algorithm: Algorithm, _ sharing: AVGConfiguration.EncoderSharing = .shared
  ) -> AVGConfiguration {
    var configuration = AVGConfiguration.small
    configuration.algorithm = algorithm
    configuration.encoderSharing = sharing
    return configuration
  }

  private func makeRun(
    _ algorithm: Algorithm, _ sharing: AVGConfiguration.EncoderSharing = .shared, seed: UInt64 = 1
  ) -> RandomRunOf<Learner> {
    RandomRunOf(Self.configuration(algorithm, sharing), seed: seed)
  }

  @Test("the same seed gives the same bytes, another seed others", arguments: Algorithm.incremental)
  func deterministic(algorithm: Algorithm) throws {
    func bytes(seed: UInt64) throws -> Data {
      var run = makeRun(algorithm, seed: seed)
      let refused = run.run(60)
      #expect(refused == 0)
      return try run.bytes()
    }
    let first = try bytes(seed: 1)
    #expect(try bytes(seed: 1) == first)
    #expect(try bytes(seed: 2) != first)
  }

  @Test(
    "a learner restored from its file has the same bytes and does the same from there on",
    arguments: Algorithm.incremental, AVGConfiguration.EncoderSharing.allCases)
  func roundTrip(algorithm: Algorithm, sharing: AVGConfiguration.EncoderSharing) throws {
    for firstMomentDecay in [0, 0.9] {
      var configuration = Self.configuration(algorithm, sharing)
      configuration.firstMomentDecay = firstMomentDecay
      var first = RandomRunOf<Learner>(configuration)
      first.run(35)
      let contents = try first.bytes()
      var second = RandomRunOf<Learner>(configuration, seed: 2)
      try second.agent.restore(try Safetensors(contents, name: "file"), name: "file")
      let copied = try second.bytes()
      #expect(copied == contents)
      first.enterWorld(seed: 6)
      second.enterWorld(seed: 6)
      for _ in 0..<20 {
        let (update, twin) = (first.step(), second.step())
        #expect(update == twin && !update.isRefused)
        #expect(first.action == second.action)
      }
      let (end, twinEnd) = (try first.bytes(), try second.bytes())
      #expect(end == twinEnd && end != contents)
    }
  }

  @Test("no learner takes another's file", arguments: Algorithm.incremental)
  func otherFile(algorithm: Algorithm) throws {
    let file = makeRun(algorithm).agent.checkpoint()
    for other in Algorithm.incremental where other != algorithm {
      var run = makeRun(other)
      #expect(throws: CheckpointError.self) { try run.agent.restore(file, name: "file") }
    }
  }

  @Test(
    "acting greedily or by a seed of its own changes nothing in the learner", arguments: Algorithm.incremental
  )
  func actingOnly(algorithm: Algorithm) throws {
    var run = makeRun(algorithm)
    run.run(20)
    let before = try run.bytes()
    for mode in [ActingMode.greedy, .sampling(seed: 5)] {
      run.agent.mode = mode
      for _ in 0..<20 {
        _ = run.drawOutcome()
        run.agent.act(on: run.next, into: &run.action)
      }
      let after = try run.bytes()
      #expect(after == before)
    }
  }

  @Test("answering before learning learns from every step too", arguments: Algorithm.incremental)
  func answersFirst(algorithm: Algorithm) throws {
    for sharing in AVGConfiguration.EncoderSharing.allCases {
      var run = makeRun(algorithm, sharing)
      run.agent.act(on: run.current, into: &run.action)
      let before = try run.learned()
      for _ in 0..<20 {
        let outcome = run.drawOutcome()
        run.agent.anticipate(run.next, into: &run.action)
        let update = run.agent.learn(from: outcome, next: run.next)
        #expect(!update.isRefused)
        swap(&run.current, &run.next)
      }
      let after = try run.learned()
      #expect(after != before)
    }
  }

  @Test(
    "numbers that are not finite give the action zero or a refused update, and change nothing",
    arguments: Algorithm.incremental, [Float.nan, .infinity])
  func refuses(algorithm: Algorithm, bad: Float) throws {
    for sharing in AVGConfiguration.EncoderSharing.allCases {
      var run = makeRun(algorithm, sharing)
      run.run(20)

      run.agent.act(on: run.current, into: &run.action)
      var before = try run.learned()
      var update = run.agent.learn(from: Outcome(reward: bad), next: run.next)
      var after = try run.learned()
      #expect(update.isRefused && after == before)

      run.agent.act(on: run.current, into: &run.action)
      before = try run.learned()
      let kept = run.next.proprioception
      run.next.proprioception[0] = bad
      update = run.agent.learn(from: Outcome(reward: -1), next: run.next)
      run.next.proprioception = kept
      after = try run.learned()
      #expect(update.isRefused && after == before)

      before = after
      run.current.proprioception[1] = bad
      run.agent.act(on: run.current, into: &run.action)
      #expect(run.action == [0, 0])
      update = run.agent.learn(from: Outcome(reward: -1), next: run.next)
      after = try run.learned()
      #expect(update.isRefused && after == before)

      run.current.proprioception[1] = 0
      let refused = run.run(5)
      #expect(refused == 0)
    }
  }

  @Test(
    "each normalisation, the target networks' rate and the encoder's head make a difference",
    arguments: Algorithm.incremental)
  func switches(algorithm: Algorithm) throws {
    func weights(_ change: (inout AVGConfiguration) -> Void) throws -> [UInt8]? {
      var configuration = Self.configuration(algorithm)
      change(&configuration)
      var run = RandomRunOf<Learner>(configuration)
      let refused = run.run(40)
      #expect(refused == 0)
      return run.agent.checkpoint().tensors["actor.phi.0.weight"]?.bytes
    }
    let usual = try weights { _ in }
    var seen = [usual]
    if !algorithm.isStreamingActorCritic {
      for normalization in PenultimateNormalization.allCases where normalization != .unit {
        seen.append(try weights { $0.penultimateNormalization = normalization })
      }
      seen.append(try weights { $0.scalesTemporalDifference = false })
    }
    seen.append(try weights { $0.normalizesObservations = false })
    seen.append(try weights { $0.encoderHead = .linear })
    switch algorithm {
    case .sac, .td3, .ppo: Issue.record("\(algorithm) has a suite of its own")
    case .avg: seen.append(try weights { $0.targetNetworkRate = 0.01 })
    case .sac1: seen.append(try weights { $0.sac1.targetNetworkRate = 0.5 })
    case .td31: seen.append(try weights { $0.td31.targetNetworkRate = 0.5 })
    case .iac: break
    case .streamSAC:
      seen.append(try weights { $0.streaming.traceDecay = 0.5 })
      seen.append(try weights { $0.sac1.initialTemperature = 0.5 })
      for rule in StepRule.allCases where rule != .adam { seen.append(try weights { $0.optimizer = rule }) }
    case .streamTD3:
      seen.append(try weights { $0.streaming.traceDecay = 0.5 })
      seen.append(try weights { $0.td31.targetNoise = 1 })
      for rule in StepRule.allCases where rule != .adam { seen.append(try weights { $0.optimizer = rule }) }
    case .streamAC, .intentionalAC:
      seen.append(try weights { $0.streaming.traceDecay = 0.5 })
      seen.append(try weights { $0.streaming.sparsity = 0 })
      seen.append(try weights { $0.streaming.scalesRewards = false })
      seen.append(try weights { $0.streaming.timeInputSteps = 100 })
    }
    #expect(Set(seen.map { $0 ?? [] }).count == seen.count)
  }

  /// Signals x; the best action is (x₀, −x₁), and each step is an episode.
  @Test(
    "from signals alone, each learns a task of one step that has an answer", arguments: Algorithm.incremental)
  func learnsFromSignals(algorithm: Algorithm) {
    var configuration = AVGConfiguration()
    configuration.algorithm = algorithm
    configuration.hiddenUnits = 32
    configuration.rewardScale = 1
    configuration.entropyCoefficient = 0.01
    configuration.actorLearningRate = 1e-3
    configuration.criticLearningRate = 3e-3
    configuration.td31.explorationNoise = 0.3
    configuration.explorePlainly()
    let specification = EnvironmentSpecification(frames: nil, signalCount: 2, actionCount: 2)
    var agent = Learner(configuration, for: specification, seed: 3)
    var world = RandomSource(seed: 3, purpose: "world")
    var current = Observation(for: specification)
    var action: [Float] = [0, 0]
    func draw() {
      for index in 0..<2 { current.proprioception[index] = Float(world.uniform(in: -0.8...0.8)) }
    }
    func reward() -> Float {
      let miss = (action[0] - current.proprioception[0], action[1] + current.proprioception[1])
      return -miss.0 * miss.0 - miss.1 * miss.1
    }
    func meanGreedyReward() -> Float {
      agent.mode = .greedy
      defer { agent.mode = .learning }
      var sum: Float = 0
      for _ in 0..<200 {
        draw()
        agent.act(on: current, into: &action)
        sum += reward()
      }
      return sum / 200
    }
    let untrained = meanGreedyReward()
    for _ in 0..<8000 {
      draw()
      agent.act(on: current, into: &action)
      _ = agent.learn(from: Outcome(reward: reward(), terminated: true), next: current)
    }
    let trained = meanGreedyReward()
    #expect(untrained < -0.3, "\(untrained)")
    #expect(trained > -0.1, "\(untrained) before, \(trained) after")
  }
}
