import AVGCore
import AVGGuard
import AVGSystem
import Glibc

/// Watches over the first guard, and halts the robot when that falls silent.
///
/// The first guard tells those who watch that it lives, and hands them the open port.
struct FirstGuardWatch: ~Copyable {
  /// The same open port as the first guard's.
  var line: GuardLine
  /// The opening of the port that is held; 0 for none.
  private(set) var portNumber: UInt32 = 0
  /// The first guard's process; 0 before it was heard.
  private(set) var process: pid_t = 0
  /// How often the robot was halted in the first guard's place.
  private(set) var halts: UInt32 = 0
  private let socket: Int32
  private var heardAt = MonotonicInstant.now
  private var silentSince: MonotonicInstant?

  /// What is heard of the first guard.
  enum State {
    case alive
    /// Nothing, for so long.
    case silent(Duration)
    /// It has left the robot, stopped and passive.
    case left
    /// Its process is gone.
    case gone
  }

  /// Watches the guard at the other end of `socket`.
  init(path: String, socket: Int32) {
    self.socket = socket
    line = GuardLine(path: path)
  }

  /// Takes in what the first guard says, and halts the robot if that is nothing.
  mutating func hear() -> State {
    var isHeard = false
    var beat = GuardBeat(process: 0)
    while true {
      switch Datagram.receive(&beat, on: socket) {
      case .message(let descriptor):
        if beat.isEnding { return .left }
        isHeard = true
        process = beat.process
        portNumber = beat.portNumber
        if descriptor >= 0 { line.hold(descriptor) }
        // Held here, a port that was pulled would have another name when it comes back.
        if portNumber == 0 { line.release() }
      case .nothing:
        let now = MonotonicInstant.now
        if isHeard { heardAt = now }
        return judge(at: now)
      case .end: return .gone
      }
    }
  }

  private mutating func judge(at now: MonotonicInstant) -> State {
    let silence = heardAt.duration(to: now)
    guard line.isOpen, silence > GuardTiming.silence else {
      silentSince = nil
      return .alive
    }
    if let silentSince {
      if silentSince.duration(to: now) < GuardTiming.halting { line.haltAgain() }
    } else {
      silentSince = now
      halts &+= 1
      line.haltFromAnyState()
    }
    return .silent(silence)
  }

  /// Sleeps until the first guard is heard, a signal came, or it is time to miss it.
  func wait() {
    SystemSocket(descriptor: socket).awaitInput(for: GuardTiming.tick * 2)
  }
}
