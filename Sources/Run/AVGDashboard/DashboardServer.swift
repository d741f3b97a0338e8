import AVGCore
import AVGSystem
import Foundation
import Glibc

/// The process that serves the page: takes what the run sends and answers browsers.
///
/// It runs at the lowest priority, may open few files and use little memory, and ends with the run.
public enum DashboardServer {
  /// Where the socket to the run is open in this process.
  static let descriptor: CInt = 3

  private static let largestMessage = 1 << 20
  private static let fileLimit: rlim_t = 1024
  private static let memoryLimit: rlim_t = 512 << 20
  /// How long browsers may still ask after the run has ended.
  private static let farewell: UInt32 = 400_000

  /// Serves until the run ends; the process was started by `Dashboard`.
  public static func serve() {
    stepBack()
    var message = [UInt8](repeating: 0, count: largestMessage)
    guard let settings = awaitSettings(&message) else { return }
    let page = RunPage(settings.run)
    let site = DashboardSite(
      page: page, rules: AccessRules(hosts: AccessRules.hosts(for: settings.address), token: settings.token),
      command: { request in send(request, []) })
    let server: WebServer
    do { server = try WebServer(at: settings.address, answer: site.answer) } catch {
      // The run ends over this when it begins; later this process is started anew, until the port is free.
      return send(.failed, Array(error.reason.utf8))
    }
    send(.ready, withUnsafeBytes(of: server.port) { Array($0) })
    do throws(ThreadError) {
      try SystemThread.start(for: "the thread that takes in what the run tells") {
        page.recall()
        listen(to: page)
        exit(EXIT_SUCCESS)
      }
    } catch {
      return send(.failed, Array(error.description.utf8))
    }
    server.run()
  }

  /// The next message, its kind first; nil when the run is gone.
  private static func receive(_ message: inout [UInt8]) -> ArraySlice<UInt8>? {
    while true {
      let count = recv(descriptor, &message, message.count, 0)
      if count < 0, errno == EINTR { continue }
      return count > 0 ? message[..<count] : nil
    }
  }

  /// What the page is to be; after a new start there may be older messages before it.
  private static func awaitSettings(_ message: inout [UInt8]) -> ServerSettings? {
    while let bytes = receive(&message) {
      guard MessageKind(rawValue: bytes[0]) == .settings else { continue }
      return try? JSONDecoder().decode(ServerSettings.self, from: Data(bytes.dropFirst()))
    }
    return nil
  }

  /// Takes in what the run tells until it ends.
  private static func listen(to page: RunPage) {
    var message = [UInt8](repeating: 0, count: largestMessage)
    while let bytes = receive(&message) {
      guard let kind = MessageKind(rawValue: bytes[0]) else { continue }
      page.take(kind, bytes.dropFirst())
      guard kind == .end else { continue }
      page.end()
      usleep(farewell)
      return
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

  private static func limit(_ resource: __rlimit_resource, _ most: rlim_t) {
    let resource = __rlimit_resource_t(resource.rawValue)
    var limit = rlimit()
    getrlimit(resource, &limit)
    limit.rlim_cur = min(limit.rlim_max, most)
    limit.rlim_max = limit.rlim_cur
    setrlimit(resource, &limit)
  }

  private static func send(_ kind: MessageKind, _ body: [UInt8]) {
    let message = [kind.rawValue] + body
    _ = Glibc.send(descriptor, message, message.count, CInt(MSG_NOSIGNAL))
  }
}
