import AVGSystem
import Glibc

/// The guard processes of a Create 2, which run the same program.
public enum Create2Guards {
  /// The first argument of a guard process.
  public static let command = "guard"

  /// Runs the guard and exits, if this process was started as one. A program other than avg-vision must call this first of
  /// all.
  public static func serveIfAsked() {
    var words = CommandLine.arguments.dropFirst()
    guard words.popFirst() == command, let port = words.popFirst(),
      let socket = words.popFirst().flatMap({ Int32($0) })
    else { return }
    if words.first == "--standby" {
      stand(by: port, socket: socket)
    } else {
      var options: [String: String] = [:]
      while let name = words.popFirst() { options[name] = words.popFirst() }
      guard let peer = options["--peer"].flatMap({ Int32($0) }),
        let watch = options["--watch"].flatMap({ Int32($0) }),
        let timeout = options["--timeout"].flatMap({ Double($0) }),
        let limit = options["--speed-limit"].flatMap({ Int($0) })
      else { exit(EX_USAGE) }
      guardFirst(
        port, socket: socket, peer: peer, watch: watch, orderTimeout: .seconds(timeout), speedLimit: limit)
    }
    exit(0)
  }

  /// Runs the first guard.
  package static func guardFirst(
    _ port: String, socket: Int32, peer: Int32, watch: Int32, orderTimeout: Duration, speedLimit: Int
  ) {
    hurry()
    var loop = GuardLoop(
      path: port, socket: socket, peerSocket: peer, watchSocket: watch, orderTimeout: orderTimeout,
      speedLimit: speedLimit)
    loop.run()
  }

  /// Runs the second guard.
  package static func stand(by port: String, socket: Int32) {
    hurry()
    var loop = StandbyLoop(path: port, socket: socket)
    loop.run()
  }

  /// Takes precedence over the learner, so that a busy processor cannot delay a stop; if that is not permitted, the learner has
  /// reported it.
  private static func hurry() { _ = RealTime.enter(priority: RealTime.guardPriority) }
}
