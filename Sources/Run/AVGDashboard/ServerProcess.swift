import AVGCore
import AVGSystem
import Foundation
import Glibc
import Synchronization

/// The process that serves the page, and the socket to it; a process that dies is started anew.
///
/// Messages are packets: each arrives whole, or was dropped because the other side was slow.
final class ServerProcess: Sendable {
  /// The port that it listens on.
  let port: UInt16

  private let ours: CInt
  private let theirs: CInt
  private let hello: [UInt8]
  private let state: Mutex<State>
  private let hasEnded = DispatchSemaphore(value: 0)

  private struct State {
    var process: pid_t
    var isClosing = false
  }

  /// How long the process may take until it listens.
  private static let startPatience = 10.0
  /// How long a process that keeps dying is left alone.
  private static let restartPause: UInt32 = 1
  /// How long a process that is slow may take to have room for the last message.
  private static let roomPatienceMilliseconds: CInt = 1000
  /// How long it may take to say goodbye to browsers.
  private static let endPatience = DispatchTimeInterval.seconds(2)

  init(program: String, arguments: [String], settings: ServerSettings) throws(DashboardError) {
    var ends: [CInt] = [-1, -1]
    guard socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .notStarted(reason: Self.reason(errno))
    }
    (ours, theirs) = (ends[0], ends[1])
    var process: pid_t = 0
    var settings = settings
    do throws(DashboardError) {
      process = try Self.start(program, arguments, theirs, try Self.hello(settings), through: ours)
      port = try Self.awaitPort(from: ours, of: process, settings.address)
      // Who has the page open finds it again when the process has been started anew.
      settings.address = DashboardAddress(host: settings.address.host, port: port)
      hello = try Self.hello(settings)
    } catch {
      if process > 0 {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
      }
      Glibc.close(ours)
      Glibc.close(theirs)
      throw error
    }
    state = Mutex(State(process: process))
    do throws(ThreadError) {
      try SystemThread.start(for: "the dashboard's thread") { [self] in
        supervise(program, arguments)
      }
    } catch {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      throw .notStarted(reason: "\(error)")
    }
  }

  /// The first message to the process.
  private static func hello(_ settings: ServerSettings) throws(DashboardError) -> [UInt8] {
    do { return [MessageKind.settings.rawValue] + (try JSONEncoder().encode(settings)) } catch {
      throw .notStarted(reason: "its settings cannot be put into words")
    }
  }

  deinit {
    Glibc.close(ours)
    Glibc.close(theirs)
  }

  /// 128 bits that nobody can guess, in hexadecimal digits.
  static func makeToken() -> String {
    // The system's source: a secret must not come from a seed.
    var random = SystemRandomNumberGenerator()
    return (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
  }

  /// Sends a message if there is room for it; never waits.
  func send(_ message: [UInt8]) {
    _ = Glibc.send(ours, message, message.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
  }

  /// The next message's kind, if there is one; never waits.
  func receive() -> MessageKind? {
    var byte: UInt8 = 0
    guard recv(ours, &byte, 1, CInt(MSG_DONTWAIT)) == 1 else { return nil }
    return MessageKind(rawValue: byte)
  }

  /// Tells the process the end, for which it may wait for room, and waits until it is gone.
  func close(_ lastMessage: [UInt8]) {
    var room = pollfd(fd: ours, events: Int16(POLLOUT), revents: 0)
    if poll(&room, 1, Self.roomPatienceMilliseconds) == 1 { send(lastMessage) }
    let process = state.withLock { state in
      state.isClosing = true
      return state.process
    }
    if hasEnded.wait(timeout: .now() + Self.endPatience) == .timedOut {
      kill(process, SIGKILL)
      hasEnded.wait()
    }
  }

  /// Awaits the process's death, and starts it anew unless the run is over.
  private func supervise(_ program: String, _ arguments: [String]) {
    while true {
      var status: CInt = 0
      let process = state.withLock { $0.process }
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
      if state.withLock({ $0.isClosing }) { break }
      sleep(Self.restartPause)
      let isOver = state.withLock { state in
        guard !state.isClosing, let next = try? Self.start(program, arguments, theirs, hello, through: ours)
        else { return true }
        state.process = next
        return false
      }
      if isOver { break }
    }
    hasEnded.signal()
  }

  /// Starts the process in a group of its own, so that Ctrl-C means the run alone; it says nothing on the terminal.
  private static func start(
    _ program: String, _ arguments: [String], _ socket: CInt, _ hello: [UInt8], through ours: CInt
  ) throws(DashboardError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: CInt in 0...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, socket, DashboardServer.descriptor)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
    guard code == 0 else { throw .notStarted(reason: reason(code)) }
    _ = Glibc.send(ours, hello, hello.count, CInt(MSG_NOSIGNAL))
    return process
  }

  /// Waits for the process's first word: its port, or why it has none.
  private static func awaitPort(
    from socket: CInt, of process: pid_t, _ address: DashboardAddress
  ) throws(DashboardError) -> UInt16 {
    var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    var elapsed = 0.0
    while poll(&wait, 1, 100) != 1 {
      elapsed += 0.1
      var status = siginfo_t()
      // Its end of the socket is open here too, so that only the system knows of its death.
      waitid(P_PID, id_t(process), &status, CInt(WEXITED | WNOHANG | WNOWAIT))
      guard status.si_signo == 0 else { throw .notStarted(reason: "it ended at once") }
      guard elapsed < startPatience else {
        throw .notStarted(reason: "it did not answer within \(Int(startPatience)) s")
      }
    }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = recv(socket, &bytes, bytes.count, 0)
    var reader = MessageReader(bytes[1..<max(1, count)])
    switch count > 0 ? MessageKind(rawValue: bytes[0]) : nil {
    case .ready: return reader.number(0)
    case .failed:
      throw .cannotListen(
        address: "\(address)", reason: String(decoding: reader.remaining(), as: UTF8.self))
    default: throw .notStarted(reason: "it gave another answer than its port")
    }
  }

  private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}
