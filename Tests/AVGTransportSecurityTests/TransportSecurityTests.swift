import AVGCore
import AVGTestSupport
import Foundation
import Testing

@testable import AVGRemote
@testable import AVGTransportSecurity

@Suite("encrypted connections")
struct TransportSecurityTests {
  /// A folder with certificates and keys as docs/two-computers.md has them made.
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["learner", "other"] { try makeIdentity(name) }
  }

  private func makeIdentity(
    _ name: String, _ kind: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
  ) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["openssl", "req", "-x509", "-newkey"] + kind + [
        "-nodes", "-days", "1", "-subj", "/CN=learner", "-keyout", path("\(name)-key"), "-out", path(name),
      ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl is needed")
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name).pem" }
  private func identity() throws -> LearnerIdentity {
    try LearnerIdentity(certificate: path("learner"), key: path("learner-key"))
  }
  private var soon: MonotonicInstant { .now.advanced(by: .seconds(5)) }

  private func connect(
    _ listener: MessageListener, showing name: String?
  ) throws -> (here: MessageConnection, there: MessageConnection) {
    let here = try MessageConnection.connect(
      to: try RemoteAddress("127.0.0.1:\(listener.port)"),
      showing: try name.map { try LearnerCertificate(path($0)) }, within: .seconds(5))
    return (here, try #require(listener.accept(until: soon)))
  }

  @Test("messages of any size arrive, both ways")
  func arrive() throws {
    let listener = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: try identity())
    let (here, there) = try connect(listener, showing: "learner")
    there.trust()
    let long = [UInt8](repeating: 7, count: 5 << 20)
    for message in [[1, 2, 3], [], long] {
      try here.send(message)
      #expect(try there.receive(until: soon) == message)
      try there.send(message)
      #expect(try here.receive(until: soon) == message)
    }
    here.close()
    let error = #expect(throws: RemoteError.self) { try there.receive(until: soon) }
    #expect(error == .ended(reason: "the other side closed it"))
  }

  @Test(
    "keys of every kind that openssl makes for TLS 1.3 do",
    arguments: [
      ["rsa:2048"], ["ed25519"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
      ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    ])
  func keys(kind: [String]) throws {
    try makeIdentity("learner", kind)
    let listener = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: try identity())
    let (here, there) = try connect(listener, showing: "learner")
    try here.send([1, 2, 3])
    #expect(try there.receive(until: soon) == [1, 2, 3])
  }

  @Test("certificates come through a pipe too; what has no end is refused")
  func pipes() throws {
    let pipe = Pipe()
    pipe.fileHandleForWriting.write(try Data(contentsOf: URL(filePath: path("learner"))))
    try pipe.fileHandleForWriting.close()
    _ = try LearnerCertificate("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
    #expect(
      throws: RemoteError.certificate(path: "/dev/zero", reason: "it has more than 1 MiB")
    ) { try LearnerCertificate("/dev/zero") }
    var error = #expect(throws: RemoteError.self) {
      try LearnerIdentity(certificate: path("learner"), key: folder.path)
    }
    #expect(error?.description.contains("it is a folder") == true)
    error = #expect(throws: RemoteError.self) { try Token.read(folder.path) }
    #expect(error?.description.contains("it is a folder") == true)
  }

  @Test("what the library says of an error names no file of another computer")
  func words() {
    struct Failure: Error, CustomStringConvertible {
      let description: String
    }
    let text =
      "handshakeFailed(sslError([Error: 268 error:1000:SSL routines:OPENSSL_internal:NO_COMMON_SIGNATURE_ALGORITHMS at "
      + "/home/somebody/extensions.cc:4]))"
    #expect(
      TransportSecurity.words(Failure(description: text)) == "TLS: no common signature algorithms")
    #expect(TransportSecurity.words(Failure(description: "handshakeFailed(eof)")) == "TLS: handshakeFailed")
  }

  @Test("a learner with another certificate, of the same name, gets no word")
  func another() throws {
    let listener = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: try identity())
    let error = #expect(throws: RemoteError.self) { _ = try connect(listener, showing: "other") }
    #expect(error?.description.contains("another certificate than that of \(path("other"))") == true)
  }

  @Test("a robot that encrypts does not speak with a learner that does not, nor the other way round")
  func onlyOne() throws {
    let plain = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: nil)
    var error = #expect(throws: RemoteError.self) { _ = try connect(plain, showing: "learner") }
    #expect(error?.description.contains("could not be encrypted") == true)
    let encrypted = try MessageListener(at: try RemoteAddress("127.0.0.1:0"), as: try identity())
    error = #expect(throws: RemoteError.self) {
      _ = try MessageConnection.introduced(
        to: try RemoteAddress("127.0.0.1:\(encrypted.port)"), showing: nil,
        Greeting(program: "test", token: "none"), connectingWithin: .seconds(5), answeringWithin: .seconds(5))
    }
    #expect(error?.description.contains("give that here too") == true)
  }

  @Test("files that are no certificate, no key, another's key, or open to others")
  func badFiles() throws {
    try Data("hello\n".utf8).write(to: URL(filePath: path("text")))
    #expect(chmod(path("text"), 0o600) == 0)
    #expect(
      throws: RemoteError.certificate(path: path("text"), reason: "it holds no certificate in PEM format")
    ) {
      try LearnerCertificate(path("text"))
    }
    #expect(throws: RemoteError.self) { try LearnerCertificate(path("none")) }
    func reason(_ certificate: String, _ key: String) -> String {
      do { _ = try LearnerIdentity(certificate: path(certificate), key: path(key)) } catch {
        return "\(error)"
      }
      return ""
    }
    #expect(reason("learner", "none").contains("No such file"))
    #expect(reason("learner", "text").contains("not a private key"))
    #expect(reason("learner", "other-key").contains("does not belong"))
    #expect(reason("text", "learner-key").contains("no certificate"))
    #expect(chmod(path("learner-key"), 0o644) == 0)
    #expect(reason("learner", "learner-key").contains("chmod 600"))
  }
}
