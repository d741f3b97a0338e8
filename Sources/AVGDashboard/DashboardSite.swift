import FlyingFox
import Foundation

/// Answers browsers.
struct DashboardSite: HTTPHandler {
  let page: RunPage
  let rules: AccessRules
  /// Hands a wish to the run.
  let command: @Sendable (MessageKind) -> Void

  private static let wishes: [String: MessageKind] = [
    "/pause": .pause, "/resume": .resume, "/stop": .stop, "/save": .save,
  ]

  func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
    let verdict = rules.verdict(on: AccessRules.Request(request))
    switch verdict {
    case .foreign: return Self.refusal(.forbidden, "This page is not for other sites.\n")
    case .tokenNeeded:
      var response = Self.refusal(
        .unauthorized, "This page needs its token: open the whole address that the program has printed.\n")
      response.headers[HTTPHeader("WWW-Authenticate")] = "Bearer"
      return response
    case .grantedByAddress: return redirectWithCookie()
    case .granted: return answer(request)
    }
  }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    switch (request.method, request.path) {
    case (.GET, "/"): return Self.file(PackageResources.page_html, "text/html")
    case (.GET, "/page.css"): return Self.file(PackageResources.page_css, "text/css")
    case (.GET, "/page.js"): return Self.file(PackageResources.page_js, "text/javascript")
    case (.GET, "/charts.js"): return Self.file(PackageResources.charts_js, "text/javascript")
    case (.GET, "/state"):
      func number(_ name: String) -> Int {
        request.query.first { $0.name == name }.flatMap { Int($0.value) }.map { max(0, $0) } ?? 0
      }
      let json = page.json(after: number("snapshot"), episode: number("episode"), event: number("event"))
      return Self.response(.ok, "application/json", json)
    case (.POST, let path):
      guard let wish = Self.wishes[path] else { return Self.refusal(.notFound, "There is no such wish.\n") }
      command(wish)
      return Self.response(.noContent, "text/plain", Data())
    case (.GET, _): return Self.refusal(.notFound, "There is no such page.\n")
    default: return Self.refusal(.methodNotAllowed, "Only GET and POST are answered.\n")
    }
  }

  /// Takes the token out of the address, where it would be seen, into a cookie.
  private func redirectWithCookie() -> HTTPResponse {
    var response = Self.response(.seeOther, "text/plain", Data())
    response.headers[.location] = "/"
    response.headers[.setCookie] =
      "\(rules.cookieName)=\(rules.token ?? ""); HttpOnly; SameSite=Strict; Path=/"
    return response
  }

  private static func file(_ bytes: [UInt8], _ type: String) -> HTTPResponse {
    response(.ok, type, Data(bytes))
  }

  private static func refusal(_ status: HTTPStatusCode, _ text: String) -> HTTPResponse {
    response(status, "text/plain", Data(text.utf8))
  }

  private static func response(_ status: HTTPStatusCode, _ type: String, _ body: Data) -> HTTPResponse {
    HTTPResponse(
      statusCode: status,
      headers: [
        .contentType: type + "; charset=utf-8", .cacheControl: "no-store",
        // Nothing but what this server itself sends: no foreign script, no frame around the page.
        HTTPHeader("Content-Security-Policy"):
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        HTTPHeader("X-Content-Type-Options"): "nosniff", HTTPHeader("Referrer-Policy"): "no-referrer",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
      ], body: body)
  }
}

extension AccessRules.Request {
  fileprivate init(_ request: HTTPRequest) {
    self.init(
      host: request.headers[.host], origin: request.headers[HTTPHeader("Origin")],
      site: request.headers[HTTPHeader("Sec-Fetch-Site")], authorization: request.headers[.authorization],
      cookies: request.headers[.cookie], addressToken: request.query.first { $0.name == "token" }?.value,
      isPage: request.method == .GET && request.path == "/")
  }
}
