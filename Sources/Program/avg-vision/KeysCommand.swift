import ArgumentParser
import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGSweep

/// `avg-vision keys`
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Print the keys of the configuration: what each sets, its default, what may be given.",
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
    # These are the built-in settings, key by key; 'avg-vision keys' prints this file. A key that a file leaves out keeps
    # its default, an unknown key or a value outside of what is allowed is an error, and --set section.key=value wins over
    # the file. Each comment ends with: default; what is allowed.


    """

  /// The page `docs/keys.md`.
  private static var markdown: String {
    """
    # Keys

    Every key of a configuration: its default, what may be given, and what it sets. A file gives those that it changes;
    `--set agent.discount=0.97` changes one for one run. `avg-vision keys agent.discount` prints the same in a terminal.
    This page is what `avg-vision keys --page` prints: edit the declarations, not the page ([how a key walks](architecture.md)).
    \(KeyPage(ExperimentConfiguration()).markdown())
    ## Keys of a study

    A file for `avg-vision sweep`, as those in [configs/sweeps/](../configs/sweeps/).
    \(KeyPage(SweepConfiguration()).markdown(level: 3))
    """
  }
}
