import AVGCore
import Glibc

/// What can go wrong with a robot. Every case names the serial port.
public enum RobotError: Error, Hashable, Sendable {
  /// There is nothing at this path; `present` are the serial ports there are.
  case noSuchPort(port: String, present: [String])
  /// The user may not open it.
  case noPermission(port: String)
  /// It is no serial port.
  case notASerialPort(port: String)
  /// Another program uses it.
  case busy(port: String)
  /// An emulated robot is at this path already.
  case emulated(port: String)
  /// There is something at this path that is no emulated robot's.
  case occupied(port: String)
  /// The system failed a request; `code` is its errno.
  case requestFailed(port: String, request: String, code: Int32)
  /// The cable was pulled.
  case unplugged(port: String)
  /// The robot has said nothing that could be understood, or could not be reached, for too long.
  case silent(port: String, after: Duration)
  /// Somebody else is at the port, or something stands between it and the robot.
  case stranger(port: String, Stranger)
  /// The guard processes could not be started; `code` is an errno.
  case noGuard(port: String, code: Int32)
  /// A guard process has ended, or answers no longer; `seen` says what of it was seen.
  case guardLost(port: String, seen: String)
  /// The battery did not charge in time, or the dock was not found.
  case notCharging(port: String, charge: Int, after: Duration)
}

extension RobotError: CustomStringConvertible {
  /// One line: the port, what failed, and what to do.
  public var description: String {
    switch self {
    case .noSuchPort(let port, let present):
      "robot \(port): no such port; "
        + (present.isEmpty
          ? "no serial adapter is connected: plug in the robot's USB cable"
          : "use one of \(present.joined(separator: ", "))")
    case .noPermission(let port):
      "robot \(port): no permission; join the group that may use it (sudo usermod -aG dialout $USER) and log in "
        + "again"
    case .notASerialPort(let port): "robot \(port): not a serial port; choose another, as /dev/ttyUSB0"
    case .busy(let port):
      "robot \(port): in use by another program; close it (fuser -v \(port) names it)"
    case .emulated(let port):
      "robot \(port): another emulator is there already; end it, or name another path"
    case .occupied(let port): "robot \(port): there is a file already; name another path, or remove it"
    case .requestFailed(let port, let request, ENOENT):
      "robot \(port): \(request) failed: there is no such folder; make it, or name another path"
    case .requestFailed(let port, let request, let code):
      "robot \(port): \(request) failed: \(String(cString: strerror(code))); unplug the cable and plug it in again"
    case .unplugged(let port): "robot \(port): unplugged; plug the cable in again"
    case .silent(let port, let after):
      "robot \(port): no answer: for \(Int(after.seconds.rounded())) s; press its clean button, and look after cable "
        + "and battery"
    case .stranger(let port, let stranger): "robot \(port): \(stranger.words ?? "no answer")"
    case .noGuard(let port, let code):
      "robot \(port): the guard process could not be started: \(String(cString: strerror(code))); free memory, or "
        + "end other programs"
    case .guardLost(let port, let seen):
      "robot \(port): the guard is lost: \(seen); the wheels were stopped. Start again"
    case .notCharging(let port, let charge, let after):
      "robot \(port): not charging: \(charge) mAh after \(Int((after.seconds / 60).rounded())) min; put it on its "
        + "dock by hand and look whether the dock has power"
    }
  }
}
