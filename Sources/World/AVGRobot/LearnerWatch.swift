import AVGCore
import AVGGuard
import Glibc

/// The learner's own watch over the first guard, on a thread of its own: whatever the control loop waits for, a robot
/// without guards stands in time.
final class LearnerWatch {
  private var watch: FirstGuardWatch
  private let socket: Int32

  /// Bounds the thread's memory, all of which is locked.
  private static let stackBytes = 256 * 1024

  private init(path: String, socket: Int32) {
    self.socket = socket
    watch = FirstGuardWatch(path: path, socket: socket)
  }

  /// Begins to watch, until the first guard has ended; closes `socket` then.
  ///
  /// - Parameter priority: the thread's real-time priority, where it is permitted; nil for none.
  static func begin(path: String, socket: Int32, priority: Int32?) throws(RobotError) {
    let watch = LearnerWatch(path: path, socket: socket)
    var code = watch.start(priority: priority)
    if code == EPERM { code = watch.start(priority: nil) }
    guard code == 0 else {
      close(socket)
      throw .noGuard(port: path, code: code)
    }
  }

  private func start(priority: Int32?) -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let priority {
      var parameters = sched_param()
      parameters.sched_priority = priority
      pthread_attr_setinheritsched(&attributes, Int32(PTHREAD_EXPLICIT_SCHED))
      pthread_attr_setschedpolicy(&attributes, SCHED_FIFO)
      pthread_attr_setschedparam(&attributes, &parameters)
    }
    let box = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { box in
        if let box { Unmanaged<LearnerWatch>.fromOpaque(box).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    if code != 0 { box.release() }
    return code
  }

  private func run() {
    defer { close(socket) }
    while true {
      watch.wait()
      switch watch.hear() {
      case .alive, .silent: continue
      case .left: return
      case .gone: return haltForGood()
      }
    }
  }

  /// The control loop will hear of the guard's end, too, and leave the robot; it need not hurry.
  private func haltForGood() {
    watch.line.haltFromAnyState()
    let end = MonotonicInstant.now.advanced(by: GuardTiming.halting)
    while MonotonicInstant.now < end {
      MonotonicInstant.now.advanced(by: GuardTiming.tick * 2).sleepUntil()
      watch.line.haltAgain()
    }
  }
}
