/// The rules that decide who may see the page and control the run.
///
/// Three checks, in this order. The Host header must name this machine, because a forbidden name could have been pointed
/// here (DNS rebinding). The request must come from this page, because another page may have sent it (CSRF). Where
/// other machines can reach the port, the request must carry the token.
struct AccessRules: Sendable {
  /// The decision on a request.
  enum Decision: Hashable, Sendable {
    /// Answer the request.
    case allowed
    /// Answer it, and move the token from its address to a cookie.
    case allowedByAddress
    /// 401: the token is missing or wrong.
    case unauthorized
    /// 403: the request is for another host, or comes from another site.
    case forbidden
  }

  /// The parts of a request that the decision depends on.
  struct Request {
    var host: String?
    var origin: String?
    /// `Sec-Fetch-Site`, with which a browser says where a request comes from.
    var site: String?
    /// `Authorization`.
    var authorization: String?
    /// `Cookie`.
    var cookies: String?
    /// `token` in the query of the address.
    var addressToken: String?
    /// The request is for the page itself, which other sites may link to.
    var isPage = false
  }

  /// The accepted host names and addresses, without ports.
  let hosts: Set<String>
  /// The token to require; nil where only this machine can connect.
  let token: String?
  /// The name of the cookie that carries the token. It differs between runs, because browsers send a cookie to all
  /// ports of a host.
  let cookieName: String

  init(hosts: [String], token: String?) {
    self.hosts = Set(hosts.map { $0.lowercased() })
    self.token = token
    cookieName = "avg-vision-" + (token ?? "").prefix(8)
  }

  /// The host names and addresses of a dashboard at `address`.
  static func hosts(for address: DashboardAddress) -> [String] {
    let bound = address.urlHost
    if address.isLoopback { return ["localhost", "127.0.0.1", "[::1]", bound] }
    return address.isWildcard ? DashboardAddress.localNames() : [bound]
  }

  func decision(for request: Request) -> Decision {
    // The port is not compared: behind a tunnel it differs.
    guard let host = request.host?.lowercased(), hosts.contains(Self.withoutPort(host)) else {
      return .forbidden
    }
    if let origin = request.origin, origin.lowercased() != "http://" + host { return .forbidden }
    if let site = request.site, site == "cross-site" || site == "same-site", !request.isPage {
      return .forbidden
    }
    guard let token else { return .allowed }
    if let shown = request.authorization, shown.hasPrefix("Bearer "),
      Self.equal(String(shown.dropFirst(7)), token)
    {
      return .allowed
    }
    if let cookies = request.cookies,
      Self.values(of: cookieName, in: cookies).contains(where: { Self.equal($0, token) })
    {
      return .allowed
    }
    if request.isPage, let shown = request.addressToken, Self.equal(shown, token) { return .allowedByAddress }
    return .unauthorized
  }

  private static func withoutPort(_ host: String) -> String {
    guard let colon = host.lastIndex(of: ":"), host.lastIndex(of: "]").map({ $0 < colon }) ?? true,
      host[host.index(after: colon)...].allSatisfy(\.isNumber)
    else { return host }
    return String(host[..<colon])
  }

  private static func values(of name: String, in cookies: String) -> [String] {
    cookies.split(separator: ";").compactMap { part in
      let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      return pair.count == 2 && pair[0] == name ? String(pair[1]) : nil
    }
  }

  /// Compares in constant time, so that the duration does not reveal how many characters were right.
  static func equal(_ shown: String, _ token: String) -> Bool {
    let (shown, token) = (Array(shown.utf8), Array(token.utf8))
    guard shown.count == token.count else { return false }
    return zip(shown, token).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
