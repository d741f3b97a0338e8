import AVGCore
import AVGSystem
import Foundation
import Glibc

/// The process that serves the page: it receives messages from the run and answers browsers.
///
/// It runs at the lowest priority, with limits on open files and memory, and ends with the run.
public enum DashboardServer {
  /// The file descriptor of the socket to the run in this process.
  static let descriptor: CInt = 3
  private static let socket = SystemSocket(descriptor: descriptor)

  private static let largestMessage = 1 << 20
  private static let fileLimit: rlim_t = 1024
  private static let memoryLimit: rlim_t = 512 << 20
  /// How long browsers are still answered after the run has ended, in microseconds.
  private static let lingerMicroseconds: UInt32 = 400_000

  /// Serves until the run ends; the process was started by `Dashboard`.
  public static func serve() {
    limitResources()
    var message = [UInt8](repeating: 0, count: largestMessage)
    guard let settings = awaitSettings(&message) else { return }
    let page = RunPage(settings.run)
    let site = DashboardSite(
      page: page, rules: AccessRules(hosts: AccessRules.hosts(for: settings.address), token: settings.token),
      command: { request in send(request, []) })
    let server: WebServer
    do { server = try WebServer(at: settings.address, answer: site.answer) } catch {
      // At the start of a run this is fatal; when a restarted server fails here, it is restarted until the port is
      // free.
      return send(.failed, Array(error.reason.utf8))
    }
    send(.ready, withUnsafeBytes(of: server.port) { Array($0) })
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that receives the run's messages") {
        page.loadEarlierEpisodes()
        listen(to: page)
        exit(EXIT_SUCCESS)
      }
    } catch {
      return send(.failed, Array(error.description.utf8))
    }
    server.run()
  }

  /// Receives the next message, kind first; nil when the run has closed the socket.
  private static func receive(_ message: inout [UInt8]) -> ArraySlice<UInt8>? {
    while true {
      let count = message.withUnsafeMutableBytes { socket.receive($0) }
      if count < 0, errno == EINTR { continue }
      return count > 0 ? message[..<count] : nil
    }
  }

  /// Waits for the settings. After a restart, older messages may precede them; they are dropped.
  private static func awaitSettings(_ message: inout [UInt8]) -> ServerSettings? {
    while let bytes = receive(&message) {
      guard MessageKind(rawValue: bytes[0]) == .settings else { continue }
      return try? JSONDecoder().decode(ServerSettings.self, from: Data(bytes.dropFirst()))
    }
    return nil
  }

  /// Receives the run's messages until it ends.
  private static func listen(to page: RunPage) {
    var message = [UInt8](repeating: 0, count: largestMessage)
    while let bytes = receive(&message) {
      guard let kind = MessageKind(rawValue: bytes[0]) else { continue }
      page.handle(kind, bytes.dropFirst())
      guard kind == .end else { continue }
      page.end()
      usleep(lingerMicroseconds)
      return
    }
  }

  /// Lowers this process's priority and limits its resources, so that it cannot disturb the run.
  private static func limitResources() {
    var ordinary = sched_param()
    sched_setscheduler(0, SCHED_OTHER, &ordinary)
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
    limit(RLIMIT_NOFILE, fileLimit)
    limit(RLIMIT_DATA, memoryLimit)
    // Close the files that were inherited from the run.
    for file in (descriptor + 1)..<CInt(fileLimit) { close(file) }
  }

  private static func limit(_ resource: __rlimit_resource, _ most: rlim_t) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limit = rlimit()
    getrlimit(resource, &limit)
    limit.rlim_cur = min(limit.rlim_max, most)
    limit.rlim_max = limit.rlim_cur
    setrlimit(resource, &limit)
  }

  private static func send(_ kind: MessageKind, _ body: [UInt8]) {
    _ = socket.send([kind.rawValue] + body)
  }
}
