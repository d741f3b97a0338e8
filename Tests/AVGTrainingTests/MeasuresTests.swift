import AVGCore
import AVGTestSupport
import Foundation
import Testing

@testable import AVGTraining

@Suite("What a task measures")
struct MeasuresTests {
  private let way = Measure("way", unit: .millimeters)
  private let lift = Measure("lift", unit: .seconds)

  @Test("is summed over an episode, and the sum is the episode's")
  func sums() throws {
    var totals: [Double?] = []
    var hooks = TrainingHooks<FakeEnvironment, FakeAgent>()
    hooks.onEpisode = { totals.append($0.totals["wayMillimeters"]) }
    let journal = Journal()
    let script = [Outcome(reward: 1), Outcome(reward: 1), Outcome(reward: 1, terminated: true)]
    var trainer = Trainer(
      environment: FakeEnvironment(journal: journal, script: script, measures: [way]),
      agent: FakeAgent(journal: journal))
    try trainer.run(TrainingPlan(steps: 7), hooks: hooks)
    #expect(totals == [3, 3])
    #expect(trainer.trainingState.loop.episode.totals == ["wayMillimeters": 1])
    #expect(trainer.progress.recent.meanTotal(of: way) == 3 && trainer.progress.recent.meanReturn == 3)
  }

  @Test("an episode is judged by success, return or a total, in the unit that people are shown")
  func scores() {
    let record = EpisodeRecord(
      step: 5, episode: 1, length: 5, return: -5, success: true, totals: ["wayMillimeters": 1250])
    #expect(record.value(by: .success) == 1)
    #expect(record.value(by: .return) == -5)
    #expect(record.value(by: .total(of: way)) == 1.25)
    #expect(record.value(by: .total(of: lift)) == 0)
  }

  @Test("the report says what episodes are judged by")
  func report() {
    let report = EvaluationReport(
      [
        EpisodeRecord(
          step: 1, episode: 1, length: 1, return: 0, success: false, totals: ["wayMillimeters": 2])
      ],
      measures: [way])
    #expect(report.text(.total(of: way)).contains("\nway            mean 2.0 mm  median 2.0 mm\n"))
  }

  @Test("checkpoints of old, which knew a distance alone, are read")
  func old() throws {
    func read(_ distance: Int) throws -> EpisodeRecord {
      let text = """
        {"step":3,"episode":1,"length":3,"return":-3,"success":false,"distanceMillimeters":\(distance)}
        """
      return try JSONDecoder().decode(EpisodeRecord.self, from: Data(text.utf8))
    }
    #expect(try read(0).totals.isEmpty)
    #expect(try read(7).totals == ["distanceMillimeters": 7])
    let recent = try JSONDecoder().decode(
      RecentEpisodes.self,
      from: Data(#"{"lengths":[3,4],"successes":[true,false],"distances":[10,20]}"#.utf8))
    #expect(recent.count == 2 && recent.isPossible)
    #expect(recent.meanTotal(of: Measure("distance", unit: .millimeters)) == 15)
  }
}
