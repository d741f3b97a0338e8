import AVGCore
import Testing

@testable import AVGRemote

@Suite("messages over a connection")
struct MessageConnectionTests {
  private func pair() throws -> (MessageConnection, MessageConnection) {
    let listener = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: nil)
    let here = try MessageConnection.connect(
      to: try RemoteAddress("127.0.0.1:\(listener.port)"), showing: nil, within: .seconds(5))
    let there = try #require(listener.accept(until: .now.advanced(by: .seconds(5))))
    return (here, there)
  }

  private var soon: MonotonicInstant { .now.advanced(by: .seconds(5)) }

  @Test("messages arrive whole and in order, also where nobody takes them for a while")
  func arrive() throws {
    let (here, there) = try pair()
    there.trust()
    try there.send([1, 2, 3])
    #expect(try here.receive(until: soon) == [1, 2, 3])
    let long = [UInt8](repeating: 7, count: 1 << 20)
    for _ in 0..<3 { try here.send(long) }
    try here.send([])
    for _ in 0..<3 { #expect(try there.receive(until: soon) == long) }
    #expect(try there.receive(until: soon) == [])
    #expect(try there.receive(until: .now.advanced(by: .milliseconds(20))) == nil)
  }

  @Test("a stranger's long message ends the connection, and so does the other side's end")
  func ends() throws {
    let (here, there) = try pair()
    try? here.send([UInt8](repeating: 0, count: MessageConnection.greatestGreeting + 1))
    #expect(throws: RemoteError.self) { try there.receive(until: soon) }
    let (first, second) = try pair()
    first.close()
    #expect(throws: RemoteError.self) { try second.receive(until: soon) }
  }

  @Test(
    "addresses",
    arguments: [
      ("workstation:5010", "workstation:5010"), ("localhost:1", "127.0.0.1:1"), ("[::1]:7", "[::1]:7"),
      ("5010", "127.0.0.1:5010"),
    ])
  func addresses(text: String, meant: String) throws {
    #expect(try RemoteAddress(text, defaultHost: "127.0.0.1").description == meant)
  }

  @Test("no addresses", arguments: ["", ":", "host", "host:", "host:70000", "a:b:1", "host:-1", "ho st:1"])
  func noAddresses(text: String) {
    #expect(throws: RemoteError.badAddress(text)) { try RemoteAddress(text) }
  }

  @Test("nobody there is one error")
  func unreachable() throws {
    let error = #expect(throws: RemoteError.self) {
      _ = try MessageConnection.connect(
        to: try RemoteAddress("127.0.0.1:9"), showing: nil, within: .seconds(2))
    }
    #expect(error?.description.contains("Connection refused") == true)
  }
}
