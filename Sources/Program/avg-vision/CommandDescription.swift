import ArgumentParser
import Foundation

/// A command as the argument parser describes it.
struct CommandDescription: Decodable {
  /// An argument, an option or a flag.
  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String

      /// As it is typed.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    var kind: String
    var shouldDisplay: Bool
    var names: [Name]?
    var valueName: String?
    var abstract: String?
  }

  var commandName: String
  var abstract: String?
  var discussion: String?
  var shouldDisplay: Bool?
  var defaultSubcommand: String?
  var subcommands: [CommandDescription]?
  var arguments: [Argument]?

  /// Every option and flag, as it is typed.
  var optionNames: [String] { (arguments ?? []).flatMap { $0.names ?? [] }.map(\.text) }

  /// Reads the argument parser's dump of a whole program.
  init(dump: String) throws {
    struct Tool: Decodable {
      var command: CommandDescription
    }
    self = try JSONDecoder().decode(Tool.self, from: Data(dump.utf8)).command
  }
}
