import AVGCore
import Foundation
import Glibc
import Synchronization
import Testing

@testable import AVGDashboard

/// Visitors and strangers at real sockets.
@Suite("The dashboard's server among strangers")
struct WebServerTests {
  /// A server in a thread of its own that lets in who asks for /welcome, and has much to say to who asks for /much.
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
              case "/welcome": WebResponse(status: .ok, body: [79, 75])
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
  private final class Visitor {
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

    func say(_ text: String) {
      _ = text.utf8.withContiguousStorageIfAvailable {
        send(file, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
    }

    /// The first bytes of an answer; empty when the server has closed, nil when nothing comes.
    func hear() -> String? {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = recv(file, &bytes, bytes.count, 0)
      if count < 0, errno == EAGAIN { return nil }
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func ask(_ path: String) -> String? {
      say("GET \(path) HTTP/1.1\r\nHost: robot\r\n\r\n")
      return hear()
    }
  }

  /// That somebody new is answered soon.
  private func expectAnswer(_ server: Running, _ what: Comment) throws {
    let began = MonotonicInstant.now
    let answer = try Visitor(server).ask("/welcome")
    #expect(answer?.hasSuffix("OK") == true, what)
    // A second on a machine of its own, as check-dashboard has it; the other tests take turns here.
    #expect(began.duration(to: .now) < .seconds(3), what)
  }

  @Test("a visitor is answered at once while strangers hold connections with half a request, or with none")
  func halfRequests() throws {
    let server = try Running()
    defer { server.end() }
    var strangers: [Visitor] = []
    for number in 0..<300 {
      strangers.append(try Visitor(server))
      if number.isMultiple(of: 2) { strangers[number].say("GET /welcome HTTP/1.1\r\nHost: ro") }
      if number.isMultiple(of: 50) { try expectAnswer(server, "after \(number) strangers") }
    }
    try expectAnswer(server, "among all")
  }

  @Test("a visitor who is known keeps the connection while strangers come and go")
  func welcomeStays() throws {
    let server = try Running()
    defer { server.end() }
    let visitor = try Visitor(server)
    #expect(visitor.ask("/welcome")?.hasSuffix("OK") == true)
    var strangers: [Visitor] = []
    for _ in 0..<200 {
      strangers.append(try Visitor(server))
      strangers.last?.say("GET")
    }
    #expect(visitor.ask("/welcome")?.hasSuffix("OK") == true)
    #expect(strangers[0].hear() == "", "the first stranger had to go")
  }

  @Test("heads and bodies just above the bound are answered with that, and others are served meanwhile")
  func largeRequests() throws {
    let server = try Running()
    defer { server.end() }
    let head = try Visitor(server)
    head.say("GET /welcome HTTP/1.1\r\nx: " + String(repeating: "a", count: RequestReader.largestHead))
    #expect(head.hear()?.hasPrefix("HTTP/1.1 431 ") == true)
    #expect(head.hear() == "")
    let body = try Visitor(server)
    let above = RequestReader.largestBody + 1
    body.say(
      "POST /welcome HTTP/1.1\r\nContent-Length: \(above)\r\n\r\n" + String(repeating: "b", count: above))
    #expect(body.hear()?.hasPrefix("HTTP/1.1 413 ") == true)
    #expect(body.hear() == "")
    let within = try Visitor(server)
    within.say(
      "GET /welcome HTTP/1.1\r\nx: " + String(repeating: "a", count: RequestReader.largestHead - 64)
        + "\r\n\r\n")
    #expect(within.hear()?.hasSuffix("OK") == true)
    try expectAnswer(server, "after large requests")
  }

  @Test("a request has its time, however slowly it comes, and one that has been refused is the last")
  func slowRequests() throws {
    var limits = WebServer.Limits()
    limits.request = .milliseconds(300)
    let server = try Running(limits)
    defer { server.end() }
    let slow = try Visitor(server)
    let began = MonotonicInstant.now
    var isOpen = true
    while isOpen, began.duration(to: .now) < .seconds(5) {
      slow.say("G")
      usleep(20_000)
      var byte: UInt8 = 0
      isOpen = !(recv(slow.file, &byte, 1, CInt(MSG_DONTWAIT)) == 0 || (errno != EAGAIN && errno != EINTR))
      try expectAnswer(server, "beside a slow request")
    }
    let elapsed = began.duration(to: .now)
    #expect(!isOpen && elapsed >= .milliseconds(280) && elapsed < .seconds(3), "\(elapsed)")
    let refused = try Visitor(server)
    #expect(refused.ask("/secret")?.hasPrefix("HTTP/1.1 401 ") == true)
    #expect(refused.hear() == "")
  }

  @Test("who asks for much and reads nothing delays nobody, and is left after a while")
  func deafVisitors() throws {
    var limits = WebServer.Limits()
    limits.answer = .milliseconds(500)
    let server = try Running(limits)
    defer { server.end() }
    let deaf = try (0..<20).map { _ in try Visitor(server) }
    for one in deaf { one.say("GET /much HTTP/1.1\r\n\r\n") }
    for _ in 0..<10 { try expectAnswer(server, "beside visitors who do not read") }
    usleep(800_000)
    var count = 0
    while let part = deaf[0].hear(), !part.isEmpty { count += part.utf8.count }
    #expect(count < Running.much, "it was left before it had all")
  }

  @Test("much is sent whole to who reads it, and requests that came together are answered one by one")
  func largeAnswers() throws {
    let server = try Running()
    defer { server.end() }
    let visitor = try Visitor(server)
    visitor.say("GET /much HTTP/1.1\r\n\r\nGET /welcome HTTP/1.1\r\nConnection: close\r\n\r\n")
    var text = ""
    while let part = visitor.hear(), !part.isEmpty { text += part }
    #expect(text.utf8.count { $0 == 77 } == Running.much)
    #expect(text.hasSuffix("OK"))
  }

  @Test(
    "visitors are told apart by their network: an IPv6 network is one, an IPv4 address within IPv6 is itself")
  func visitors() {
    func visitor(_ text: String) -> [UInt8] {
      var place = sockaddr_storage()
      withUnsafeMutableBytes(of: &place) { bytes in
        var inner = sockaddr_in6()
        inner.sin6_family = sa_family_t(AF_INET6)
        inet_pton(AF_INET6, text, &inner.sin6_addr)
        bytes.storeBytes(of: inner, as: sockaddr_in6.self)
      }
      return ListeningSocket.visitor(at: place)
    }
    #expect(visitor("2001:db8:1:2::1") == visitor("2001:db8:1:2:ffff::9"))
    #expect(visitor("2001:db8:1:2::1") != visitor("2001:db8:1:3::1"))
    #expect(visitor("::ffff:10.0.0.1") == [10, 0, 0, 1])
  }
}
