import AVGCore
import AVGPlots
import AVGTraining
import Testing

@testable import AVGRunFolder

@Suite("Learning curve")
struct LearningCurveTests {
  /// Episodes of 10 steps, of which the selected ones succeed.
  private func episodes(_ count: Int, success: (Int) -> Bool) -> [EpisodeRecord] {
    (1...count).map {
      EpisodeRecord(step: 10 * $0, episode: $0, length: 10, return: -1, success: success($0))
    }
  }

  @Test("a run that reaches the goal shows the success rate and the steps to the goal")
  func showsStepsToTheGoal() {
    let svg = LearningCurve(name: "reacher", episodes: episodes(30) { $0 > 15 }).drawing.svg
    for text in ["reacher: success rate", "steps to the goal", "last 20 episodes", "300"] {
      #expect(svg.contains(">\(text)<"))
    }
  }

  @Test("a run without a goal shows the return instead")
  func showsReturns() {
    let svg = LearningCurve(name: "mover", episodes: episodes(3) { _ in false }).drawing.svg
    #expect(svg.contains(">return<"))
    #expect(!svg.contains("steps to the goal"))
  }

  @Test("the success rate covers the last twenty episodes")
  func looksBackOnTwenty() throws {
    let drawing = LearningCurve(name: "r", episodes: episodes(40) { $0 > 20 }).drawing
    let line = try #require(
      drawing.shapes.lazy.compactMap { shape -> [Point]? in
        if case .polyline(let points, _, .blue) = shape, points.count > 2 { points } else { nil }
      }.first)
    // All failed up to the 20th; the 30th sees ten of each; from the 40th on all succeeded.
    let (bottom, top) = (line[0].y, line[39].y)
    #expect(line.prefix(20).allSatisfy { $0.y == bottom })
    #expect(abs(line[29].y - (bottom + top) / 2) < 1e-9)
    #expect(line[38].y > top)
  }

  @Test("a run without episodes has empty axes")
  func bearsNoEpisodes() {
    #expect(LearningCurve(name: "r", episodes: []).drawing.svg.contains("r: success rate"))
  }

  @Test("quantiles interpolate between values, as NumPy's do")
  func quantiles() {
    #expect(quantile(0.5, ofSorted: [1, 2, 4, 8]) == 3)
    #expect(quantile(0.25, ofSorted: [1, 2, 4, 8]) == 1.75)
    #expect(quantile(1, ofSorted: [1, 2]) == 2)
    #expect(quantile(0.5, ofSorted: [7]) == 7)
  }

  @Test("the recent episodes are the last twenty")
  func recentEpisodes() {
    var recent = RecentEpisodes()
    #expect(recent.successRate == nil && recent.meanLength == nil)
    for episode in episodes(25, success: { $0 > 10 }) { recent.append(episode) }
    #expect(recent.count == 20)
    #expect(recent.successRate == 0.75)
    #expect(recent.meanLength == 10)
  }
}
