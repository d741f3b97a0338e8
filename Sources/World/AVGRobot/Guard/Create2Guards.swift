public import AVGGuard
import AVGSystem

/// The guard processes of a Create 2, which run the same program.
public enum Create2Guards: GuardProgram {
  /// The first argument of a guard process.
  public static let command = "guard"

  /// Runs the guard.
  ///
  /// - Parameter words: what a configuration's command lines have after the command.
  /// - Returns: false if these are no words of a guard.
  public static func serve(_ words: [String]) -> Bool {
    var words = words[...]
    guard let port = words.popFirst(), let socket = words.popFirst().flatMap({ Int32($0) }) else {
      return false
    }
    if words.first == "--standby" {
      stand(by: port, socket: socket)
      return true
    }
    var options: [String: String] = [:]
    while let name = words.popFirst() { options[name] = words.popFirst() }
    guard let peer = options["--peer"].flatMap({ Int32($0) }),
      let watch = options["--watch"].flatMap({ Int32($0) }),
      let timeout = options["--timeout"].flatMap({ Double($0) }),
      let limit = options["--speed-limit"].flatMap({ Int($0) })
    else { return false }
    guardFirst(
      port, socket: socket, peer: peer, watch: watch, orderTimeout: .seconds(timeout), speedLimit: limit)
    return true
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
