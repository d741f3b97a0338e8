import ArgumentParser
import AVGExperiment

/// `avg-vision manual`: the manual page for man(1), made of the same words as the help.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page, for scripts/install.", shouldDisplay: false)

  func run() throws { print(ManualPage(try CommandDescription(dump: AVGVision._dumpHelp())).text) }
}

/// A page in the man(7) language.
private struct ManualPage {
  private(set) var text: String

  init(_ root: CommandDescription) {
    let name = root.commandName
    text = """
      .TH \(name.uppercased()) 1 "" "\(name) \(Product.version)" "User Commands"
      .SH NAME
      \(name) \\- \(Self.escaped(root.abstract ?? ""))
      .SH SYNOPSIS
      .B \(name)
      .RI [ command ]
      .RI [ options ]
      .SH DESCRIPTION

      """
    add(root.discussion)
    text += ".SH COMMANDS\n"
    for command in (root.subcommands ?? [])
    where command.shouldDisplay != false && command.commandName != "help" {
      text += ".SS \(name) \(command.commandName)\n\(Self.escaped(command.abstract ?? ""))\n"
      // The options that every command has are told of once.
      for argument in (command.arguments ?? []) where argument.shouldDisplay && !Self.isCommon(argument) {
        add(argument)
      }
      add(command.discussion)
    }
    text += ".SH OPTIONS OF EVERY COMMAND\n"
    for argument in (root.arguments ?? []) where argument.shouldDisplay { add(argument) }
  }

  private static func isCommon(_ argument: CommandDescription.Argument) -> Bool {
    ["help", "version"].contains(argument.names?.last?.name)
  }

  private mutating func add(_ argument: CommandDescription.Argument) {
    let value = argument.valueName.map { "\\fI\(Self.escaped($0))\\fR" } ?? ""
    let names = (argument.names ?? []).map { "\\fB\(Self.escaped($0.text))\\fR" }.joined(separator: ", ")
    let heading =
      switch argument.kind {
      case "positional": value
      case "option": names + " " + value
      default: names
      }
    text += ".TP\n\(heading)\n\(Self.escaped(argument.abstract ?? ""))\n"
  }

  /// A discussion: its lines stay as they are, for examples stand among them.
  private mutating func add(_ discussion: String?) {
    guard let discussion, !discussion.isEmpty else { return }
    text += ".PP\n.nf\n\(Self.escaped(discussion))\n.fi\n"
  }

  /// Text in which nothing is taken for a command of man(7).
  private static func escaped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let safe = String(line).replacing("\\", with: "\\e").replacing("-", with: "\\-")
        // Where no locale is set, a terminal's page has ASCII alone.
        .replacing("…", with: "...")
      return safe.first == "." || safe.first == "'" ? "\\&" + safe : safe
    }.joined(separator: "\n")
  }
}
