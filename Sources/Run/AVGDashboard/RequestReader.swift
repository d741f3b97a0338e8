import Glibc

/// An HTTP request, as far as this server needs it.
struct WebRequest: Hashable, Sendable {
  var method: String
  /// The path as sent; no path of this server needs decoding.
  var path: String
  /// The query parameters as sent.
  var query: [String: String] = [:]
  /// Header values by lower-case name; repeated headers are joined.
  var headers: [String: String] = [:]

  /// Whether the connection stays open for another request.
  var keepsConnection: Bool = true
}

/// A parser of HTTP requests (RFC 9112) that arrive in pieces of any size.
///
/// Nothing is interpreted before the head is complete, a head or body above its bound is refused before it is stored,
/// and the work is linear in the number of bytes. So a client cannot make this process compute or store much.
struct RequestReader {
  /// The maximum size of request line and headers in bytes; browsers send one or two thousand.
  static let largestHead = 16 << 10
  /// The maximum size of a body in bytes. No request here needs one; it is read and ignored.
  static let largestBody = 1 << 10

  /// The result of parsing the bytes so far.
  enum Reading: Hashable {
    /// The request is not complete yet.
    case unfinished
    /// The next request.
    case request(WebRequest)
    /// An invalid request; the position of the next one is unknown, so the connection must be closed.
    case refused(WebStatus)
  }

  private static let end: [UInt8] = [13, 10, 13, 10]
  private var bytes: [UInt8] = []
  /// The number of bytes already searched for the end of the head.
  private var searched = 0

  /// Whether no part of a request has arrived.
  var isEmpty: Bool { bytes.isEmpty }

  /// Appends bytes that have arrived.
  mutating func append(_ more: [UInt8]) { bytes += more }

  /// Parses the next request and removes it from the bytes.
  mutating func next() -> Reading {
    guard let headCount = headCount() else {
      return bytes.count < Self.largestHead ? .unfinished : .refused(.headTooLarge)
    }
    guard headCount <= Self.largestHead else { return .refused(.headTooLarge) }
    let text = String(decoding: bytes.prefix(headCount - Self.end.count), as: UTF8.self)
    guard let request = WebRequest(head: text) else { return .refused(.badRequest) }
    // Chunked bodies are not supported; without a length the end of the request is unknown.
    guard request.headers["transfer-encoding"] == nil else { return .refused(.lengthRequired) }
    let length = request.headers["content-length"] ?? "0"
    guard !length.isEmpty, length.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return .refused(.badRequest)
    }
    // A number too large for `Int` is too long a body as well.
    guard let bodyCount = Int(length), bodyCount <= Self.largestBody else { return .refused(.bodyTooLarge) }
    guard bytes.count >= headCount + bodyCount else { return .unfinished }
    bytes.removeFirst(headCount + bodyCount)
    searched = 0
    return .request(request)
  }

  /// The length of the head including its end; nil if the end has not arrived.
  private mutating func headCount() -> Int? {
    var place = max(0, searched - Self.end.count)
    searched = bytes.count
    return bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      // `memchr` takes microseconds even where a client sends a large head in many pieces.
      while place + Self.end.count <= bytes.count,
        let found = memchr(base + place, CInt(Self.end[0]), bytes.count - place)
      {
        place = UnsafeRawPointer(found) - base
        if bytes[place...].starts(with: Self.end) { return place + Self.end.count }
        place += 1
      }
      return nil
    }
  }
}

extension WebRequest {
  /// Parses a request line and headers; nil if they are malformed.
  fileprivate init?(head: String) {
    let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, !words[0].isEmpty, words[1].hasPrefix("/"), words[2].hasPrefix("HTTP/1.") else {
      return nil
    }
    let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(method: String(words[0]), path: String(target[0]))
    for pair in target.dropFirst().joined().split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      query[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains(where: \.isWhitespace) else { return nil }
      let name = parts[0].lowercased()
      let value = parts[1].drop { $0 == " " || $0 == "\t" }
      let joint = name == "cookie" ? "; " : ", "
      headers[name] = headers[name].map { $0 + joint + value } ?? String(value)
    }
    keepsConnection = words[2] == "HTTP/1.1" && headers["connection"]?.lowercased() != "close"
  }
}
