import AVGCore
import AVGTraining
import Testing

@testable import AVGRunFolder

@Suite("Progress line")
struct ProgressLineTests {
  private func progress(steps: Int) -> TrainingProgress {
    var progress = TrainingProgress()
    progress.steps = steps
    for index in 0..<20 {
      progress.recent.append(
        EpisodeRecord(step: 0, episode: index, length: 44 + index % 2, return: 0, success: index > 0))
    }
    return progress
  }

  @Test("the line names steps, rate, success, length and the time left")
  func words() {
    #expect(
      ProgressLine.text(progress(steps: 12_345), totalSteps: 60_000, stepsPerSecond: 2310)
        == "step 12,345/60,000  2,310 steps/s  success 95 % (last 20)  steps 44.5  time left 0:21")
  }

  @Test("problems are shown only if there are any")
  func suffixes() {
    var progress = progress(steps: 10)
    progress.missedCycles = 1200
    progress.refusedUpdates = 2
    progress.nonFiniteActions = 3
    let text = ProgressLine.text(progress, totalSteps: 10, stepsPerSecond: 22)
    #expect(text.hasSuffix("  missed cycles 1,200  refused updates 2  refused actions 3"))
  }

  @Test("before the first episode there is no success rate")
  func beforeTheFirstEpisode() {
    #expect(
      ProgressLine.text(TrainingProgress(), totalSteps: 100, stepsPerSecond: 0) == "step 0/100  0 steps/s")
  }

  @Test(
    "times are formatted like a clock",
    arguments: [
      (0.0, "0:00"), (20.6, "0:21"), (754, "12:34"), (3723, "1:02:03"), (.infinity, "277777:46:40"),
    ])
  func clock(seconds: Double, expected: String) {
    #expect(ProgressLine.clock(seconds) == expected)
  }

  /// The output of ten seconds of a thousand steps each.
  private func output(isTerminal: Bool) -> [String] {
    final class Output { var texts: [String] = [] }
    let output = Output()
    var line = ProgressLine(totalSteps: 10_000, isTerminal: isTerminal) { output.texts.append($0) }
    for step in 0...10_000 {
      line.update(progress(steps: step), now: MonotonicInstant(nanoseconds: Int64(step) * 1_000_000))
    }
    line.finish(progress(steps: 10_000), now: MonotonicInstant(nanoseconds: 10_000_000_000))
    return output.texts
  }

  @Test("on a terminal the line is overwritten five times a second and ended once")
  func liveLine() {
    let texts = output(isTerminal: true)
    #expect(texts.count == 51)
    #expect(texts.allSatisfy { $0.hasPrefix("\r\u{1B}[?7lstep ") })
    #expect(texts.dropLast().allSatisfy { !$0.contains("\n") })
    #expect(texts.last?.hasSuffix("\n") == true)
    #expect(texts[4].contains("step 1,000/10,000  1,000 steps/s"))
  }

  @Test("elsewhere a plain line is printed every five seconds")
  func plainLines() {
    let texts = output(isTerminal: false)
    #expect(texts.count == 3)
    #expect(texts.allSatisfy { $0.hasPrefix("step ") && $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
  }
}
