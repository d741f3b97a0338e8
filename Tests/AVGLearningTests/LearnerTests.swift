import AVGCore
import AVGNetwork
import Testing
@testable import AVGLearning

@Suite("Learner")
struct LearnerTests {
  struct Switch: CustomStringConvertible, Sendable {
    var description: String
    var turn: @Sendable (inout AVGConfiguration) -> Void
  }

  @Test(
    "each of the three normalisations can be switched off, and it makes a difference",
    arguments: [
      Switch(description: "observations") { $0.normalizesObservations = false },
      Switch(description: "penultimate") { $0.penultimateNormalization = .none },
      Switch(description: "TD error") { $0.scalesTemporalDifference = false },
    ], AVGConfiguration.EncoderSharing.allCases)
  func switches(off: Switch, sharing: AVGConfiguration.EncoderSharing) {
    var configuration = AVGConfiguration.small
    configuration.encoderSharing = sharing
    var usual = RandomRun(configuration)
    off.turn(&configuration)
    var changed = RandomRun(configuration)
    let refused = (usual.run(50), changed.run(50))
    #expect(refused == (0, 0))
    let (weights, changedWeights) = (
      usual.agent.checkpoint().tensors.mapValues(\.bytes),
      changed.agent.checkpoint().tensors.mapValues(\.bytes)
    )
    #expect(weights["actor.phi.0.weight"] != changedWeights["actor.phi.0.weight"])
    #expect(weights["critic.phi.0.weight"] != changedWeights["critic.phi.0.weight"])
    #expect((changedWeights["normalizer.mean"] == nil) == (off.description == "observations"))
  }

  @Test("without TD-error scaling the scale is 1")
  func unscaled() {
    var configuration = AVGConfiguration.small
    configuration.scalesTemporalDifference = false
    var run = RandomRun(configuration)
    for _ in 0..<30 {
      let update = run.step()
      #expect(update.temporalDifferenceScale == 1)
    }
  }

  @Test("acting greedily or by a seed of its own changes nothing in the learner")
  func actingOnly() throws {
    var run = RandomRun()
    run.run(20)
    let before = try run.bytes()
    for mode in [ActingMode.greedy, .sampling(seed: 5)] {
      run.agent.mode = mode
      for _ in 0..<100 {
        _ = run.drawOutcome()
        run.agent.act(on: run.next, into: &run.action)
      }
      let after = try run.bytes()
      #expect(after == before)
    }
  }

  @Test("greedy actions are tanh μ, sampled ones follow their seed")
  func modes() {
    var run = RandomRun()
    run.run(20)
    func act(_ run: inout RandomRun, _ mode: ActingMode) -> [Float] {
      run.agent.mode = mode
      run.agent.act(on: run.current, into: &run.action)
      return run.action
    }
    let plain = PlainAVG(run.agent)
    let (mean, _) = plain.policy(plain.vector(run.current, through: "encoder"), noise: [0, 0])
    let greedy = act(&run, .greedy)
    for (action, expected) in zip(greedy, mean) {
      #expect(abs(Double(action) - expected) < 1e-5)
    }
    let sampled = act(&run, .sampling(seed: 1))
    #expect(sampled != greedy)
    #expect(act(&run, .sampling(seed: 1)) == sampled)
    #expect(act(&run, .sampling(seed: 2)) != sampled)
    #expect(act(&run, .greedy) == greedy)
  }

  @Test(
    "one that follows another's transitions learns what that one learned, and nothing from stale or skipped ones",
    // PPO learns from a whole rollout at once; PPOTests have the same for it.
    arguments: Algorithm.allCases.filter { $0 != .ppo })
  func following(algorithm: Algorithm) throws {
    var configuration = AVGConfiguration.small
    configuration.algorithm = algorithm
    configuration.excursionRate = 0
    let specification = RandomRun.specification
    var acting = Learner(configuration, for: specification, seed: 1)
    var following = Learner(configuration, for: specification, seed: 1)
    following.mode = .following
    var random = RandomSource(seed: 1, purpose: "world")
    var transition = Transition(for: specification)
    RandomRun.fill(&transition.state, &random)
    for step in 0..<40 {
      acting.act(on: transition.state, into: &transition.action)
      RandomRun.fill(&transition.next, &random)
      transition.outcome = Outcome(
        reward: Float(random.normal()), terminated: step % 9 == 8, isStale: step % 7 == 6)
      transition.isSkipped = step % 5 == 4
      let update = acting.take(transition)
      let followed = following.take(transition)
      #expect((update != nil) == transition.isLearnable && (followed != nil) == transition.isLearnable)
      if let update, let followed {
        #expect(!update.isRefused && !followed.isRefused)
        #expect(abs(update.value - followed.value) < 1e-3)
        #expect(abs(update.temporalDifferenceError - followed.temporalDifferenceError) < 1e-2)
      }
      transition.advance()
    }
  }

  @Test("the same seed gives the same bytes after 200 steps, another seed others")
  func deterministic() throws {
    func bytes(seed: UInt64) throws -> [UInt8] {
      var run = RandomRun(seed: seed)
      let refused = run.run(200)
      #expect(refused == 0)
      return [UInt8](try run.bytes())
    }
    let first = try bytes(seed: 1)
    #expect(try bytes(seed: 1) == first)
    #expect(try bytes(seed: 2) != first)
  }
}
