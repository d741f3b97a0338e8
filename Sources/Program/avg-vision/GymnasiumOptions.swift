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

  /// What is changed in the configuration.
  var overrides: [ConfigurationOverride] {
    [
      ("id", "gymnasium", gymnasium), ("command", "gymnasium-command", gymnasiumCommand),
      ("python", "python", python),
    ]
    .compactMap { key, option, value in
      value.map { ConfigurationOverride("gymnasium.\(key)=\(quoted($0))", place: "--\(option) \($0)") }
    }
  }

  /// The value as a text of YAML, whatever is in it.
  private func quoted(_ value: String) -> String { "'" + value.replacing("'", with: "''") + "'" }
}
