import ArgumentParser
import AVGNetwork
import Foundation

/// Which vector instructions a command computes with: the environment variable, said on the command line.
struct InstructionSetOption: ParsableArguments {
  @Option(
    help: """
      Compute with \(InstructionSet.choice): the results are the same, but for those of sse2. The default is the widest that \
      this processor has, or what \(InstructionSet.variable) names.
      """, transform: named)
  var instructionSet: InstructionSet?

  /// Makes the choice, which holds for the processes that this one starts as well.
  func validate() throws {
    if let instructionSet { setenv(InstructionSet.variable, instructionSet.rawValue, 1) }
  }

  /// The set of this name.
  static func named(_ name: String) throws -> InstructionSet {
    do { return try InstructionSet.named(name) } catch { throw ValidationError("\(error)") }
  }

  /// Refuses what the environment asks for, if there is no such set.
  static func checkEnvironment() throws {
    guard let name = InstructionSet.environment else { return }
    do { _ = try InstructionSet.named(name) } catch {
      throw ValidationError("\(InstructionSet.variable): \(error)")
    }
  }
}
