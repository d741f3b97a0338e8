import Testing

@testable import AVGDashboard

/// Parsing of requests, and the bounds on them.
@Suite("Requests to the dashboard")
struct RequestReaderTests {
  private let plain = "GET /state?a=1&b=&c HTTP/1.1\r\nHost: robot:8080\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n"

  private func reading(_ text: String) -> RequestReader.Reading {
    var reader = RequestReader()
    reader.append(Array(text.utf8))
    return reader.next()
  }

  /// A head of `count` bytes, its end included.
  private func head(of count: Int) -> String {
    let (start, end) = ("GET / HTTP/1.1\r\nx: ", "\r\n\r\n")
    return start + String(repeating: "a", count: count - start.utf8.count - end.utf8.count) + end
  }

  @Test("a request is its method, path, query and headers, in pieces of any size")
  func readsPieces() {
    let expected = WebRequest(
      method: "GET", path: "/state", query: ["a": "1", "b": "", "c": ""],
      headers: ["host": "robot:8080", "cookie": "a=b; c=d"])
    for size in [1, 2, 3, 7, 1000] {
      var reader = RequestReader()
      let bytes = Array(plain.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        #expect(reader.next() == .unfinished)
        reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      #expect(reader.next() == .request(expected))
      #expect(reader.isEmpty && reader.next() == .unfinished)
    }
  }

  @Test("requests that come together are read one by one, each with its body")
  func readsSeveral() {
    var reader = RequestReader()
    let text = "POST /pause HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /state HTTP/1.0\r\n\r\nGET"
    reader.append(Array(text.utf8))
    guard case .request(let first) = reader.next(), case .request(let second) = reader.next() else {
      Issue.record("no two requests")
      return
    }
    #expect(first.method == "POST" && first.path == "/pause" && first.keepsConnection)
    #expect(second.path == "/state" && !second.keepsConnection)
    #expect(reader.next() == .unfinished && !reader.isEmpty)
  }

  @Test("a head is read up to its bound, and refused a byte above it, ended or not")
  func boundsTheHead() {
    #expect(reading(head(of: RequestReader.largestHead)) != .refused(.headTooLarge))
    #expect(reading(head(of: RequestReader.largestHead + 1)) == .refused(.headTooLarge))
    #expect(reading(String(repeating: "a", count: RequestReader.largestHead - 1)) == .unfinished)
    #expect(reading(String(repeating: "a", count: RequestReader.largestHead)) == .refused(.headTooLarge))
  }

  @Test("a body is read up to its bound, and refused a byte above it, before it comes")
  func boundsTheBody() {
    func post(_ length: String) -> String { "POST /save HTTP/1.1\r\nContent-Length: \(length)\r\n\r\n" }
    let largest = RequestReader.largestBody
    #expect(reading(post("\(largest)")) == .unfinished)
    guard case .request = reading(post("\(largest)") + String(repeating: "b", count: largest)) else {
      Issue.record("the largest body is not read")
      return
    }
    #expect(reading(post("\(largest + 1)")) == .refused(.bodyTooLarge))
    #expect(reading(post(String(repeating: "9", count: 30))) == .refused(.bodyTooLarge))
    for odd in ["", "-1", "+1", "0x1", "1, 1", "one"] {
      #expect(reading(post(odd)) == .refused(.badRequest), "\(odd)")
    }
    #expect(reading("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") == .refused(.lengthRequired))
  }

  @Test(
    "malformed requests are refused",
    arguments: [
      "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/2\r\n\r\n",
      "GET x HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "GET / HTTP/1.1\r\nnothing\r\n\r\n",
      "GET / HTTP/1.1\r\na b: c\r\n\r\n", "GET / HTTP/1.1\r\n folded: c\r\n\r\n",
      "GET / HTTP/1.1\r\n: c\r\n\r\n",
    ])
  func refuses(text: String) {
    #expect(reading(text) == .refused(.badRequest))
  }

  @Test("a response states the length of its body, and HEAD gets no body")
  func writesAnswers() {
    let response = WebResponse(status: .notFound, headers: [("X", "y")], body: Array("no\n".utf8))
    let head = "HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
    #expect(response.bytes(keepsConnection: false) == Array((head + "no\n").utf8))
    #expect(response.bytes(keepsConnection: false, withBody: false) == Array(head.utf8))
    #expect(
      WebResponse(status: .noContent).bytes(keepsConnection: true)
        == Array("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n".utf8))
  }
}
