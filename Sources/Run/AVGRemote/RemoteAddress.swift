/// Where a learner is: a host's name or numeric address, and a port.
public struct RemoteAddress: Hashable, Sendable, CustomStringConvertible {
  /// The host.
  public let host: String
  /// The port; 0 lets the system choose one to listen on.
  public let port: UInt16

  /// Parses `workstation:5010`, `192.0.2.7:5010` or `[2001:db8::7]:5010`.
  ///
  /// - Parameter host: the host of a port alone; nil asks for one.
  public init(_ text: String, defaultHost: String? = nil) throws(RemoteError) {
    let end = text.lastIndex(of: ":")
    let digits = end.map { text[text.index(after: $0)...] } ?? text[...]
    var host = end.map { String(text[..<$0]) } ?? defaultHost ?? ""
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      throw .badAddress(text)
    }
    guard let port = UInt16(digits), !host.isEmpty, digits.allSatisfy(\.isNumber),
      host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-_:%".contains($0)) })
    else { throw .badAddress(text) }
    self.host = host == "localhost" ? "127.0.0.1" : host
    self.port = port
  }

  /// Whether only this computer can reach it.
  public var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

  /// `host:port`.
  public var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
