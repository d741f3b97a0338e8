import AVGTraining
import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Synchronization

/// The process that serves the page: takes what the run sends and answers browsers.
///
/// It runs at the lowest priority, may open few files and use little memory, and ends with the run.
public enum DashboardServer {
  /// Where the socket to the run is open in this process.
  static let descriptor: CInt = 3

  private static let largestMessage = 1 << 20
  private static let fileLimit: rlim_t = 1024
  /// More open files than all the browsers that anybody has need.
  private static let crowd = 256
  private static let memoryLimit: rlim_t = 512 << 20
  /// How long browsers may still ask after the run has ended.
  private static let farewell: UInt32 = 400_000

  /// Serves until the run ends; the process was started by `Dashboard`.
  public static func serve() {
    stepBack()
    Thread.detachNewThread(watch)
    var message = [UInt8](repeating: 0, count: largestMessage)
    var page: RunPage?
    while true {
      let count = recv(descriptor, &message, message.count, 0)
      if count < 0, errno == EINTR { continue }
      // The run is gone.
      guard count > 0 else { return }
      let body = message[1..<count]
      switch MessageKind(rawValue: message[0]) {
      case .settings where page == nil:
        guard let settings = try? JSONDecoder().decode(ServerSettings.self, from: Data(body)) else { return }
        let new = RunPage(settings.run)
        page = new
        Task.detached { await listen(settings, new) }
      case .end:
        page?.end()
        usleep(farewell)
        return
      case .some(let kind): page?.take(kind, body)
      case nil: break
      }
    }
  }

  /// Takes second place to the run in everything.
  private static func stepBack() {
    var ordinary = sched_param()
    sched_setscheduler(0, SCHED_OTHER, &ordinary)
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    limit(RLIMIT_NOFILE, fileLimit)
    limit(RLIMIT_DATA, memoryLimit)
    // What the run has open is none of this process's business.
    for file in (descriptor + 1)..<CInt(fileLimit) { close(file) }
  }

  /// Ends the process when somebody has it drown in connections: `ServerProcess` starts it anew, without them.
  private static func watch() {
    while true {
      usleep(500_000)
      // Without a descriptor left the folder cannot be read either.
      let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      guard let files, files.count <= crowd else { exit(EXIT_FAILURE) }
    }
  }

  private static func limit(_ resource: __rlimit_resource, _ most: rlim_t) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limit = rlimit()
    getrlimit(resource, &limit)
    limit.rlim_cur = min(limit.rlim_max, most)
    limit.rlim_max = limit.rlim_cur
    setrlimit(resource, &limit)
  }

  /// Listens, and begins anew when too many connections have brought the server down.
  private static func listen(_ settings: ServerSettings, _ page: RunPage) async {
    let site = DashboardSite(
      page: page, rules: AccessRules(hosts: AccessRules.hosts(for: settings.address), token: settings.token),
      command: send)
    // The port that the system has chosen is kept.
    let port = KeptPort()
    while true {
      let address = DashboardAddress(
        host: settings.address.host, port: port.value ?? settings.address.port)
      do {
        let server = HTTPServer(
          config: .init(address: try address.socketAddress, timeout: 5, logger: .disabled), handler: site)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await server.run() }
          group.addTask {
            try await server.waitUntilListening()
            guard let chosen = await server.listeningAddress?.port, port.value == nil else { return }
            port.value = chosen
            send(.ready, bytes(of: chosen))
          }
          // What ends first is news: an error, for a server that listens goes on.
          while try await group.next() != nil {}
        }
      } catch {
        if port.value == nil { return send(.failed, Array(words(for: error).utf8)) }
      }
      try? await Task.sleep(for: .milliseconds(200))
    }
  }

  private static func send(_ kind: MessageKind) { send(kind, []) }

  private static func send(_ kind: MessageKind, _ body: [UInt8]) {
    let message = [kind.rawValue] + body
    _ = Glibc.send(descriptor, message, message.count, CInt(MSG_NOSIGNAL))
  }

  private static func bytes(of number: UInt16) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

  private static func words(for error: any Error) -> String {
    guard case SocketError.failed(_, _, let message)? = error as? SocketError else {
      return "the system gives no reason"
    }
    return message
  }
}

extension DashboardAddress {
  /// The address for the socket.
  fileprivate var socketAddress: any SocketAddress {
    get throws {
      if isVersion6 { return try sockaddr_in6.inet6(ip6: host, port: port) }
      return try sockaddr_in.inet(ip4: host, port: port)
    }
  }
}

extension Socket.Address {
  fileprivate var port: UInt16? {
    switch self {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix: nil
    }
  }
}

/// The port that the server listens on, once it does.
private final class KeptPort: Sendable {
  private let port = Mutex<UInt16?>(nil)

  var value: UInt16? {
    get { port.withLock { $0 } }
    set { port.withLock { $0 = newValue } }
  }
}
