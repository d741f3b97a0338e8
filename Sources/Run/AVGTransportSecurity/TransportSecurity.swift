public import AVGRemote
import AVGSystem
public import NIOCore
import NIOSSL
import NIOTLS

/// What a learner shows robots, and what encrypts its connections: a certificate and its private key.
public struct LearnerIdentity: ListenerSecurity {
  private let context: NIOSSLContext

  /// Reads both from PEM files; others must not be able to read the key.
  public init(certificate path: String, key keyPath: String) throws(RemoteError) {
    if let reason = Token.secretProblem(of: keyPath) { throw .key(path: keyPath, reason: reason) }
    let chain = try TransportSecurity.certificates(in: path)
    let bytes = try TransportSecurity.bytes(of: keyPath) { .key(path: keyPath, reason: $0) }
    let key: NIOSSLPrivateKey
    do { key = try NIOSSLPrivateKey(bytes: bytes, format: .pem) } catch {
      throw .key(
        path: keyPath,
        reason: "it is not a private key in PEM format, without a passphrase, of a kind that TLS 1.3 knows")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv13
    configuration.signingSignatureAlgorithms = TransportSecurity.signatures
    do { context = try NIOSSLContext(configuration: configuration) } catch {
      throw .key(path: keyPath, reason: "it does not belong to the certificate of \(path.printable())")
    }
  }

  /// The handlers that come first in a connection from a robot.
  public func makeHandlers() -> [any ChannelHandler] {
    [NIOSSLServerHandler(context: context), HandshakeHandler(nil)]
  }
}

/// The certificate by which a robot knows its learner.
///
/// It must be the learner's own, byte for byte: neither names nor dates nor authorities are asked. So it may be one that the
/// learner's owner made, it goes with any address, and a robot whose clock stands in 1970 until it has heard the time can
/// connect.
public struct LearnerCertificate: ConnectionSecurity {
  /// Where it was read.
  private let path: String
  private let context: NIOSSLContext
  private let certificates: Set<[UInt8]>

  /// Reads a PEM file.
  public init(_ path: String) throws(RemoteError) {
    self.path = path
    let known = try TransportSecurity.certificates(in: path)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.verifySignatureAlgorithms = TransportSecurity.signatures
    // The callback of `makeHandlers` judges instead; with `.none` NIOSSL would not ask it.
    configuration.certificateVerification = .noHostnameVerification
    configuration.trustRoots = .certificates(known)
    do {
      certificates = Set(try known.map { try $0.toDERBytes() })
      context = try NIOSSLContext(configuration: configuration)
    } catch { throw .certificate(path: path, reason: TransportSecurity.words(error)) }
  }

  /// The handlers that come first in a connection to a learner; `ready` succeeds once it has proved who it is.
  public func makeHandlers(_ ready: EventLoopPromise<Void>) throws -> [any ChannelHandler] {
    let (path, certificates) = (path, certificates)
    let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { chain, verdict in
      // That the peer has the certificate's key, the handshake itself proves.
      let shown = try? chain.first?.toDERBytes()
      let isKnown = shown.map(certificates.contains) ?? false
      if !isKnown { ready.fail(RemoteError.stranger(path: path)) }
      verdict.succeed(isKnown ? .certificateVerified : .failed)
    }
    return [handler, HandshakeHandler(ready)]
  }
}

enum TransportSecurity {
  /// What a learner may prove with that it has a certificate's key: all that TLS 1.3 knows, and Ed25519, which the
  /// library leaves out unless it is named.
  static let signatures: [SignatureAlgorithm] = [
    .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
    .rsaPssRsaeSha384, .rsaPssRsaeSha512,
  ]
  /// More is no certificate and no key.
  private static let longestFile = 1 << 20

  /// The bytes of a file, which are read once: it may be a pipe.
  static func bytes(
    of path: String, refusal: (_ reason: String) -> RemoteError
  ) throws(RemoteError) -> [UInt8] {
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(at: path, limit: longestFile + 1) } catch { throw .file(error) }
    guard bytes.count <= longestFile else { throw refusal("it has more than \(longestFile >> 20) MiB") }
    return bytes
  }

  static func certificates(in path: String) throws(RemoteError) -> [NIOSSLCertificate] {
    let bytes = try bytes(of: path) { .certificate(path: path, reason: $0) }
    let certificates = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
    guard !certificates.isEmpty else {
      throw .certificate(path: path, reason: "it holds no certificate in PEM format")
    }
    return certificates
  }

  /// An error of the library's, in a few words: what it says itself names files of the computer that built it.
  static func words(_ error: any Error) -> String {
    let text = "\(error)"
    let reason = text.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1
    return "TLS: "
      + (reason.map { $0.lowercased().replacing("_", with: " ") } ?? text.prefix { $0 != "(" }.description)
      .printable(limit: 100)
  }
}

/// An error of the library's, for those who do not know the library.
private struct EncryptionError: Error, CustomStringConvertible {
  let description: String

  /// nil if the error is not the library's.
  init?(_ error: any Error) {
    switch error {
    case NIOSSLError.uncleanShutdown: description = "the other side closed it"
    case is NIOSSLError, is BoringSSLError: description = TransportSecurity.words(error)
    default: return nil
    }
  }
}

/// Waits for the end of the handshake, and puts the library's errors into words.
private final class HandshakeHandler: ChannelInboundHandler {
  typealias InboundIn = NIOCore.ByteBuffer

  private let ready: EventLoopPromise<Void>?

  init(_ ready: EventLoopPromise<Void>?) { self.ready = ready }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { ready?.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    let error = EncryptionError(error) ?? error
    ready?.fail(RemoteError.unencrypted(reason: MessageConnection.words(error)))
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    ready?.fail(RemoteError.unencrypted(reason: "the other side closed it"))
    context.fireChannelInactive()
  }
}
