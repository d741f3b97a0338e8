import ArgumentParser
import AVGArm

/// `avg-vision arm-guard`: started by a run with `--robot ur://HOST`, never by hand.
struct ArmGuardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ArmGuard.command,
    abstract: "Hold the connection to an arm, and stop it when the learner falls silent.",
    shouldDisplay: false)

  @Argument(help: "The controller's address, time-out, greatest speed and acceleration.")
  var words: [String] = []

  func run() throws {
    guard ArmGuard.serve(words) else {
      throw ValidationError("A run with --robot ur://HOST starts it; there is nothing to start by hand.")
    }
  }
}
