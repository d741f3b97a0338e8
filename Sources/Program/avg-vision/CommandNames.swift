import ArgumentParser
import AVGConfiguration
import AVGExperiment
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
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    guard let first = words.first else { return nil }
    if let mistake = mistake(in: first, known: all, shown: shown) { return mistake }
    // Of log, say, which has commands of its own.
    let own = AVGVision.configuration.subcommands.first { $0.configuration.commandName == first }
    let names = own?.configuration.subcommands.compactMap { $0.configuration.commandName } ?? []
    guard !names.isEmpty, let second = words.dropFirst().first else { return nil }
    return mistake(in: second, known: names, shown: names, of: first + " ")
  }

  private static func mistake(
    in word: String, known: [String], shown: [String], of command: String = ""
  ) -> String? {
    guard !word.hasPrefix("-"), !known.contains(word) else { return nil }
    let hint = nearestName(to: word, in: shown).map { "; did you mean '\(command)\($0)'?" } ?? "."
    return "Unknown command '\(command)\(word)'\(hint) Commands: \(shown.joined(separator: ", "))."
  }

  /// What is wrong with the first option among `arguments` that their command does not have; nil if it has them all.
  ///
  /// The parser speaks of a missing argument before it speaks of a mistyped option, and knows few near ones.
  static func unknownOption(in arguments: [String]) -> String? {
    guard let root = try? CommandDescription(dump: AVGVision._dumpHelp()) else { return nil }
    let word = arguments.first.flatMap { all.contains($0) ? $0 : nil } ?? root.defaultSubcommand
    let command = root.subcommands?.first { $0.commandName == word } ?? root
    // Those of its own commands too: of info, say, in log.
    let nested = (command.commandName == word ? command.subcommands : nil) ?? []
    let known =
      (command.optionNames + nested.flatMap(\.optionNames) + root.optionNames + hiddenOptions).uniqued
    for argument in arguments.prefix(while: { $0 != "--" })
    where argument.hasPrefix("-") && argument.count > 1 {
      let name = String(argument.prefix { $0 != "=" })
      // A negative number is a value.
      guard !known.contains(name), !name.dropFirst().allSatisfy({ $0.isNumber || $0 == "." }) else {
        continue
      }
      return "Unknown option '\(name)'" + advice(on: name, known: known)
    }
    return nil
  }

  /// What is probably meant by an option that the command does not have: a near one, or a key of the configuration.
  private static func advice(on name: String, known: [String]) -> String {
    let word = String(name.drop { $0 == "-" })
    let hint = StrictYAML.hint(for: word, in: ExperimentConfiguration())
    if let hint, ExperimentConfiguration.foreignNames[KeyHint.plain(word)] != nil {
      if let advice = advice(on: hint, known: known) { return advice }
    }
    if let nearest = nearestName(to: name, in: known) { return ". Did you mean '\(nearest)'?" }
    return hint.flatMap { advice(on: $0, known: known) } ?? ""
  }

  /// A key as an option gives it; nil where the command takes no keys.
  private static func advice(on hint: KeyHint, known: [String]) -> String? {
    switch hint {
    case .absent(let reason): return ": \(reason)."
    case .meant(let keys):
      let options = keys.compactMap { key -> String? in
        let own = ["task.kind": "task", "gymnasium.id": "gymnasium"]
        let option = "--" + (own[key] ?? String(key.split(separator: ".").last ?? ""))
        // A command without the option has no use for the key either.
        if (["training.steps", "training.seed"] + own.keys).contains(key) {
          return known.contains(option) ? option : nil
        }
        return key.contains(".") && known.contains("--set") ? "--set \(key)=VALUE" : nil
      }
      return options.isEmpty ? nil : ". Give \(options.joined(separator: ", or "))."
    }
  }

  /// The same with each negative number and the option before it in one word: the parser takes what begins with '-' for
  /// an option.
  static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    var isOver = false
    for argument in arguments {
      isOver = isOver || argument == "--"
      if !isOver, isNegative(argument), let option = joined.last, option.hasPrefix("--"),
        !option.contains("=")
      {
        joined[joined.count - 1] = option + "=" + argument
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  private static func isNegative(_ word: String) -> Bool {
    guard word.first == "-", let second = word.dropFirst().first else { return false }
    return second.isNumber || second == "." || ["-inf", "-infinity", "-nan"].contains(word.lowercased())
  }

  private static let hiddenOptions = [
    "--help", "-h", "--help-hidden", "--version", "--generate-completion-script", "--experimental-dump-help",
  ]

  /// The whole help, with the options of the command that is meant when none is named.
  static var help: String {
    AVGVision.helpMessage() + "\n\nWITHOUT A COMMAND, 'run' IS MEANT:\n\n" + RunCommand.helpMessage()
  }

  /// Whether `arguments` ask for the whole help.
  static func askForHelp(_ arguments: [String]) -> Bool {
    [["--help"], ["-h"], ["-help"], ["help"]].contains(arguments)
  }
}

extension [String] {
  /// The same without what has come before.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
