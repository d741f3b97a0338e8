import AVGCore

/// What can go wrong with a robot that a program drives.
public enum ExecError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The program ended, hung, or said what the protocol does not know.
  case failed(program: String, seen: String)
  /// The robot was not ready for too long.
  case unready(program: String, after: Duration)
  /// The guard process is lost, or could not be started.
  case guardLost(program: String, seen: String)

  /// One line: the program, what failed, and what to do.
  public var description: String {
    switch self {
    case .failed(let program, let seen):
      "robot exec:\(program): \(seen); it was told to stop and ended. docs/robot-protocol.md has what a program should say"
    case .unready(let program, let after):
      "robot exec:\(program): not ready for \(Int(after.seconds.rounded())) s; see to the robot, or give it more time "
        + "(robot.searchSeconds)"
    case .guardLost(let program, let seen):
      "robot exec:\(program): the guard is lost: \(seen); the program's input has ended, at which it stops. Start again"
    }
  }
}
