import AVGGymnasium
import Glibc

/// What ends a server of environments before its learner does.
enum ServeError: Error, Hashable, CustomStringConvertible {
  /// Nobody has given this process a socket.
  case noSocket(descriptor: Int32)
  /// What came is not what the protocol asks for.
  case badQuestion(found: String)
  /// The learner speaks another version.
  case otherVersion(found: Int)
  /// What was to be sent or received could not be.
  case channel(action: String, code: Int32)

  /// Subject, failure and value, then what to do.
  var description: String {
    switch self {
    case .noSocket(let descriptor):
      "serve: descriptor \(descriptor) is no socket. A learner starts this command, and speaks through it "
        + "(docs/environment-protocol.md); from Python, gymnasium.make(\"avg_vision/CreateReacher-v0\") does."
    case .badQuestion(let found):
      "serve: the learner does not keep to docs/environment-protocol.md: \(found). Report this to its author."
    case .otherVersion(let found):
      "serve: the learner speaks version \(found) of the environment protocol, this program version "
        + "\(EnvironmentMessage.version). Use versions of both that belong together."
    case .channel(let action, let code):
      "serve: the learner's socket: cannot \(action): \(String(cString: strerror(code))). Start the learner again."
    }
  }
}
