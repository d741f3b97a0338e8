import Glibc

/// Where a dashboard listens: `[HOST:]PORT`.
public struct DashboardAddress: Codable, Hashable, Sendable, CustomStringConvertible {
  /// An IPv4 or IPv6 address in digits.
  public let host: String
  /// The port; 0 lets the system choose one.
  public let port: UInt16

  /// Makes an address of a host in digits.
  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `8080`, `localhost:8080`, `0.0.0.0:8080` or `[::]:8080`; without a host this machine alone is meant.
  public init(_ text: String) throws(DashboardError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let hostText = parts.dropLast().joined(separator: ":")
    guard let portText = parts.last, let port = UInt16(portText), parts.count == 1 || !hostText.isEmpty,
      let host = Self.host(parts.count == 1 ? "localhost" : hostText)
    else { throw .badAddress(text) }
    self.init(host: host, port: port)
  }

  /// The host in digits; nil if it is none.
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

  /// Whether only programs of this machine can reach it.
  public var isLoopback: Bool { isVersion6 ? host == "::1" : host.hasPrefix("127.") }

  /// Whether every address of this machine is meant.
  var isEvery: Bool { host == "0.0.0.0" || host == "::" }

  /// The host as a web address has it.
  var urlHost: String { isVersion6 ? "[\(host)]" : host }

  /// The hosts by which a browser finds it: where every address is meant, those of this machine that others can reach.
  var urlHosts: [String] {
    guard isEvery else { return [urlHost] }
    let reachable = Self.addressesOfThisMachine().filter { address in
      // Without its zone a link-local address leads nowhere; and 0.0.0.0 is every address of one kind alone.
      !address.isLoopback && !address.digits.hasPrefix("[fe80:")
        && (isVersion6 || !address.digits.hasPrefix("["))
    }
    return reachable.isEmpty ? [isVersion6 ? "[::1]" : "127.0.0.1"] : reachable.map(\.digits)
  }

  /// `host:port`, as in a web address.
  public var description: String { urlHost + ":\(port)" }

  /// The names of this machine, and its addresses in digits.
  static func namesOfThisMachine() -> [String] {
    var names = ["localhost"]
    var name = [CChar](repeating: 0, count: 256)
    if gethostname(&name, name.count - 1) == 0 {
      let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      names += [host, host + ".local"]
    }
    return names + addressesOfThisMachine().map(\.digits)
  }

  /// The addresses of this machine in digits, as a web address has them, those of IPv4 first.
  private static func addressesOfThisMachine() -> [(digits: String, isLoopback: Bool)] {
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
    // Without the zone of a link-local address, which no Host header carries.
    let bare = String(digits.prefix { $0 != "%" })
    return family == AF_INET6 ? "[\(bare)]" : bare
  }
}

/// What can go wrong with a dashboard.
public enum DashboardError: Error, Hashable, CustomStringConvertible {
  /// The text is no `[HOST:]PORT`.
  case badAddress(String)
  /// The port cannot be had.
  case cannotListen(address: String, reason: String)
  /// The process that serves the page could not be started.
  case notStarted(reason: String)

  /// Why it failed, without what was tried and what to do.
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
      "--dashboard \(text): not of the form [HOST:]PORT. Give a port, as 8080, or an address in digits and a port, as "
        + "0.0.0.0:8080 or [::]:8080."
    case .cannotListen(let address, let reason):
      "dashboard: cannot listen on \(address): \(reason). Choose another port, or 0 for any free one."
    case .notStarted(let reason):
      "dashboard: the server cannot be started: \(reason). Run without --dashboard."
    }
  }
}
