import AVGCore
import AVGSystem
import Foundation
import Glibc
import Synchronization
import Testing

@testable import AVGDashboard

/// Trusted and untrusted clients at real sockets.
@Suite("The dashboard's server under load")
struct WebServerTests {
  /// A server in a thread of its own that answers /allowed, sends much for /much, and refuses the rest.
  private final class Running: Sendable {
    let port: UInt16
    private let flag = WantedFlag()
    private let hasEnded = DispatchSemaphore(value: 0)
    static let much = 4 << 20

    init(_ limits: WebServer.Limits = .init()) throws {
      let found = Mutex<UInt16?>(nil)
      let listens = DispatchSemaphore(value: 0)
      let (wanted, ended) = (flag, hasEnded)
      Thread.detachNewThread {
        guard let address = try? DashboardAddress("127.0.0.1:0"),
          let server = try? WebServer(
            at: address, limits: limits,
            answer: { request in
              switch request.path {
              case "/allowed": WebResponse(status: .ok, body: [79, 75])
              case "/much": WebResponse(status: .ok, body: [UInt8](repeating: 77, count: Self.much))
              default: WebResponse(status: .unauthorized)
              }
            })
        else {
          listens.signal()
          return
        }
        found.withLock { $0 = server.port }
        listens.signal()
        server.run { wanted.value }
        ended.signal()
      }
      listens.wait()
      port = try #require(found.withLock { $0 })
    }

    func end() {
      flag.value = false
      hasEnded.wait()
    }
  }

  private final class WantedFlag: Sendable {
    private let flag = Mutex(true)
    var value: Bool {
      get { flag.withLock { $0 } }
      set { flag.withLock { $0 = newValue } }
    }
  }

  /// A connection to the server; reads wait for at most five seconds.
  private final class Client {
    let file: CInt

    init(_ server: Running) throws {
      file = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      var patience = timeval(tv_sec: 5, tv_usec: 0)
      setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = server.port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      try #require(isConnected)
    }

    deinit { close(file) }

