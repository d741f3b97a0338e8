/// An HTTP status.
enum WebStatus: Int, Sendable {
  case ok = 200, noContent = 204, seeOther = 303
  case badRequest = 400, unauthorized = 401, forbidden = 403, notFound = 404, methodNotAllowed = 405
  case lengthRequired = 411, bodyTooLarge = 413, headTooLarge = 431

  /// The reason phrase.
  var reasonPhrase: String {
    switch self {
    case .ok: "OK"
    case .noContent: "No Content"
    case .seeOther: "See Other"
    case .badRequest: "Bad Request"
    case .unauthorized: "Unauthorized"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .lengthRequired: "Length Required"
    case .bodyTooLarge: "Content Too Large"
    case .headTooLarge: "Request Header Fields Too Large"
    }
  }
}

/// An HTTP response.
struct WebResponse: Sendable {
  var status: WebStatus
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []

  /// Whether the request was not refused.
  var isSuccess: Bool { status.rawValue < 400 }

  /// The response as sent.
  ///
  /// - Parameters:
  ///   - keepsConnection: whether another request may follow.
  ///   - withBody: false for HEAD, which receives only the headers.
  func bytes(keepsConnection: Bool, withBody: Bool = true) -> [UInt8] {
    var head = "HTTP/1.1 \(status.rawValue) \(status.reasonPhrase)\r\n"
    for header in headers { head += "\(header.name): \(header.value)\r\n" }
    if status != .noContent { head += "Content-Length: \(body.count)\r\n" }
    head += "Connection: \(keepsConnection ? "keep-alive" : "close")\r\n\r\n"
    return Array(head.utf8) + (withBody ? body : [])
  }
}
