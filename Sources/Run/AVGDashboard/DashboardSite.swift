import Foundation

/// Answers browsers.
struct DashboardSite: Sendable {
  let page: RunPage
  let rules: AccessRules
  /// Hands a request to the run.
  let command: @Sendable (MessageKind) -> Void

  private static let requests: [String: MessageKind] = [
    "/pause": .pause, "/resume": .resume, "/stop": .stop, "/save": .save,
  ]

  /// Answers a request.
  func answer(to request: WebRequest) -> WebResponse {
    let verdict = rules.verdict(on: AccessRules.Request(request))
    switch verdict {
    case .foreign: return Self.refusal(.forbidden, "This page is not for other sites.\n")
    case .tokenNeeded:
      var response = Self.refusal(
        .unauthorized, "This page needs its token: open the whole address that the program has printed.\n")
      response.headers.append(("WWW-Authenticate", "Bearer"))
      return response
    case .grantedByAddress: return redirectWithCookie()
    case .granted: return grant(request)
    }
  }

  private func grant(_ request: WebRequest) -> WebResponse {
    switch (request.method, request.path) {
    case ("GET", "/"): return Self.file(PackageResources.page_html, "text/html")
    case ("GET", "/page.css"): return Self.file(PackageResources.page_css, "text/css")
    case ("GET", "/page.js"): return Self.file(PackageResources.page_js, "text/javascript")
    case ("GET", "/charts.js"): return Self.file(PackageResources.charts_js, "text/javascript")
    case ("GET", "/state"):
      func number(_ name: String) -> Int {
        request.query[name].flatMap { Int($0) }.map { max(0, $0) } ?? 0
      }
      let json = page.json(after: number("snapshot"), episode: number("episode"), event: number("event"))
      return Self.response(.ok, "application/json", Array(json))
    case ("POST", let path):
      guard let wanted = Self.requests[path] else {
        return Self.refusal(.notFound, "There is no such request.\n")
      }
      command(wanted)
      return Self.response(.noContent, "text/plain", [])
    case ("GET", _): return Self.refusal(.notFound, "There is no such page.\n")
    default: return Self.refusal(.methodNotAllowed, "Only GET and POST are answered.\n")
    }
  }

  /// Takes the token out of the address, where it would be seen, into a cookie.
  private func redirectWithCookie() -> WebResponse {
    var response = Self.response(.seeOther, "text/plain", [])
    response.headers += [
      ("Location", "/"),
      ("Set-Cookie", "\(rules.cookieName)=\(rules.token ?? ""); HttpOnly; SameSite=Strict; Path=/"),
    ]
    return response
  }

  private static func file(_ bytes: [UInt8], _ type: String) -> WebResponse { response(.ok, type, bytes) }

  private static func refusal(_ status: WebStatus, _ text: String) -> WebResponse {
    response(status, "text/plain", Array(text.utf8))
  }

  private static func response(_ status: WebStatus, _ type: String, _ body: [UInt8]) -> WebResponse {
    WebResponse(
      status: status,
      headers: [
        ("Content-Type", type + "; charset=utf-8"), ("Cache-Control", "no-store"),
        // Nothing but what this server itself sends: no foreign script, no frame around the page.
        (
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
      ], body: body)
  }
}

extension AccessRules.Request {
  fileprivate init(_ request: WebRequest) {
    self.init(
      host: request.headers["host"], origin: request.headers["origin"],
      site: request.headers["sec-fetch-site"], authorization: request.headers["authorization"],
      cookies: request.headers["cookie"], addressToken: request.query["token"],
      isPage: request.method == "GET" && request.path == "/")
  }
}