    func write(_ text: String) {
      _ = text.utf8.withContiguousStorageIfAvailable {
        send(file, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
    }

    /// The first bytes of a response; empty if the server has closed, nil if nothing comes.
    func read() -> String? {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(file, &bytes, bytes.count, 0)
      if count < 0, errno == EAGAIN { return nil }
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func get(_ path: String) -> String? {
      write("GET \(path) HTTP/1.1\r\nHost: robot\r\n\r\n")
      return read()
    }
  }

  /// Expects that a new client is answered soon.
  private func expectAnswer(_ server: Running, _ what: Comment) throws {
    let began = MonotonicInstant.now
    let answer = try Client(server).get("/allowed")
    #expect(answer?.hasSuffix("OK") == true, what)
    // check-dashboard allows a second on an idle machine; here other tests run at the same time.
    #expect(began.duration(to: .now) < .seconds(3), what)
  }

  @Test("a new client is answered at once while others hold connections with half a request, or with none")
  func halfRequests() throws {
    let server = try Running()
    defer { server.end() }
    var others: [Client] = []
    for number in 0..<300 {
      others.append(try Client(server))
      if number.isMultiple(of: 2) { others[number].write("GET /allowed HTTP/1.1\r\nHost: ro") }
      if number.isMultiple(of: 50) { try expectAnswer(server, "after \(number) others") }
    }
    try expectAnswer(server, "among all")
  }

  @Test("a client with a successful request keeps its connection while others come and go")
  func keepsTrustedConnections() throws {
    let server = try Running()
    defer { server.end() }
    let client = try Client(server)
    #expect(client.get("/allowed")?.hasSuffix("OK") == true)
    var others: [Client] = []
    for _ in 0..<200 {
      others.append(try Client(server))
      others.last?.write("GET")
    }
    #expect(client.get("/allowed")?.hasSuffix("OK") == true)
    #expect(others[0].read() == "", "the first untrusted client was dropped")
  }

  @Test("heads and bodies just above the bound are refused as too large, and others are served meanwhile")
  func largeRequests() throws {
    let server = try Running()
    defer { server.end() }
    let head = try Client(server)
    head.write("GET /allowed HTTP/1.1\r\nx: " + String(repeating: "a", count: RequestReader.largestHead))
    #expect(head.read()?.hasPrefix("HTTP/1.1 431 ") == true)
    #expect(head.read() == "")
    let body = try Client(server)
    let above = RequestReader.largestBody + 1
    body.write(
      "POST /allowed HTTP/1.1\r\nContent-Length: \(above)\r\n\r\n" + String(repeating: "b", count: above))
    #expect(body.read()?.hasPrefix("HTTP/1.1 413 ") == true)
    #expect(body.read() == "")
    let within = try Client(server)
    within.write(
      "GET /allowed HTTP/1.1\r\nx: " + String(repeating: "a", count: RequestReader.largestHead - 64)
        + "\r\n\r\n")
    #expect(within.read()?.hasSuffix("OK") == true)
    try expectAnswer(server, "after large requests")
  }

  @Test("a slow request is cut off at its deadline, and a refused one ends the connection")
  func slowRequests() throws {
    var limits = WebServer.Limits()
    limits.request = .milliseconds(300)
    let server = try Running(limits)
    defer { server.end() }
    let slow = try Client(server)
    let began = MonotonicInstant.now
    var isOpen = true
    while isOpen, began.duration(to: .now) < .seconds(5) {
      slow.write("G")
      usleep(20_000)
      var byte: UInt8 = 0
      isOpen = !(recv(slow.file, &byte, 1, CInt(MSG_DONTWAIT)) == 0 || (errno != EAGAIN && errno != EINTR))
      try expectAnswer(server, "beside a slow request")
    }
    let elapsed = began.duration(to: .now)
    #expect(!isOpen && elapsed >= .milliseconds(280) && elapsed < .seconds(3), "\(elapsed)")
    let refused = try Client(server)
    #expect(refused.get("/secret")?.hasPrefix("HTTP/1.1 401 ") == true)
    #expect(refused.read() == "")
  }

  @Test("a client that requests much and reads nothing delays nobody, and is dropped")
  func clientsThatDoNotRead() throws {
    var limits = WebServer.Limits()
    limits.answer = .milliseconds(500)
    let server = try Running(limits)
    defer { server.end() }
    let deaf = try (0..<20).map { _ in try Client(server) }
    for one in deaf { one.write("GET /much HTTP/1.1\r\n\r\n") }
    for _ in 0..<10 { try expectAnswer(server, "beside clients that do not read") }
    usleep(800_000)
    var count = 0
    while let part = deaf[0].read(), !part.isEmpty { count += part.utf8.count }
    #expect(count < Running.much, "it was dropped before it had all")
  }

  @Test("a large response is sent completely, and pipelined requests are answered one by one")
  func largeAnswers() throws {
    let server = try Running()
    defer { server.end() }
    let client = try Client(server)
    client.write("GET /much HTTP/1.1\r\n\r\nGET /allowed HTTP/1.1\r\nConnection: close\r\n\r\n")
    var text = ""
    while let part = client.read(), !part.isEmpty { text += part }
    #expect(text.utf8.count { $0 == 77 } == Running.much)
    #expect(text.hasSuffix("OK"))
  }

  @Test(
    "clients are told apart by network: an IPv6 network counts as one, an IPv4-mapped address as IPv4")
  func clients() {
    func client(_ text: String) -> [UInt8]? {
      SocketAddress(host: text, port: 80).map(WebServer.client)
    }
    #expect(client("2001:db8:1:2::1") == client("2001:db8:1:2:ffff::9"))
    #expect(client("2001:db8:1:2::1") != client("2001:db8:1:3::1"))
    #expect(client("10.0.0.1") == [10, 0, 0, 1] && client("localhost") == nil)
    #expect(client("::ffff:10.0.0.1") == [10, 0, 0, 1])
  }
}
