import ArgumentParser
import AVGTraining
import Logging

/// Whether a command says anything on standard error besides errors.
struct QuietOption: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing but errors and results.")
  var quiet = false

  /// Makes it so, for the whole program.
  func apply() { if quiet { Console.logLevel = .warning } }
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
    if verbose { Console.logLevel = .debug }
  }
}
