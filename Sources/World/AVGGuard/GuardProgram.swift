import Glibc

/// A guard, as a process that is this very program, started with a first argument of its own.
public protocol GuardProgram {
  /// The first argument of the guard process.
  static var command: String { get }

  /// Runs the guard, until it has left its device.
  ///
  /// - Parameter words: the arguments after `command`.
  /// - Returns: false if these are no words of such a guard.
  static func serve(_ words: [String]) -> Bool
}

extension GuardProgram {
  /// This very program, told to be the guard: the beginning of its command line.
  public static var ownProgram: [String] { ["/proc/self/exe", command] }

  /// Runs the guard and exits, if this process was started as one. A program other than avg-vision must call this first of
  /// all.
  public static func serveIfAsked() {
    let words = CommandLine.arguments.dropFirst()
    guard words.first == command else { return }
    exit(serve(Array(words.dropFirst())) ? 0 : EX_USAGE)
  }
}
