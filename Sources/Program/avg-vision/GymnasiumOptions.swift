import ArgumentParser
import AVGConfiguration

/// Which environment of somebody else's takes the place of the simulated world.
struct GymnasiumOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Learn in a Gymnasium environment, as HalfCheetah-v4; overrides gymnasium.id.", valueName: "id"))
  var gymnasium: String?

  @Option(
    help: ArgumentHelp(
      "Learn in what this command starts, which speaks docs/environment-protocol.md; overrides gymnasium.command.",
      valueName: "command"))
  var gymnasiumCommand: String?

  @Option(
    help: ArgumentHelp(
      "The Python that has Gymnasium (default: python3); overrides gymnasium.python.", valueName: "path"))
  var python: String?

  private var given: [(key: String, option: String, value: String?)] {
    [
      ("id", "gymnasium", gymnasium), ("command", "gymnasium-command", gymnasiumCommand),
      ("python", "python", python),
    ]
  }

  /// An empty value would stand for the simulated world: most likely a variable of a script's is not set.
  func validate() throws {
    for (_, option, value) in given where value?.allSatisfy(\.isWhitespace) == true {
      throw ValidationError("--\(option) is empty: give it a value, or leave it out.")
    }
  }

  /// What is changed in the configuration.
  var overrides: [ConfigurationOverride] {
    given.compactMap { key, option, value in
      value.map { ConfigurationOverride("gymnasium.\(key)=\(quoted($0))", place: "--\(option) \($0)") }
    }
  }

  /// The value as a text of YAML, whatever is in it.
  private func quoted(_ value: String) -> String { "'" + value.replacing("'", with: "''") + "'" }
}
