import AVGCore
import AVGPlots
package import AVGRunFolder
import AVGSystem
package import AVGTraining
import Foundation
import Logging

/// What a run tells at its end, in one line: where its folder is, how far it came, and what to do next.
package struct RunEnding {
  /// The run's folder.
  package var folder: RunFolder
  /// How far it came.
  package var progress: TrainingProgress
  /// The step it was to come to; nil if it was to go on until it is ended.
  package var steps: Int?
  /// The command that goes on with the run.
  package var goingOn: [String]
  /// The command for a run that has done all its steps.
  package var next: [String]

  /// Makes an ending.
  package init(
    folder: RunFolder, progress: TrainingProgress, steps: Int?, goingOn: [String], next: [String]
  ) {
    self.folder = folder
    self.progress = progress
    self.steps = steps
    self.goingOn = goingOn
    self.next = next
  }

  /// The line.
  package var text: String {
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
  package func tell() {
    fflush(nil)
    logger.notice("\(text)")
  }

  /// A command line of this program as a shell takes it.
  package static func line(_ arguments: [String]) -> String {
    (["avg-vision"] + arguments).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:=,+@%".contains($0)) }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
