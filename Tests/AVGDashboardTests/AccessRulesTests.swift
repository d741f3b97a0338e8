import Testing

@testable import AVGDashboard

/// The decisions of the access rules.
@Suite("Access to the dashboard")
struct AccessRulesTests {
  private static let token = "0123456789abcdef0123456789abcdef"
  private typealias Request = AccessRules.Request

  private func loopback() throws -> AccessRules {
    let address = try DashboardAddress("8080")
    return AccessRules(hosts: AccessRules.hosts(for: address), token: nil)
  }

  private func open() -> AccessRules {
    AccessRules(hosts: ["192.168.1.5", "robot"], token: Self.token)
  }

  @Test(
    "on loopback, requests for a name of this machine are allowed",
    arguments: [
      "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:8080", "localhost", "localhost:9000",
    ])
  func ownNames(host: String) throws {
    #expect(try loopback().decision(for: Request(host: host)) == .allowed)
    #expect(try loopback().decision(for: Request(host: host, origin: "http://" + host)) == .allowed)
  }

  @Test(
    "a foreign or missing Host is refused",
    arguments: [
      nil, "", "evil.example", "evil.example:8080", "127.0.0.1.evil.example:8080", "[::1].evil:80",
      "localhost:80x",
    ])
  func foreignHosts(host: String?) throws {
    #expect(try loopback().decision(for: Request(host: host)) == .forbidden)
    #expect(open().decision(for: Request(host: host, authorization: "Bearer " + Self.token)) == .forbidden)
  }

  @Test(
    "a foreign Origin is refused, even with the token",
    arguments: [
      "http://evil.example", "null", "https://localhost:8080", "http://localhost:8081", "http://localhost",
      "http://localhost:8080.evil.example", "",
    ])
  func foreignOrigins(origin: String) throws {
    #expect(try loopback().decision(for: Request(host: "localhost:8080", origin: origin)) == .forbidden)
    #expect(
      open().decision(for: Request(host: "robot:8080", origin: origin, authorization: "Bearer " + Self.token))
        == .forbidden)
  }

  @Test("another site may link to the page but not send commands or read the state")
  func otherSites() throws {
    let rules = try loopback()
    for site in ["cross-site", "same-site"] {
      #expect(rules.decision(for: Request(host: "localhost:8080", site: site)) == .forbidden)
      #expect(rules.decision(for: Request(host: "localhost:8080", site: site, isPage: true)) == .allowed)
    }
    #expect(rules.decision(for: Request(host: "localhost:8080", site: "same-origin")) == .allowed)
    #expect(rules.decision(for: Request(host: "localhost:8080", site: "none")) == .allowed)
  }

  @Test("where other machines can connect, nothing is answered without the token")
  func tokenNeeded() {
    let rules = open()
    let wrong = "0123456789abcdef0123456789abcdee"
    for request in [
      Request(host: "robot:8080"), Request(host: "robot:8080", authorization: "Bearer " + wrong),
      Request(host: "robot:8080", authorization: "Bearer "),
      Request(host: "robot:8080", authorization: Self.token),
      Request(host: "robot:8080", authorization: "Bearer " + Self.token.dropLast()),
      Request(host: "robot:8080", cookies: "avg-vision-01234567=" + wrong),
      Request(host: "robot:8080", cookies: "avg-vision-01234568=" + Self.token),
      Request(host: "robot:8080", cookies: "xavg-vision-01234567=" + Self.token),
      Request(host: "robot:8080", addressToken: wrong, isPage: true),
      // The token is accepted only in the address of the page; elsewhere it could be seen.
      Request(host: "robot:8080", addressToken: Self.token),
    ] {
      #expect(rules.decision(for: request) == .unauthorized, "\(request)")
    }
  }

  @Test("the token opens the page by its address, by a cookie or by a header")
  func tokenShown() {
    let rules = open()
    #expect(
      rules.decision(for: Request(host: "robot:8080", addressToken: Self.token, isPage: true))
        == .allowedByAddress)
    #expect(
      rules.decision(for: Request(host: "192.168.1.5:8080", authorization: "Bearer " + Self.token))
        == .allowed)
    #expect(
      rules.decision(
        for: Request(host: "robot:8080", cookies: "a=b; avg-vision-01234567=" + Self.token + "; c=d"))
        == .allowed)
  }

  @Test(
    "an address is a port, or a numeric host and a port",
    arguments: [
      ("8080", "127.0.0.1:8080", true), ("localhost:1", "127.0.0.1:1", true),
      ("0.0.0.0:80", "0.0.0.0:80", false),
      ("127.0.0.2:80", "127.0.0.2:80", true), ("[::1]:80", "[::1]:80", true), ("[::]:80", "[::]:80", false),
      ("192.168.1.5:0", "192.168.1.5:0", false),
    ])
  func addresses(text: String, expected: String, isLoopback: Bool) throws {
    let address = try DashboardAddress(text)
    #expect(address.description == expected && address.isLoopback == isLoopback)
  }

  @Test(
    "text that is not an address is refused with examples of addresses",
    arguments: [
      "", "x", "-1", "65536", ":80", "robot:80", "::1:80", "[::1]", "1.2.3:80", "localhost:",
      "http://localhost:80",
    ])
  func badAddresses(text: String) {
    #expect {
      try DashboardAddress(text)
    } throws: { error in
      "\(error)"
        == "--dashboard \(text): not of the form [HOST:]PORT. Give a port such as 8080, or a numeric address and a port "
        + "such as 0.0.0.0:8080 or [::]:8080."
    }
  }

  @Test("a wildcard address answers to the machine's own addresses")
  func wildcard() throws {
    let hosts = AccessRules.hosts(for: try DashboardAddress("0.0.0.0:80"))
    #expect(hosts.contains("127.0.0.1") && hosts.contains("localhost") && !hosts.contains("0.0.0.0"))
  }
}
