import AVGCore
import Glibc

/// What can go wrong with an arm. Every case names its address.
public enum ArmError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The address is none.
  case noAddress(text: String)
  /// The controller cannot be reached; `code` is an errno.
  case unreachable(host: String, port: Int, code: Int32)
  /// A port of this computer cannot be listened at; `code` is an errno.
  case noPort(host: String, port: Int, code: Int32)
  /// The connection ended, or nothing came for too long.
  case silent(host: String, after: Duration)
  /// Packets of another length came: another version of the controller.
  case otherVersion(host: String, byteCount: Int)
  /// The safety system has stopped the arm, and nobody has released it for too long.
  case stopped(host: String, safetyMode: Int)
  /// The robot does not run: no power, or brakes on.
  case notRunning(host: String, robotMode: Int)
  /// The arm stands outside its bounds.
  case outside(host: String, what: String)
  /// The arm did not come to its start.
  case notAtStart(host: String, after: Duration)
  /// The guard process is lost, or could not be started.
  case guardLost(host: String, seen: String)

  /// One line: the arm, what failed, and what to do.
  public var description: String {
    switch self {
    case .noAddress(let text):
      "robot \(text): no address of an arm; give one in digits, as ur://192.168.1.10"
    case .unreachable(let host, let port, let code):
      "robot ur://\(host): port \(port) cannot be reached: \(String(cString: strerror(code))); look after the cable, the address and "
        + "whether the controller is on"
    case .noPort(let host, let port, let code):
      "emulator \(host): port \(port) cannot be listened at: \(String(cString: strerror(code))); end whoever has it, or give another "
        + "address, as 127.0.0.2"
    case .silent(let host, let after):
      "robot ur://\(host): nothing heard for \((after.seconds * 10).rounded() / 10) s; look after the cable and the controller"
    case .otherVersion(let host, let byteCount):
      "robot ur://\(host): its packets have \(byteCount) bytes, not the \(StatePacket.byteCount) of controller versions 3.3 and 3.4; use "
        + "such a controller"
    case .stopped(let host, let mode):
      "robot ur://\(host): \(ArmError.words(safety: mode)); see why, and release it on the controller's own screen"
    case .notRunning(let host, let mode):
      "robot ur://\(host): not running (robot mode \(mode)); switch its power on and release the brakes on the controller's screen"
    case .outside(let host, let what):
      "robot ur://\(host): \(what); move it back by hand (free drive), then start again"
    case .notAtStart(let host, let after):
      "robot ur://\(host): not at its start after \(Int(after.seconds.rounded())) s; see what holds it"
    case .guardLost(let host, let seen):
      "robot ur://\(host): the guard is lost: \(seen); the arm stops by itself. Start again"
    }
  }

  /// What a safety mode is, in words.
  static func words(safety mode: Int) -> String {
    switch mode {
    case 1: "its safety system is in normal mode"
    case 2: "its safety system is in reduced mode"
    case 3: "protective stop"
    case 4: "it is to be brought back into its limits (recovery mode)"
    case 5: "safeguard stop"
    case 6, 7: "emergency stop"
    default: "its safety system has stopped it (mode \(mode))"
    }
  }
}
