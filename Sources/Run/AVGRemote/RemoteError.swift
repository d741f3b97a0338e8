public import AVGSystem

/// What can go wrong between a robot and its learner.
public enum RemoteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A text is no address.
  case badAddress(String)
  /// Nobody answers there.
  case unreachable(address: String, reason: String)
  /// The address cannot be listened on.
  case cannotListen(address: String, reason: String)
  /// An address that others can reach, without a token.
  case needsToken(address: String)
  /// The file with the token cannot be used.
  case token(path: String, reason: String)
  /// The file with the certificate cannot be used.
  case certificate(path: String, reason: String)
  /// The file with the private key cannot be used.
  case key(path: String, reason: String)
  /// Who answers shows another certificate than the one in the file.
  case stranger(path: String)
  /// No encrypted connection came about.
  case unencrypted(reason: String)
  /// The other side said no.
  case refused(address: String, reason: String)
  /// The connection has ended.
  case ended(reason: String)
  /// The other side broke the protocol.
  case invalid(what: String)
  /// A file of the learner's cannot be used.
  case file(FileError)
  /// The run was not learned for a robot elsewhere: its folder has no `remote.json`.
  case noRun(path: String)
  /// The folder's `remote.json` is damaged.
  case damaged(path: String)
  /// A thread was not started.
  case thread(ThreadError)

  /// The subject, what failed, and what to do.
  public var description: String {
    switch self {
    case .badAddress(let text): "\(text.printable()): no address; give HOST:PORT, as workstation:5010."
    case .unreachable(let address, let reason):
      "learner \(address): cannot be reached: \(reason). Start it there with `avg-vision learn --listen HOST:PORT`."
    case .cannotListen(let address, let reason):
      "\(address): cannot be listened on: \(reason). Give another port, or an address of this computer."
    case .needsToken(let address):
      "\(address): others can reach this address, so robots must show a token. Give --token-file FILE here and there."
    case .token(let path, let reason):
      "\(path): no token: \(reason). Make one: `head -c 32 /dev/urandom | base64 >FILE; chmod 600 FILE`."
    case .certificate(let path, let reason): "\(path.printable()): no certificate: \(reason). \(Self.advice)"
    case .key(let path, let reason): "\(path.printable()): no private key: \(reason). \(Self.advice)"
    case .stranger(let path):
      "it shows another certificate than that of \(path.printable()); copy the learner's again if it has a new one"
    case .unencrypted(let reason):
      "the connection could not be encrypted (\(reason)); start the learner with --certificate, or leave it out here"
    case .refused(let address, let reason): "learner \(address): refused: \(reason.printable(limit: 300))"
    case .ended(let reason): "the connection has ended: \(reason)"
    case .invalid(let what): "the other side sent what it may not: \(what)"
    case .file(let error): error.description
    case .noRun(let path):
      "\(path.printable()): there is no such file, so this is no run of `avg-vision learn`. Name the folder of one, or go on with `avg-vision train --resume`."
    case .damaged(let path): "\(path): is not what this program writes there. Begin another run."
    case .thread(let error): error.description
    }
  }

  private static let advice =
    "Make both: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=learner "
    + "-keyout key.pem -out certificate.pem`."
}
