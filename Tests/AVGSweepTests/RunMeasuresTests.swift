import AVGCore
import AVGTraining
import Testing

@testable import AVGSweep

@Suite("Measures of a run")
struct RunMeasuresTests {
  private let distance = Measure("distance", unit: .millimeters)

  /// Episodes of 10 steps each, of which those named reach the goal.
  private func episodes(_ count: Int, goal: (Int) -> Bool) -> [EpisodeRecord] {
    (1...count).map {
      EpisodeRecord(
        step: 10 * $0, episode: $0, length: 10, return: -10, success: goal($0),
        totals: [distance.key: 1000 * Double($0)])
    }
  }

  private func measures(_ records: [EpisodeRecord], marks: [Int] = []) -> RunMeasures {
    RunMeasures(seed: 1, records, score: .success, steps: 3000, marks: marks)
  }

  @Test("the success at a step is that of the hundred episodes before it")
  func looksBackOnAHundred() {
    let run = measures(episodes(300) { $0 > 150 }, marks: [1000, 1500, 2000, 2500, 9000])
    #expect(run.atMarks == [0, 0, 0.5, 1, 1])
    #expect(run.final == 1)
    #expect(run.episodes == 300)
  }

  @Test("95 % success is reached with the 19th of 20 episodes in a row")
  func findsSuccess() {
    #expect(measures(episodes(300) { $0 > 150 }).stepsToSuccess == 1690)
    #expect(measures(episodes(300) { !$0.isMultiple(of: 10) }).stepsToSuccess == nil)
    #expect(measures(episodes(19) { _ in true }).stepsToSuccess == nil)
    #expect(measures(episodes(20) { _ in true }).stepsToSuccess == 200)
  }

  @Test("a collapse after the success is seen, one before it is not")
  func seesCollapses() {
    #expect(measures(episodes(300) { !(150...169).contains($0) }).lowestAfterwards == 0.6)
    #expect(measures(episodes(300) { $0 > 60 }).lowestAfterwards == 1)
    #expect(measures(episodes(40) { _ in true }).lowestAfterwards == nil)
  }

  @Test("the area is the mean of the last twenty episodes' success over all steps")
  func measuresArea() {
    #expect(measures(episodes(300) { _ in true }).area == 1)
    // Nothing up to the 50th hundredth; then three more goals of twenty at each, and all from the 57th on.
    let half = measures(episodes(300) { $0 > 150 }).area
    #expect(abs(half - (3 * (1 + 2 + 3 + 4 + 5 + 6) / 20.0 + 44) / 100) < 1e-9)
  }

  @Test("distances are metres an episode, and nobody reaches a goal")
  func measuresDistance() {
    let run = RunMeasures(
      seed: 1, episodes(300) { _ in false }, score: .total(of: distance), steps: 3000, marks: [1000])
    #expect(run.final == 250.5 && run.atMarks == [50.5])
    #expect(run.stepsToSuccess == nil && run.stepsToGoal == nil)
  }

  @Test("a run without an episode has measures of nothing")
  func bearsNoEpisodes() {
    let run = measures([])
    #expect(run.final == 0 && run.area == 0 && run.stepsToSuccess == nil)
  }
}
