import Glibc

/// The system's D-Bus, by way of systemd's own library.
///
/// The library is looked for at run time: where there is no logind there need not be a libsystemd, and neither is a
/// condition for driving a robot. Its functions have kept their signatures since version 221.
struct SystemBus: ~Copyable {
  private typealias Result = UnsafeMutablePointer<OpaquePointer?>
  private typealias Text = UnsafePointer<CChar>
  private typealias Handler =
    @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
  private typealias OpenSystem = @convention(c) (Result) -> Int32
  private typealias Release = @convention(c) (OpaquePointer?) -> OpaquePointer?
  private typealias Wait = @convention(c) (OpaquePointer, UInt64) -> Int32
  private typealias Process = @convention(c) (OpaquePointer, Result?) -> Int32
  private typealias MatchSignal =
    @convention(c) (OpaquePointer, Result?, Text?, Text?, Text?, Text?, Handler, UnsafeMutableRawPointer?) ->
    Int32
  private typealias NewCall = @convention(c) (OpaquePointer, Result, Text?, Text?, Text?, Text?) -> Int32
  private typealias AppendBasic = @convention(c) (OpaquePointer, CChar, UnsafeRawPointer?) -> Int32
  private typealias Call =
    @convention(c) (OpaquePointer, OpaquePointer, UInt64, UnsafeMutableRawPointer?, Result?) -> Int32
  private typealias ReadBasic = @convention(c) (OpaquePointer?, CChar, UnsafeMutableRawPointer?) -> Int32

  private static let destination = "org.freedesktop.login1"
  private static let path = "/org/freedesktop/login1"
  private static let interface = "org.freedesktop.login1.Manager"

  private let library: UnsafeMutableRawPointer
  private let bus: OpaquePointer

  /// Joins the bus; nil where there is none, or no library.
  init?() {
    guard let library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL),
      let openSystem = Self.function("sd_bus_open_system", in: library, as: OpenSystem.self)
    else { return nil }
    var bus: OpaquePointer?
    guard openSystem(&bus) >= 0, let bus else { return nil }
    self.library = library
    self.bus = bus
  }

  /// Has `take` told, by `wait`, that the computer goes to sleep, and that it has come back.
  ///
  /// - Returns: whether that is possible.
  func hear(_ take: @escaping (Bool) -> Void) -> Bool {
    guard let match = Self.function("sd_bus_match_signal", in: library, as: MatchSignal.self),
      let read = Self.function("sd_bus_message_read_basic", in: library, as: ReadBasic.self)
    else { return false }
    // It lives as long as the process: the bus may call it at any time.
    let listener = Unmanaged.passRetained(
      Listener { message in
        var isGoing: Int32 = 0
        if read(message, CChar(UInt8(ascii: "b")), &isGoing) > 0 { take(isGoing != 0) }
      })
    let handler: Handler = { message, listener, _ in
      if let listener { Unmanaged<Listener>.fromOpaque(listener).takeUnretainedValue().hear(message) }
      return 0
    }
    return match(
      bus, nil, Self.destination, Self.path, Self.interface, "PrepareForSleep", handler, listener.toOpaque())
      >= 0
  }

  /// Takes logind's lock that delays the computer's sleep.
  ///
  /// - Returns: the descriptor whose closing gives it back; −1 if there is no logind.
  func delaySleep(who: String, why: String) -> Int32 {
    guard let newCall = Self.function("sd_bus_message_new_method_call", in: library, as: NewCall.self),
      let append = Self.function("sd_bus_message_append_basic", in: library, as: AppendBasic.self),
      let call = Self.function("sd_bus_call", in: library, as: Call.self),
      let read = Self.function("sd_bus_message_read_basic", in: library, as: ReadBasic.self),
      let release = Self.function("sd_bus_message_unref", in: library, as: Release.self)
    else { return -1 }
    var message: OpaquePointer?
    guard newCall(bus, &message, Self.destination, Self.path, Self.interface, "Inhibit") >= 0, let message
    else {
      return -1
    }
    defer { _ = release(message) }
    for word in ["sleep", who, why, "delay"] {
      guard word.withCString({ append(message, CChar(UInt8(ascii: "s")), $0) }) >= 0 else { return -1 }
    }
    var reply: OpaquePointer?
    guard call(bus, message, 0, nil, &reply) >= 0 else { return -1 }
    defer { _ = release(reply) }
    var lock: Int32 = -1
    guard read(reply, CChar(UInt8(ascii: "h")), &lock) > 0 else { return -1 }
    // The one that was read goes with the reply.
    return fcntl(lock, F_DUPFD_CLOEXEC, 0)
  }

  /// Waits for something to be heard, and takes it in.
  ///
  /// - Returns: `false` once the bus is gone.
  func wait() -> Bool {
    guard let process = Self.function("sd_bus_process", in: library, as: Process.self),
      let wait = Self.function("sd_bus_wait", in: library, as: Wait.self)
    else { return false }
    let result = process(bus, nil)
    if result < 0 { return false }
    if result > 0 { return true }
    let waited = wait(bus, .max)
    return waited >= 0 || waited == -EINTR
  }

  private static func function<Function>(
    _ name: String, in library: UnsafeMutableRawPointer, as type: Function.Type
  ) -> Function? {
    // A function's address and a pointer to C code are one.
    dlsym(library, name).map { unsafeBitCast($0, to: type) }
  }

  /// What a signal is handed to.
  private final class Listener {
    let hear: (OpaquePointer?) -> Void
    init(_ hear: @escaping (OpaquePointer?) -> Void) { self.hear = hear }
  }
}
