import AVGCore
import AVGNetwork
import Foundation
import Testing
@testable import AVGLearning

@Suite("AVG's target network")
struct TargetNetworkTests {
  private func configuration(
    _ rate: Double, _ sharing: AVGConfiguration.EncoderSharing = .shared
  ) -> AVGConfiguration {
    var configuration = AVGConfiguration.small
    configuration.targetNetworkRate = rate
    configuration.encoderSharing = sharing
    // Large enough for the encoder's own changes to tell.
    configuration.encoderLearningRate = 1e-3
    return configuration
  }

  @Test(
    "one that goes all the way after each update changes nothing",
    arguments: AVGConfiguration.EncoderSharing.allCases)
  func wholeWay(sharing: AVGConfiguration.EncoderSharing) throws {
    var usual = RandomRun(configuration(0, sharing))
    var followed = RandomRun(configuration(1, sharing))
    let refused = (usual.run(60), followed.run(60))
    #expect(refused == (0, 0))
    let expected = usual.agent.checkpoint().tensors.mapValues(\.bytes)
    let found = followed.agent.checkpoint().tensors.mapValues(\.bytes)
    for (name, bytes) in expected {
      #expect(found[name] == bytes, "\(name)")
    }
    let targets = found.keys.filter { $0.hasPrefix("target.") }
    #expect(targets.count == 10)
    for name in targets {
      #expect(found[name] == expected[String(name.dropFirst("target.".count))], "\(name)")
    }
  }

  @Test("it goes the share τ of the way after each update", arguments: [0.001, 0.01, 0.1])
  func follows(rate: Double) throws {
    var run = RandomRun(configuration(rate))
    run.run(5)
    let before = run.agent.checkpoint()
    run.step()
    let after = run.agent.checkpoint()
    for name in before.tensors.keys where name.hasPrefix("target.") {
      let followed: [Float] = try #require(after.numbers(String(name.dropFirst("target.".count))))
      let (old, new): ([Float], [Float]) = (
        try #require(before.numbers(name)), try #require(after.numbers(name))
      )
      for index in old.indices {
        let expected = rate * Double(followed[index]) + (1 - rate) * Double(old[index])
        #expect(abs(Double(new[index]) - expected) < 1e-6, "\(name) \(index)")
      }
    }
  }

  @Test("Q(S′, A′) is the target's, its encoder's features and all; Q(S, A) is the critic's")
  func asksTheTarget() throws {
    var run = RandomRun(configuration(0.001))
    run.run(60)
    let before = run.agent.checkpoint()
    let (noise, nextNoise): ([Float], [Float]) = ([0.7, -0.4], [-1.1, 0.2])
    run.agent.act(on: run.current, noise: noise, into: &run.action)
    let plain = PlainAVG(run.agent.configuration, run.agent.checkpoint())
    var target = plain
    for name in before.tensors.keys where name.hasPrefix("target.") {
      target.tensors[String(name.dropFirst("target.".count))] = plain.tensors[name]
    }
    var outcome = run.drawOutcome()
    outcome.terminated = false
    let update = run.agent.learn(from: outcome, next: run.next, noise: nextNoise)

    let configuration = run.agent.configuration
    let targetVector = target.vector(run.next, through: "encoder")
    let nextVector = plain.vector(run.next, through: "encoder")
    let vector = plain.vector(run.current, through: "encoder")
    let (action, _) = plain.policy(vector, noise: noise)
    let (nextAction, nextLogProbability) = plain.policy(nextVector, noise: nextNoise)
    func delta(_ nextValue: Double) -> Double {
      let target = nextValue - configuration.entropyCoefficient * nextLogProbability
      let reward = Double(outcome.reward) * configuration.rewardScale
      return (reward + configuration.discount * target - plain.value(vector, action))
        / Double(update.temporalDifferenceScale)
    }
    let found = Double(update.temporalDifferenceError)
    #expect(abs(found - delta(target.value(targetVector, nextAction))) < 1e-4)
    #expect(abs(found - delta(plain.value(nextVector, nextAction))) > 1e-3, "else this test cannot tell")
    // The features of the target's own encoder differ too.
    #expect(abs(found - delta(target.value(nextVector, nextAction))) > 1e-6)
  }

  @Test("other algorithms refuse AVG's key and say so", arguments: [Algorithm.iac, .sac1, .td31])
  func refusedElsewhere(algorithm: Algorithm) {
    var configuration = configuration(0.01)
    configuration.algorithm = algorithm
    let error = #expect(throws: InvalidSetting.self) { try configuration.validate() }
    #expect(error?.key == "targetNetworkRate")
    #expect(error?.allowed.contains(algorithm.rawValue) == true)
  }
}
