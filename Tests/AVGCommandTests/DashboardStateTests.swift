import AVGCore
import AVGDashboard
import AVGImaging
import AVGSystem
import AVGTraining
import Foundation
import Testing

/// What the page says of a run, with the real process behind it.
@Suite("The page's state")
struct DashboardStateTests {
  /// A run's end of a page, and its visitor.
  private func open() throws -> Dashboard {
    try Dashboard(
      DashboardSettings(
        title: "test", target: ColorCriteria(), actionScale: ActionScale("wheels", perOne: 300, unit: "mm/s"),
        cycleMilliseconds: 45,
        totalSteps: 100),
      at: DashboardAddress("0"), program: BuiltProgram.file.path, arguments: ["dashboard-server"],
      stop: StopFlag())
  }

  /// What the page answers.
  private func ask(_ request: String, _ dashboard: Dashboard) throws -> String {
    let port = try #require(URL(string: dashboard.urls[0])?.port)
    let file = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(file) }
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isConnected)
    let text = Array("\(request) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    try #require(send(file, text, text.count, CInt(MSG_NOSIGNAL)) == text.count)
    var answer: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(file, &part, part.count, 0)
      guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
      answer += part[..<count]
    }
  }

  private func says(_ state: String, _ dashboard: Dashboard) throws -> Bool {
    try ask("GET /state", dashboard).contains("\"state\":\"\(state)\"")
  }

  /// The process that serves the page.
  private func server() throws -> pid_t {
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
    let found = numbers.first { number in
      let words = try? String(contentsOfFile: "/proc/\(number)/cmdline", encoding: .utf8)
      let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
      return words?.contains("dashboard-server") == true && status?.contains("PPid:\t\(getpid())\n") == true
    }
    return try #require(found)
  }

  @Test("a state whose first message is lost is told again, so that the page comes to say what is true")
  func repeatsTheState() throws {
    let dashboard = try open()
    defer { dashboard.close() }
    #expect(dashboard.request() == .none)
    // The page's process has the lowest priority: it may take in what the run tells after it answers.
    let patience = Date(timeIntervalSinceNow: 5)
    while try !says("running", dashboard), Date() < patience { usleep(20_000) }
    #expect(try ask("POST /pause", dashboard).hasPrefix("HTTP/1.1 204 "))
    // The process stands still while the run fills the socket: there is no room for the state.
    let process = try server()
    kill(process, SIGSTOP)
    // On a busy machine it goes on for a while before it stands.
    while try !String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8).contains("State:\tT") {
      usleep(1000)
    }
    for _ in 0..<20_000 { dashboard.note("something happened") }
    usleep(50_000)
    #expect(dashboard.request() == .pause)
    kill(process, SIGCONT)
    usleep(300_000)
    #expect(try says("running", dashboard), "the message was not lost")
    // A paused run asks for wishes all the time.
    let end = Date(timeIntervalSinceNow: 5)
    var isPaused = false
    while !isPaused, Date() < end {
      usleep(20_000)
      #expect(dashboard.request() == .pause)
      isPaused = try says("paused", dashboard)
    }
    #expect(isPaused)
  }
}
