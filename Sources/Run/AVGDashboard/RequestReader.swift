import Glibc

/// A request of a browser, as far as it matters here.
struct WebRequest: Hashable, Sendable {
  var method: String
  /// As it was sent: no path of this server needs decoding.
  var path: String
  /// The part of the address behind `?`, as it was sent.
  var query: [String: String] = [:]
  /// Values by names in lower case; those of one name are joined.
  var headers: [String: String] = [:]

  /// Whether the connection stays open for another request.
  var keepsConnection: Bool = true
}

/// Takes requests (RFC 9112) out of bytes that arrive in pieces of any size.
///
/// Nothing is interpreted before a head is whole, a head or body above its bound is refused before it is kept, and
/// the work is linear in the bytes: whoever sends them cannot have this process compute or remember much.
struct RequestReader {
  /// The longest request line with headers, in bytes; browsers send one or two thousand.
  static let largestHead = 16 << 10
  /// The longest body, in bytes. No request here needs one: it is read and left alone.
  static let largestBody = 1 << 10

  /// What the bytes so far come to.
  enum Reading: Hashable {
    /// The request is not whole yet.
    case unfinished
    /// The next request.
    case request(WebRequest)
    /// Something that is not answered, and after which the bytes mean nothing.
    case refused(WebStatus)
  }

  private static let end: [UInt8] = [13, 10, 13, 10]
  private var bytes: [UInt8] = []
  /// How many bytes have been searched for the head's end.
  private var searched = 0

  /// Whether nothing of a request has come.
  var isEmpty: Bool { bytes.isEmpty }

  /// Takes in bytes that have arrived.
  mutating func append(_ more: [UInt8]) { bytes += more }

  /// The next request, which is taken out of the bytes.
  mutating func next() -> Reading {
    guard let headCount = headCount() else {
      return bytes.count < Self.largestHead ? .unfinished : .refused(.headTooLarge)
    }
    guard headCount <= Self.largestHead else { return .refused(.headTooLarge) }
    let text = String(decoding: bytes.prefix(headCount - Self.end.count), as: UTF8.self)
    guard let request = WebRequest(head: text) else { return .refused(.badRequest) }
    // Without a length nobody knows how much is to come.
    guard request.headers["transfer-encoding"] == nil else { return .refused(.lengthRequired) }
    let length = request.headers["content-length"] ?? "0"
    guard !length.isEmpty, length.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return .refused(.badRequest)
    }
    // More digits than a number can hold are too many bytes too.
    guard let bodyCount = Int(length), bodyCount <= Self.largestBody else { return .refused(.bodyTooLarge) }
    guard bytes.count >= headCount + bodyCount else { return .unfinished }
    bytes.removeFirst(headCount + bodyCount)
    searched = 0
    return .request(request)
  }

  /// The length of the head with its end; nil if that has not come.
  private mutating func headCount() -> Int? {
    var place = max(0, searched - Self.end.count)
    searched = bytes.count
    return bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      // The system's search, which takes microseconds: strangers may send much.
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
  /// Reads a request line and headers; nil if they are none.
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
