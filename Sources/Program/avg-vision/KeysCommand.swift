import ArgumentParser
import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGSweep

/// `avg-vision keys`
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Print the keys of the configuration: meaning, default and allowed values.",
    discussion: """
      Examples:
        avg-vision keys                   every key: configs/visual-reacher.yaml
        avg-vision keys agent             those of a section
        avg-vision keys agent.discount    one
        avg-vision keys > mine.yaml       a file to change
        avg-vision keys --study           those of a study, for 'avg-vision sweep'
        avg-vision keys --page            the page docs/keys.md

      What is printed is a configuration with its defaults; 'avg-vision train FILE'
      takes it, and '--set KEY=VALUE' changes a key for one run.
      """)

  @Argument(help: "A section or a key, as agent or agent.discount (default: all).")
  var key: String?

  @Flag(help: "The keys of a study, a file like those in configs/sweeps/.")
  var study = false

  @Flag(help: "Print the page of all keys in Markdown.")
  var page = false

  func run() throws {
    if page {
      print(Self.markdown, terminator: "")
    } else if study {
      print(try KeyPage(SweepConfiguration()).yaml(of: key), terminator: "")
    } else {
      let text = try KeyPage(ExperimentConfiguration()).yaml(of: key)
      print(key == nil ? Self.heading + text : text, terminator: "")
    }
  }

  /// What `configs/visual-reacher.yaml` begins with.
  private static let heading = """
    # Create-Reacher on the synthetic visual reacher: a robot in a pen drives to a green target that it sees.
    #
    #   avg-vision train configs/visual-reacher.yaml
    #
    # These are the built-in settings; 'avg-vision keys' prints this file. A key that a file leaves out has its default,
    # an unknown key or a value that is not allowed is an error, and --set section.key=value overrides the file. Each
    # comment ends with: default; allowed values.


    """

  /// The page `docs/keys.md`.
  private static var markdown: String {
    """
    # Keys

    Every key of a configuration: its default, its allowed values and its meaning. A file contains the keys that it changes;
    `--set agent.discount=0.97` changes a key for one run. `avg-vision keys agent.discount` prints the same in a terminal.
    This page is printed by `avg-vision keys --page`: edit the declarations, not the page ([the walk of a key](architecture.md)).
    \(KeyPage(ExperimentConfiguration()).markdown())
    ## Keys of a study

    A file for `avg-vision sweep`, as those in [configs/sweeps/](../configs/sweeps/).
    \(KeyPage(SweepConfiguration()).markdown(level: 3))
    """
  }
}
