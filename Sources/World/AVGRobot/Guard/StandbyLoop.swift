import AVGCore
import AVGGuard
import AVGSystem
import Glibc

/// The second guard's process: it holds the same open port as the first, says nothing, and halts the robot when the first
/// falls silent; when the first is gone, it leaves the robot stopped and passive.
public struct StandbyLoop: ~Copyable {
  private let socket: Int32
  private var watch: FirstGuardWatch
  private var absence = AbsenceWatch()
  /// When this process ran again after an absence, in which it could hear nobody.
  private var presentSince = MonotonicInstant.now

  /// How long a robot that does not answer is told to stop.
  static let leavingPatience = Duration.seconds(10)

  /// Makes a second guard.
  ///
  /// - Parameters:
  ///   - path: the serial port.
  ///   - socket: a descriptor of the pair's end that the first guard has the other one of.
  public init(path: String, socket: Int32) {
    self.socket = socket
    watch = FirstGuardWatch(path: path, socket: socket)
  }

  /// Stands by until the first guard has left the robot, or is gone.
  public mutating func run() {
    GuardProcess.prepare()
    while true {
      answer()
      watch.wait()
      if absence.wasAway() { presentSince = .now }
      switch watch.hear() {
      case .alive: continue
      case .left: return
      case .gone: return watch.line.leave(within: Self.leavingPatience)
      case .silent(let silence):
        guard min(silence, presentSince.duration(to: .now)) > GuardTiming.patience else { continue }
        // It hangs. Its socket is open: the process is there, and no other has its number.
        kill(watch.process, SIGKILL)
        return watch.line.leave(within: Self.leavingPatience)
      }
    }
  }

  private func answer() {
    let beat = GuardBeat(
      portNumber: watch.portNumber, process: getpid(), halts: watch.halts, isEnding: GuardProcess.isEnding)
    _ = Datagram.send(beat, on: socket)
  }
}
