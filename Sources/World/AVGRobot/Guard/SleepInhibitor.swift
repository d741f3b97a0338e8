import Glibc
import Synchronization

/// Has the computer wait with its sleep until the wheels stand, where systemd-logind arranges that; elsewhere it does
/// nothing.
///
/// A thread holds logind's delay lock and hears of `PrepareForSleep`; the guard's loop stops the robot, and the lock is
/// given back. Source: systemd's *Inhibitor Locks*, https://systemd.io/INHIBITOR_LOCKS.
final class SleepInhibitor: Sendable {
  private enum State: UInt8, AtomicRepresentable {
    case awake
    /// The computer is to sleep.
    case wanted
    /// The wheels stand: it may.
    case allowed
  }

  private let state = Atomic(State.awake)

  /// Bounds the thread's memory, all of which is locked.
  private static let stackBytes = 256 * 1024

  /// Whether the computer is about to sleep, or does.
  var isWanted: Bool { state.load(ordering: .acquiring) != .awake }

  /// Lets the computer sleep.
  func allow() {
    _ = state.compareExchange(expected: .wanted, desired: .allowed, ordering: .acquiringAndReleasing)
  }

  /// Begins to take part, on a thread of its own.
  func begin() {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { box in
        if let box { Unmanaged<SleepInhibitor>.fromOpaque(box).takeRetainedValue().takePart() }
        return nil
      }, box.toOpaque())
    if result != 0 { box.release() }
  }

  private func takePart() {
    guard let bus = SystemBus() else { return }
    // Heard of, before it is waited for.
    guard bus.hear({ [self] in hear(isGoing: $0) }) else { return }
    while true {
      let lock = bus.delaySleep(who: "avg-vision", why: "the wheels of a robot are to stand first")
      // Until the computer is to sleep.
      while !isWanted { guard bus.wait() else { return end(lock) } }
      while state.load(ordering: .acquiring) != .allowed { usleep(2000) }
      end(lock)
      while isWanted { guard bus.wait() else { return state.store(.awake, ordering: .releasing) } }
    }
  }

  private func end(_ lock: Int32) { if lock >= 0 { close(lock) } }

  private func hear(isGoing: Bool) { state.store(isGoing ? .wanted : .awake, ordering: .releasing) }
}
