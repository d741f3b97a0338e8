import Foundation

/// The routes of the page: it checks each request and answers it.
struct DashboardSite: Sendable {
  let page: RunPage
  let rules: AccessRules
  /// Sends a command to the run.
  let command: @Sendable (MessageKind) -> Void

  private static let requests: [String: MessageKind] = [
    "/pause": .pause, "/resume": .resume, "/stop": .stop, "/save": .save,
  ]

  /// Answers a request.
  func answer(to request: WebRequest) -> WebResponse {
    let decision = rules.decision(for: AccessRules.Request(request))
    switch decision {
    case .forbidden:
      return Self.refusal(.forbidden, "Requests for other hosts or from other sites are not answered.\n")
    case .unauthorized:
      var response = Self.refusal(
        .unauthorized, "This page needs its token: open the full address that the program printed.\n")
      response.headers.append(("WWW-Authenticate", "Bearer"))
      return response
    case .allowedByAddress: return redirectWithCookie()
    case .allowed: return route(request)
    }
  }

  private func route(_ request: WebRequest) -> WebResponse {
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
        return Self.refusal(.notFound, "There is no such command.\n")
      }
      command(wanted)
      return Self.response(.noContent, "text/plain", [])
    case ("GET", _): return Self.refusal(.notFound, "There is no such page.\n")
    default: return Self.refusal(.methodNotAllowed, "Only GET and POST are answered.\n")
    }
  }

  /// Moves the token from the address, where others could see it, to a cookie.
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
        // Only content of this server: no foreign scripts, no framing.
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
