/// Who may see the page and steer the run.
///
/// Three questions, in this order: was this machine asked for by a name of its own (a page elsewhere may have had its
/// name pointed here), does the wish come from this page itself (another page may have sent it), and, where other
/// machines can reach the port, is the token there.
struct AccessRules: Sendable {
  /// What is to be done with a request.
  enum Verdict: Hashable, Sendable {
    /// Answer it.
    case granted
    /// Answer it, and keep the token that stood in its address in a cookie.
    case grantedByAddress
    /// 401: who asks has not shown the token.
    case tokenNeeded
    /// 403: it comes from elsewhere.
    case foreign
  }

  /// What of a request matters.
  struct Request {
    var host: String?
    var origin: String?
    /// `Sec-Fetch-Site`, in which a browser says where a request comes from.
    var site: String?
    /// `Authorization`.
    var authorization: String?
    /// `Cookie`.
    var cookies: String?
    /// `token` in the address's query.
    var addressToken: String?
    /// The page itself, which may be opened by following a link.
    var isPage = false
  }

  /// The names and addresses, without ports, that a request may ask for.
  let hosts: Set<String>
  /// What has to be shown; nil where only this machine can ask.
  let token: String?
  /// The cookie that carries the token; one for each run, for cookies do not know ports.
  let cookieName: String

  init(hosts: [String], token: String?) {
    self.hosts = Set(hosts.map { $0.lowercased() })
    self.token = token
    cookieName = "avg-vision-" + (token ?? "").prefix(8)
  }

  /// The names that a dashboard at `address` goes by.
  static func hosts(for address: DashboardAddress) -> [String] {
    let bound = address.urlHost
    if address.isLoopback { return ["localhost", "127.0.0.1", "[::1]", bound] }
    return address.isEvery ? DashboardAddress.namesOfThisMachine() : [bound]
  }

  func verdict(on request: Request) -> Verdict {
    // The port may differ: a tunnel has its own.
    guard let host = request.host?.lowercased(), hosts.contains(Self.withoutPort(host)) else {
      return .foreign
    }
    if let origin = request.origin, origin.lowercased() != "http://" + host { return .foreign }
    if let site = request.site, site == "cross-site" || site == "same-site", !request.isPage {
      return .foreign
    }
    guard let token else { return .granted }
    if let shown = request.authorization, shown.hasPrefix("Bearer "),
      Self.equal(String(shown.dropFirst(7)), token)
    {
      return .granted
    }
    if let cookies = request.cookies,
      Self.values(of: cookieName, in: cookies).contains(where: { Self.equal($0, token) })
    {
      return .granted
    }
    if request.isPage, let shown = request.addressToken, Self.equal(shown, token) { return .grantedByAddress }
    return .tokenNeeded
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

  /// Compares in a time that does not tell how much was right.
  static func equal(_ shown: String, _ token: String) -> Bool {
    let (shown, token) = (Array(shown.utf8), Array(token.utf8))
    guard shown.count == token.count else { return false }
    return zip(shown, token).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
