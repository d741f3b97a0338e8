import AVGGuard
import AVGSystem
import Glibc

/// Starts the two guard processes.
enum GuardLauncher {
  /// The descriptor that a guard finds its first socket at: the first guard's to the learner, the second one's to the
  /// first.
  static let socket: Int32 = 3
  /// The descriptor that the first guard finds its socket to the second one at.
  static let peerSocket: Int32 = 4
  /// The descriptor that the first guard finds its socket to the learner's watch at.
  static let watchSocket: Int32 = 5

  /// Both guards, and the learner's ends of the two sockets to the first.
  struct Guards {
    var first: ChildProcess
    var second: ChildProcess
    var socket: Int32
    var watchSocket: Int32
  }

  /// Starts the guards, each in a session of its own: no key and no terminal's end reaches them.
  static func launch(_ configuration: RobotLink.Configuration) throws(RobotError) -> Guards {
    var sockets: [SystemSocket] = []
    do throws(SystemError) {
      for _ in 0..<3 {
        let (one, other) = try SystemSocket.pair(.messages)
        sockets += [one, other]
      }
      // Each but the first two is the other end of the one before it.
      let (learner, watch, peer) = (sockets[1], sockets[3], sockets[4])
      var first = try start(
        configuration.firstCommandLine, [learner, peer, watch], priority: configuration.startPriority)
      let second: ChildProcess
      do throws(SystemError) {
        second = try start(
          configuration.secondCommandLine, [sockets[5]], priority: configuration.startPriority)
      } catch {
        first.kill()
        throw error
      }
      for socket in [learner, watch, peer, sockets[5]] { socket.close() }
      GuardGroup.take([first.identifier, second.identifier])
      return Guards(
        first: first, second: second, socket: sockets[0].descriptor, watchSocket: sockets[2].descriptor)
    } catch {
      for socket in sockets { socket.close() }
      throw .noGuard(port: configuration.port, code: error.code)
    }
  }

  /// - Parameter priority: the real-time priority that the process begins with: on a busy computer an ordinary one may take
  ///   seconds to come to its first word.
  private static func start(
    _ commandLine: [String], _ sockets: [SystemSocket], priority: Int32?
  ) throws(SystemError) -> ChildProcess {
    var launch = ChildProcess.Launch(
      commandLine, sockets.enumerated().map { (socket + Int32($0), .descriptor($1.descriptor)) })
    launch.hasOwnSession = true
    launch.priority = priority
    return try ChildProcess.started(launch)
  }
}
