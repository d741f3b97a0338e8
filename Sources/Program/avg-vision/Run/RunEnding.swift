import AVGCore
import AVGPlots
import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// What a run tells at its end, in one line: where its folder is, how far it came, and what to do next.
struct RunEnding {
  /// The run's folder.
  var folder: RunFolder
  /// How far it came.
  var progress: TrainingProgress
  /// The step it was to come to; nil if it was to go on until it is ended.
  var steps: Int?
  /// The command that goes on with the run.
  var goingOn: [String]
  /// The command for a run that has done all its steps.
  var next: [String]

  /// The line.
  var text: String {
    let wasCutShort = steps.map { progress.steps < $0 } ?? true
    let count = grouped(Double(progress.steps))
    let episodes = grouped(Double(progress.episodes))
    let state =
      wasCutShort
      ? "stopped at step \(count)\(steps.map { " of \(grouped(Double($0)))" } ?? ""), after \(episodes) episodes"
      : "\(count) steps, \(episodes) episodes"
    let command = wasCutShort ? "Go on: \(Self.line(goingOn))" : "Next: \(Self.line(next))"
    return "run folder \(folder.path): \(state). \(command)"
  }

  /// Says it, after what was printed before.
  func tell() {
    fflush(nil)
    logger.notice("\(text)")
  }

  /// A command line of this program as a shell takes it.
  static func line(_ arguments: [String]) -> String {
    (["avg-vision"] + arguments).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:=,+@%".contains($0)) }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
