import AVGCore
import AVGTraining
import Foundation
import Testing

@testable import AVGRunFolder

@Suite("A task's measures in files and on the terminal")
struct MeasureFilesTests {
  private let way = Measure("way", unit: .millimeters)
  private let lift = Measure("lift", unit: .seconds)

  @Test("each has a column, in the order of the specification")
  func columns() throws {
    let path = NSTemporaryDirectory() + "avg-measures-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let record = EpisodeRecord(
      step: 5, episode: 1, length: 5, return: -5, success: true,
      totals: ["wayMillimeters": 1250, "liftSeconds": 0.5])
    try EpisodeLog(creating: path, measures: [way, lift]).append(record)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == "step,episode,length,return,success,way_mm,lift_s\n5,1,5,-5.0,1,1250.0,0.5\n")
    #expect(try EpisodeLog.episodes(in: path, measures: [way, lift]) == [record])
  }

  @Test("the progress line shows the measure that episodes are judged by")
  func words() {
    var progress = TrainingProgress()
    progress.recent.append(
      EpisodeRecord(
        step: 5, episode: 1, length: 5, return: -2.5, success: false, totals: ["wayMillimeters": 1250]))
    func text(_ score: EpisodeScore) -> String {
      ProgressLine.text(progress, totalSteps: nil, stepsPerSecond: 0, score: score)
    }
    #expect(text(.success).contains("success 0 %"))
    #expect(text(.return).contains("return -2.5 (last 1)"))
    #expect(text(.total(of: way)).contains("way 1,250 mm (last 1)"))
  }
}
