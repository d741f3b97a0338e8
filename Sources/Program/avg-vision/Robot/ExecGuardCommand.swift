import ArgumentParser
import AVGExec

/// `avg-vision exec-guard`: started by a run with `--robot exec:PROGRAM`, never by hand.
struct ExecGuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ExecGuard.command,
    abstract: "Start a robot's program, and tell it to stop when the learner falls silent.",
    shouldDisplay: false)

  @Argument(
    parsing: .captureForPassthrough, help: "Period, time-out, speed limit, patience; then the program.")
  var words: [String] = []

  func run() throws {
    guard ExecGuard.serve(words) else {
      throw ValidationError("A run with --robot exec:PROGRAM starts it; there is nothing to start by hand.")
    }
  }
}
