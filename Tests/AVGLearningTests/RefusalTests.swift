import AVGCore
import AVGNetwork
import Testing
@testable import AVGLearning

/// Numbers that are not finite: nothing learned changes, and what follows is as if they had never been.
@Suite("Refused updates")
struct RefusalTests {
  static let notFinite: [Float] = [.nan, .infinity, -.infinity]

  /// Both runs know the same but only `run` has met bad numbers: from here on they must do the same.
  private func expectGoesOnNormally(_ run: inout RandomRun) throws {
    var fresh = RandomRun(run.agent.configuration, seed: 77)
    try fresh.agent.restore(run.agent.checkpoint(), name: "twin")
    run.enterWorld(seed: 9)
    fresh.enterWorld(seed: 9)
    let refused = run.run(20)
    fresh.run(20)
    #expect(refused == 0)
    let (after, expected) = (try run.bytes(), try fresh.bytes())
    #expect(after == expected)
  }

  private func makeRun(_ sharing: AVGConfiguration.EncoderSharing = .shared, clip: Double = 5) -> RandomRun {
    var configuration = AVGConfiguration.small
    configuration.encoderSharing = sharing
    configuration.normalizerClip = clip
    var run = RandomRun(configuration)
    run.run(20)
    return run
  }

  /// Expects that the update is refused and has changed nothing that was learned.
  private func expectRefusal(of outcome: Outcome, _ run: inout RandomRun) throws {
    let before = try run.learned()
    let update = run.agent.learn(from: outcome, next: run.next)
    #expect(update.isRefused)
    let after = try run.learned()
    #expect(after == before)
  }

  @Test("a reward that is not finite is refused", arguments: notFinite)
  func reward(bad: Float) throws {
    var run = makeRun()
    run.agent.act(on: run.current, into: &run.action)
    try expectRefusal(of: Outcome(reward: bad), &run)
    try expectGoesOnNormally(&run)
  }

  @Test(
    "a signal of S that is not finite gives the action zero and is refused, clipped or not",
    arguments: notFinite, [0.0, 5.0])
  func signalOfState(bad: Float, clip: Double) throws {
    for sharing in AVGConfiguration.EncoderSharing.allCases {
      var run = makeRun(sharing, clip: clip)
      let before = try run.learned()
      run.current.proprioception[1] = bad
      run.agent.act(on: run.current, into: &run.action)
      #expect(run.action == [0, 0])
      let update = run.agent.learn(from: Outcome(reward: -1), next: run.next)
      #expect(update.isRefused)
      let after = try run.learned()
      #expect(after == before)
      try expectGoesOnNormally(&run)
    }
  }

  @Test(
    "a signal of S′ that is not finite is refused, clipped or not", arguments: notFinite, [0.0, 5.0])
  func signalOfNextState(bad: Float, clip: Double) throws {
    for sharing in AVGConfiguration.EncoderSharing.allCases {
      var run = makeRun(sharing, clip: clip)
      run.agent.act(on: run.current, into: &run.action)
      run.next.proprioception[0] = bad
      try expectRefusal(of: Outcome(reward: -1), &run)
      try expectGoesOnNormally(&run)
    }
  }

  struct BadWeight: CustomStringConvertible, Sendable {
    var tensor: String
    var number: Float
    var stopsAction: Bool
    var description: String { "\(tensor) = \(number)" }
  }

  @Test(
    "a weight that is not finite, or so large that numbers overflow, is refused",
    arguments: [
      BadWeight(tensor: "actor.phi.0.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "actor.mu.bias", number: .infinity, stopsAction: true),
      BadWeight(tensor: "actor.log_std.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "actor.encoder.convs.0.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "actor.encoder.convs.2.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "encoder.convs.0.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "encoder.convs.2.weight", number: .nan, stopsAction: true),
      BadWeight(tensor: "critic.phi.2.weight", number: .nan, stopsAction: false),
      BadWeight(tensor: "critic.q.bias", number: -.infinity, stopsAction: false),
      BadWeight(tensor: "critic.q.bias", number: 3e38, stopsAction: false),
      BadWeight(tensor: "critic.q.weight", number: 1e25, stopsAction: false),
    ])
  func weight(bad: BadWeight) throws {
    var run = makeRun(.separate)
    var kept: [String: [Float]] = [:]
    PlainAVG.visit(run.agent) { parameter, values, _ in kept[parameter.name] = values }
    run.agent.setWeights { name in
      var numbers = kept[name] ?? []
      if name == bad.tensor { numbers[0] = bad.number }
      return numbers
    }
    run.agent.act(on: run.current, into: &run.action)
    #expect((run.action == [0, 0]) == bad.stopsAction)
    try expectRefusal(of: Outcome(reward: -1, terminated: true), &run)

    run.agent.setWeights { kept[$0] ?? [] }
    try expectGoesOnNormally(&run)
  }

  @Test("a reward that overflows when it is scaled is refused")
  func scaledReward() throws {
    var configuration = AVGConfiguration.small
    configuration.rewardScale = 1000
    var run = RandomRun(configuration)
    run.run(20)
    run.agent.act(on: run.current, into: &run.action)
    try expectRefusal(of: Outcome(reward: -1e37), &run)
    try expectGoesOnNormally(&run)
  }

  @Test("signals so large that the network overflows give the action zero")
  func overflowingSignal() throws {
    var configuration = AVGConfiguration.small
    configuration.normalizesObservations = false
    configuration.penultimateNormalization = .none
    var run = RandomRun(configuration)
    run.run(20)
    let before = try run.learned()
    for index in run.current.proprioception.indices {
      run.current.proprioception[index] = .greatestFiniteMagnitude
    }
    run.agent.act(on: run.current, into: &run.action)
    #expect(run.action == [0, 0])
    let update = run.agent.learn(from: Outcome(reward: -1), next: run.next)
    #expect(update.isRefused)
    let after = try run.learned()
    #expect(after == before)
    try expectGoesOnNormally(&run)
  }

  @Test("an action is learned from once, and only if it was sampled to learn")
  func learnsOnce() throws {
    var run = makeRun()
    run.step()
    let again = run.agent.learn(from: Outcome(reward: -1), next: run.next)
    #expect(again.isRefused)
    for mode in [ActingMode.greedy, .sampling(seed: 3)] {
      run.agent.mode = mode
      run.agent.act(on: run.current, into: &run.action)
      try expectRefusal(of: Outcome(reward: -1), &run)
    }
  }
}
