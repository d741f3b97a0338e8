import Glibc

/// The address at which a dashboard listens: `[HOST:]PORT`.
public struct DashboardAddress: Codable, Hashable, Sendable, CustomStringConvertible {
  /// A numeric IPv4 or IPv6 address.
  public let host: String
  /// The port; 0 lets the system choose one.
  public let port: UInt16

  /// Makes an address of a numeric host and a port.
  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Parses `8080`, `localhost:8080`, `0.0.0.0:8080` or `[::]:8080`; without a host, only this machine can connect.
  public init(_ text: String) throws(DashboardError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let hostText = parts.dropLast().joined(separator: ":")
    guard let portText = parts.last, let port = UInt16(portText), parts.count == 1 || !hostText.isEmpty,
      let host = Self.host(parts.count == 1 ? "localhost" : hostText)
    else { throw .badAddress(text) }
    self.init(host: host, port: port)
  }

  /// The numeric host; nil if the text is neither an address nor `localhost`.
  private static func host(_ text: String) -> String? {
    if text == "localhost" { return "127.0.0.1" }
    if text.hasPrefix("["), text.hasSuffix("]") {
      let inner = String(text.dropFirst().dropLast())
      var address = in6_addr()
      return inet_pton(AF_INET6, inner, &address) == 1 ? inner : nil
    }
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1 ? text : nil
  }

  /// Whether `host` is an IPv6 address.
  var isVersion6: Bool { host.contains(":") }

  /// Whether only this machine can connect to it.
  public var isLoopback: Bool { isVersion6 ? host == "::1" : host.hasPrefix("127.") }

  /// Whether it stands for all addresses of this machine.
  var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

  /// The host as written in a URL.
  var urlHost: String { isVersion6 ? "[\(host)]" : host }

  /// The hosts at which a browser finds it: for a wildcard address, those of this machine that others can reach.
  var urlHosts: [String] {
    guard isWildcard else { return [urlHost] }
    let reachable = Self.localAddresses().filter { address in
      // A link-local address needs a zone, which browsers do not accept, and 0.0.0.0 covers IPv4 only.
      !address.isLoopback && !address.digits.hasPrefix("[fe80:")
        && (isVersion6 || !address.digits.hasPrefix("["))
    }
    return reachable.isEmpty ? [isVersion6 ? "[::1]" : "127.0.0.1"] : reachable.map(\.digits)
  }

  /// `host:port`, as in a URL.
  public var description: String { urlHost + ":\(port)" }

  /// The names and numeric addresses of this machine.
  static func localNames() -> [String] {
    var names = ["localhost"]
    var name = [CChar](repeating: 0, count: 256)
    if gethostname(&name, name.count - 1) == 0 {
      let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      names += [host, host + ".local"]
    }
    return names + localAddresses().map(\.digits)
  }

  /// The numeric addresses of this machine as written in a URL, IPv4 first.
  private static func localAddresses() -> [(digits: String, isLoopback: Bool)] {
    var addresses: [(digits: String, isLoopback: Bool)] = []
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return addresses }
    defer { freeifaddrs(list) }
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ifa_addr, let digits = digits(of: address) {
        addresses.append((digits, entry.ifa_flags & UInt32(IFF_LOOPBACK) != 0))
      }
      next = entry.ifa_next
    }
    return addresses.filter { !$0.digits.hasPrefix("[") } + addresses.filter { $0.digits.hasPrefix("[") }
  }

  private static func digits(of address: UnsafePointer<sockaddr>) -> String? {
    let family = Int32(address.pointee.sa_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    var text = [CChar](repeating: 0, count: 128)
    guard getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    let digits = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Drop the zone of a link-local address, which no Host header carries.
    let bare = String(digits.prefix { $0 != "%" })
    return family == AF_INET6 ? "[\(bare)]" : bare
  }
}

/// An error of a dashboard.
public enum DashboardError: Error, Hashable, CustomStringConvertible {
  /// The text is not of the form `[HOST:]PORT`.
  case badAddress(String)
  /// The server cannot listen at the address.
  case cannotListen(address: String, reason: String)
  /// The process that serves the page could not be started.
  case notStarted(reason: String)

  /// The reason alone, without the subject and the advice.
  var reason: String {
    switch self {
    case .badAddress(let text): text
    case .cannotListen(_, let reason), .notStarted(let reason): reason
    }
  }

  /// What failed, why, and what to do.
  public var description: String {
    switch self {
    case .badAddress(let text):
      "--dashboard \(text): not of the form [HOST:]PORT. Give a port such as 8080, or a numeric address and a port such as "
        + "0.0.0.0:8080 or [::]:8080."
    case .cannotListen(let address, let reason):
      "dashboard: cannot listen on \(address): \(reason). Choose another port, or 0 for any free one."
    case .notStarted(let reason):
      "dashboard: the server cannot be started: \(reason). Run without --dashboard."
    }
  }
}
