import ArgumentParser
import AVGTraining

/// The names of the commands, for the mistakes that the argument parser does not see: to it, a mistyped command is a
/// wrong argument of the default one.
enum CommandNames {
  /// The commands that help names.
  static var shown: [String] {
    AVGVision.configuration.subcommands
      .filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
  }

  private static var all: [String] {
    AVGVision.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
  }

  /// What is wrong with the command that `arguments` name; nil if they name one or none.
  static func mistake(in arguments: [String]) -> String? {
    guard let first = arguments.first else { return nil }
    guard first == "help" else { return mistake(in: first) }
    return arguments.dropFirst().first.flatMap(mistake)
  }

  private static func mistake(in word: String) -> String? {
    guard !word.hasPrefix("-"), !all.contains(word) else { return nil }
    let hint = nearestName(to: word, in: shown).map { "; did you mean '\($0)'?" } ?? "."
    return "Unknown command '\(word)'\(hint) Commands: \(shown.joined(separator: ", "))."
  }

  /// The whole help, with the options of the command that is meant when none is named.
  static var help: String {
    AVGVision.helpMessage() + "\n\nWITHOUT A COMMAND, 'run' IS MEANT:\n\n" + RunCommand.helpMessage()
  }

  /// Whether `arguments` ask for the whole help.
  static func askForHelp(_ arguments: [String]) -> Bool {
    [["--help"], ["-h"], ["-help"], ["help"]].contains(arguments)
  }
}
