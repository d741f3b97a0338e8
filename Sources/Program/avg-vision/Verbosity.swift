import ArgumentParser
import AVGTraining
import Synchronization

/// Whether a command says anything on standard error besides errors.
struct QuietOption: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing but errors and results.")
  var quiet = false

  /// Makes it so, for the whole program.
  func apply() { Diagnostics.isQuiet = quiet }
}

/// How much a command says on standard error besides errors.
struct VerbosityOptions: ParsableArguments {
  @OptionGroup var quietness: QuietOption

  @Flag(name: .shortAndLong, help: "Tell of every episode.")
  var verbose = false

  func validate() throws {
    guard !quietness.quiet || !verbose else { throw ValidationError("Give --quiet or --verbose, not both.") }
  }

  /// Makes it so, for the whole program.
  func apply() {
    quietness.apply()
    Diagnostics.isVerbose = verbose
  }
}

extension Diagnostics {
  private static let quiet = Atomic(false)
  private static let verbose = Atomic(false)

  /// Whether nothing but errors is to be said.
  static var isQuiet: Bool {
    get { quiet.load(ordering: .relaxed) }
    set { quiet.store(newValue, ordering: .relaxed) }
  }

  /// Whether every episode is to be told of.
  static var isVerbose: Bool {
    get { verbose.load(ordering: .relaxed) }
    set { verbose.store(newValue, ordering: .relaxed) }
  }

  /// A line about an episode, for those who want to know.
  static func tell(of episode: EpisodeRecord) {
    guard isVerbose else { return }
    let end = episode.success ? "at the goal" : "not at the goal"
    note(
      "episode \(episode.episode)  step \(episode.step)  steps \(episode.length)  return \(Float(episode.return))  \(end)"
    )
  }
}
