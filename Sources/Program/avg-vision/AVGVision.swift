import ArgumentParser
import AVGCore
import AVGExperiment
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// The command line: the only place that joins the parts.
@main
struct AVGVision: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "avg-vision",
    abstract: "A robot that learns while it acts, from its own camera, on its own small computer.",
    discussion: """
      Examples:
        avg-vision doctor                         list cameras and problems
        avg-vision --camera auto                  act and learn from a camera
        avg-vision train --steps 60000 --seed 1   train in the synthetic world
        avg-vision evaluate runs/NAME             measure what was learned
        avg-vision rig --start-from runs/NAME     the same on an emulated robot
        avg-vision train --record run.mcap        record what it sees and does
        avg-vision replay run.mcap                do it again and compare

      'avg-vision help COMMAND' explains each command; without one, 'run' is meant.
      'avg-vision --generate-completion-script SHELL' prints completions for bash,
      zsh or fish; scripts/install puts them, the program and its manual page in
      their places.

      Exit status: 0 done, also after one Ctrl-C; 1 failed, output not written, or
      (doctor) nothing can be used; 64 wrong usage; 130 ended at once by a second
      Ctrl-C, or a sweep, evaluate or freeze that the first one cut short.
      """,
    version: Product.version,
    subcommands: [
      RunCommand.self, TrainCommand.self, LearnCommand.self, EvaluateCommand.self, FreezeCommand.self,
      RecordCommand.self,
      ReplayCommand.self,
      LogCommand.self, PlotCommand.self, SweepCommand.self, KeysCommand.self, BenchmarkCommand.self,
      DoctorCommand.self,
      RigCommand.self, EmulatorCommand.self, ServeCommand.self,
      GuardCommand.self, ExecGuardCommand.self, ArmGuardCommand.self, CameraCyclesCommand.self,
      DashboardServerCommand.self,
      ManualCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static let _errorPrefix = Console.errorPrefix

  static func main() {
    StandardStreams.prepare()
    MemoryShortage.handle()
    Console.begin()
    let arguments = CommandNames.joiningNegativeNumbers(Array(CommandLine.arguments.dropFirst()))
    if CommandNames.askForHelp(arguments) {
      print(CommandNames.help)
      end()
    }
    do {
      try InstructionSetOption.checkEnvironment()
      if let mistake = CommandNames.mistake(in: arguments) { throw ValidationError(mistake) }
      var command = try parseAsRoot(arguments)
      do {
        try command.run()
      } catch  where isFailure(error) {
        logger.error("\(words(error))")
        end(with: ExitCode.failure)
      }
      end()
    } catch {
      guard exitCode(for: error) == .validationFailure else { end(with: error) }
      Console.write(wrongUse(error, arguments))
      end(with: ExitCode.validationFailure)
    }
  }

  /// Ends the program: every way to its end but a crash leads through here, so that no result is lost unsaid.
  ///
  /// - Parameter error: an exit code, or a request for help; nil for a command that is done.
  private static func end(with error: (any Error)? = nil) -> Never {
    var error = error
    if let request = error, exitCode(for: request) == .success {
      print(fullMessage(for: request))
      error = nil
    }
    do { try StandardStreams.flushOutput() } catch let failure {
      logger.error("\(failure)")
      error = error ?? ExitCode.failure
    }
    exit(withError: error)
  }

  /// An error in this program's words: Foundation's print themselves with their fields.
  private static func words(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "\(error)" }
    let code = (error.underlying as? POSIXError)?.code.rawValue ?? EIO
    return FileError(path: error.filePath ?? "a file", action: "use the file", code: code).description
  }

  /// Whether `error` is no request for help and nothing else that the argument parser knows how to show.
  private static func isFailure(_ error: any Error) -> Bool {
    !(error is ExitCode) && exitCode(for: error) == .failure
  }

  /// What is wrong with a command line, and how the command that it names is used.
  private static func wrongUse(_ error: any Error, _ arguments: [String]) -> String {
    let text = fullMessage(for: error)
    // A value that is refused belongs to an option that is known.
    guard !text.hasPrefix(Console.errorPrefix + "The value "),
      let mistake = CommandNames.unknownOption(in: arguments), let usage = text.range(of: "\nUsage: ")
    else { return text }
    return Console.errorPrefix + mistake + text[usage.lowerBound...]
  }
}
