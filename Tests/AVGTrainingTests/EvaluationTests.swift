import AVGCore
import AVGSystem
import AVGTestSupport
import Foundation
import Testing

@testable import AVGTraining

@Suite("Evaluation")
struct EvaluationTests {
  @Test("whole episodes are done, without learning, and summed up")
  func evaluates() throws {
    let journal = Journal()
    var late = Outcome.going
    late.missedCycles = 2
    var environment = FakeEnvironment(
      journal: journal, script: [.going, .goal, late, .going, .goal, .going, .going, .going, .timeOut])
    var agent = FakeAgent(journal: journal, brokenActs: [1])
    let report = try evaluate(in: &environment, episodes: 3) { agent.act(on: $1, into: &$2) }
    #expect(report.episodes == 3)
    #expect(report.successRate == 2.0 / 3)
    #expect(report.meanStepsToGoal == 2.5 && report.medianStepsToGoal == 2.5)
    #expect(report.meanReturn == -1 && report.medianReturn == 0)
    #expect(report.lowestReturn == -4 && report.highestReturn == 1)
    #expect(report.missedCycles == 2)
    #expect(report.nonFiniteActions == 1 && journal.actions[1] == [0, 0])
    #expect(journal.calls.count { $0 == "reset" } == 3)
    #expect(!journal.calls.contains { $0.hasPrefix("learn") })
  }

  @Test("a raised flag leaves out the episode at hand")
  func stops() throws {
    let stop = StopFlag()
    stop.raise()
    let journal = Journal()
    var environment = FakeEnvironment(journal: journal, script: [.going])
    var agent = FakeAgent(journal: journal)
    #expect(
      try evaluate(in: &environment, episodes: 3, stop: stop) { agent.act(on: $1, into: &$2) }.episodes == 0)
  }

  @Test("JSON has every key, sorted, null where there is no value, and comes back the same")
  func writesJSON() throws {
    let report = EvaluationReport([
      EpisodeRecord(step: 3, episode: 1, length: 3, return: -0.3, success: false)
    ])
    let json = try report.json()
    #expect(
      json == """
        {
          "episodes" : 1,
          "highestReturn" : -0.3,
          "lowestReturn" : -0.3,
          "meanReturn" : -0.3,
          "meanStepsToGoal" : null,
          "medianReturn" : -0.3,
          "medianStepsToGoal" : null,
          "missedCycles" : 0,
          "nonFiniteActions" : 0,
          "requestedEpisodes" : 1,
          "successRate" : 0
        }
        """)
    #expect(try JSONDecoder().decode(EvaluationReport.self, from: Data(json.utf8)) == report)
  }

  @Test("a report of fewer episodes than were asked for says so; one of old does not know")
  func cutShort() throws {
    let episode = EpisodeRecord(step: 3, episode: 1, length: 3, return: -0.3, success: false)
    let report = EvaluationReport([episode], requested: 2000)
    #expect(!report.isComplete && report.text().hasPrefix("episodes       1 of 2,000: cut short\n"))
    #expect(EvaluationReport([episode]).isComplete)
    let old = try report.json().replacing(#/ *"requestedEpisodes.*\n/#, with: "")
    #expect(try JSONDecoder().decode(EvaluationReport.self, from: Data(old.utf8)).isComplete)
  }

  @Test("a return that is not finite is still written")
  func writesNonFiniteReturns() throws {
    let report = EvaluationReport([
      EpisodeRecord(step: 3, episode: 1, length: 3, return: .nan, success: false)
    ])
    #expect(try report.json().contains("\"meanReturn\" : \"nan\""))
  }

  @Test("the text names the figures, with a dash where there is none")
  func writesText() {
    #expect(
      EvaluationReport([]).text() == """
        episodes       0
        success        0.0 %
        steps to goal  mean -  median -
        return         mean -  median -  lowest -  highest -
        missed cycles  0
        """)
  }
}
