import AVGCore
import AVGSystem
import Foundation
import Glibc
import Synchronization

/// The server process and the socket to it. A process that dies is restarted.
///
/// The socket is a SOCK_SEQPACKET pair, so a message arrives complete or not at all; the run drops messages that find
/// the socket full. Both ends stay open here: messages sent while the process restarts are kept, and its successor gets
/// the same end.
final class ServerProcess: Sendable {
  /// The port that the server listens on.
  let port: UInt16

  private let runSocket: CInt
  private let serverSocket: CInt
  private let settingsMessage: [UInt8]
  private let state: Mutex<State>
  private let hasEnded = DispatchSemaphore(value: 0)

  private struct State {
    var process: pid_t
    var isClosing = false
  }

  /// How long the process may take before it listens, in seconds.
  private static let startTimeout = 10.0
  /// The pause before a restart, in seconds.
  private static let restartPause: UInt32 = 1
  /// How long to wait for room in the socket for the last message.
  private static let finalMessageTimeoutMilliseconds: CInt = 1000
  /// How long the process may take to end.
  private static let endTimeout = DispatchTimeInterval.seconds(2)

  init(program: String, arguments: [String], settings: ServerSettings) throws(DashboardError) {
    var ends: [CInt] = [-1, -1]
    guard socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .notStarted(reason: Self.reason(errno))
    }
    (runSocket, serverSocket) = (ends[0], ends[1])
    var process: pid_t = 0
    var settings = settings
    do throws(DashboardError) {
      process = try Self.start(
        program, arguments, serverSocket, try Self.settingsMessage(settings), through: runSocket)
      port = try Self.awaitPort(from: runSocket, of: process, settings.address)
      // A restarted server must use the same port, so that open pages find it again.
      settings.address = DashboardAddress(host: settings.address.host, port: port)
      settingsMessage = try Self.settingsMessage(settings)
    } catch {
      if process > 0 {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
      }
      Glibc.close(runSocket)
      Glibc.close(serverSocket)
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

  /// The first message to the process: its settings.
  private static func settingsMessage(_ settings: ServerSettings) throws(DashboardError) -> [UInt8] {
    do { return [MessageKind.settings.rawValue] + (try JSONEncoder().encode(settings)) } catch {
      throw .notStarted(reason: "its settings cannot be encoded")
    }
  }

  deinit {
    Glibc.close(runSocket)
    Glibc.close(serverSocket)
  }

  /// 128 random bits as hexadecimal digits.
  static func makeToken() -> String {
    // From the system's generator: a secret must not come from a seed.
    var random = SystemRandomNumberGenerator()
    return (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
  }

  /// Sends a message if there is room for it; never blocks.
  func send(_ message: [UInt8]) {
    _ = Glibc.send(runSocket, message, message.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
  }

  /// The kind of the next message, if there is one; never blocks.
  func receive() -> MessageKind? {
    var byte: UInt8 = 0
    guard recv(runSocket, &byte, 1, CInt(MSG_DONTWAIT)) == 1 else { return nil }
    return MessageKind(rawValue: byte)
  }

  /// Sends the last message, for which it may wait for room, and waits until the process has ended.
  func close(_ lastMessage: [UInt8]) {
    var room = pollfd(fd: runSocket, events: Int16(POLLOUT), revents: 0)
    if poll(&room, 1, Self.finalMessageTimeoutMilliseconds) == 1 { send(lastMessage) }
    let process = state.withLock { state in
      state.isClosing = true
      return state.process
    }
    if hasEnded.wait(timeout: .now() + Self.endTimeout) == .timedOut {
      kill(process, SIGKILL)
      hasEnded.wait()
    }
  }

  /// Waits for the process to end, and restarts it unless the run is closing.
  private func supervise(_ program: String, _ arguments: [String]) {
    while true {
      var status: CInt = 0
      let process = state.withLock { $0.process }
      while waitpid(process, &status, 0) < 0, errno == EINTR {}
      if state.withLock({ $0.isClosing }) { break }
      sleep(Self.restartPause)
      let isOver = state.withLock { state in
        guard !state.isClosing,
          let next = try? Self.start(program, arguments, serverSocket, settingsMessage, through: runSocket)
        else { return true }
        state.process = next
        return false
      }
      if isOver { break }
    }
    hasEnded.signal()
  }

  /// Starts the process in its own process group, so that Ctrl-C interrupts only the run, without access to the
  /// terminal.
  private static func start(
    _ program: String, _ arguments: [String], _ socket: CInt, _ settingsMessage: [UInt8],
    through runSocket: CInt
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
    _ = Glibc.send(runSocket, settingsMessage, settingsMessage.count, CInt(MSG_NOSIGNAL))
    return process
  }

  /// Waits for the first message of the process: its port, or the reason why it has none.
  private static func awaitPort(
    from socket: CInt, of process: pid_t, _ address: DashboardAddress
  ) throws(DashboardError) -> UInt16 {
    var wait = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    var elapsed = 0.0
    while poll(&wait, 1, 100) != 1 {
      elapsed += 0.1
      var status = siginfo_t()
      // This process holds the other end of the socket too, so its closing does not show; only `waitid` tells of a
      // death.
      waitid(P_PID, id_t(process), &status, CInt(WEXITED | WNOHANG | WNOWAIT))
      guard status.si_signo == 0 else { throw .notStarted(reason: "it ended at once") }
      guard elapsed < startTimeout else {
        throw .notStarted(reason: "it did not answer within \(Int(startTimeout)) s")
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
    default: throw .notStarted(reason: "its first message was not its port")
    }
  }

  private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}
