import AVGSystem
import Foundation
import Testing

@Suite("Child processes and sockets")
struct ChildProcessTests {
  private func start(_ command: String, _ output: SystemSocket? = nil) throws(SystemError) -> ChildProcess {
    let descriptors = output.map {
      [(place: CInt(3), source: ChildProcess.Launch.Source.descriptor($0.descriptor))]
    }
    return try ChildProcess(ChildProcess.Launch(["sh", "-c", command], descriptors ?? []))
  }

  @Test("how a child has ended is known")
  func endings() throws {
    for (command, ending) in [
      ("exit 3", ChildProcess.Ending.status(3)), ("exit 0", .status(0)), ("kill -9 $$", .signal(SIGKILL)),
    ] {
      var child = try start(command)
      let hasEnded = child.wait(upTo: .seconds(20))
      #expect(hasEnded && child.ending == ending, "\(command)")
      let isKnown = child.wait(upTo: .zero)
      #expect(isKnown)
    }
    var child = try start("sleep 60")
    let hasEnded = child.wait(upTo: .milliseconds(20))
    #expect(!hasEnded && child.ending == nil)
    child.kill()
    #expect(child.ending == .signal(SIGKILL))
  }

  @Test("what a child has started ends with it")
  func groups() throws {
    let (one, other) = try SystemSocket.pair(.stream)
    var child = try start("sleep 60 & echo $! >&3; wait", other)
    other.close()
    defer { one.close() }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = bytes.withUnsafeMutableBytes { one.receive($0) }
    #expect(count > 1)
    child.kill()
    // Both have held the other end.
    #expect(bytes.withUnsafeMutableBytes { one.receive($0) } == 0)
  }

  /// The lines that a program prints.
  private func lines(_ words: [String]) throws -> [Substring] {
    let (one, other) = try SystemSocket.pair(.stream)
    defer { one.close() }
    var launch = ChildProcess.Launch(words, [(STDOUT_FILENO, .descriptor(other.descriptor))])
    launch.variables = ["AVG_TEST=it's here"]
    var child = try ChildProcess(launch)
    other.close()
    child.wait()
    #expect(child.ending == .status(0))
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = bytes.withUnsafeMutableBytes { one.receive($0) }
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
  }

  @Test("a child has the variables that it was given, no signal blocked, and a group of its own")
  func conditions() throws {
    var blocked = sigset_t()
    sigfillset(&blocked)
    var before = sigset_t()
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    #expect(try lines(["grep", "SigBlk", "/proc/self/status"]) == ["SigBlk:\t0000000000000000"])
    let told = try lines(["sh", "-c", "echo $AVG_TEST; cut -d' ' -f5 /proc/$$/stat; echo $$"])
    try #require(told.count == 3)
    #expect(told[0] == "it's here" && told[1] == told[2])
  }

  @Test("a program that is not there is told of")
  func missing() {
    #expect(throws: SystemError(code: ENOENT)) {
      _ = try ChildProcess(ChildProcess.Launch(["/nowhere/at all"], []))
    }
    #expect(throws: SystemError(code: EBADF)) {
      _ = try ChildProcess(ChildProcess.Launch(["true"], [(3, .descriptor(999_999))]))
    }
  }

  @Test("a socket at a path and one at a port answer; a path that is too long is told of")
  func addresses() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/avg-\(getpid())-socket"
    unlink(folder)
    defer { unlink(folder) }
    for address in [
      try SocketAddress(path: folder), try #require(SocketAddress(host: "127.0.0.1", port: 0)),
      try #require(SocketAddress(host: "::1", port: 0)),
    ] {
      let listener = try SystemSocket(listeningAt: address, .stream)
      defer { listener.close() }
      let client = try SystemSocket(joining: try #require(listener.address), .stream)
      defer { client.close() }
      let (server, _) = try listener.accept()
      defer { server.close() }
      #expect(server.send([1, 2, 3]) == 3)
      var bytes = [UInt8](repeating: 0, count: 8)
      #expect(bytes.withUnsafeMutableBytes { client.receive($0) } == 3 && bytes[2] == 3)
      client.setPatience(.milliseconds(1))
      #expect(bytes.withUnsafeMutableBytes { client.receive($0) } == -1)
    }
    #expect(throws: SystemError(code: ENAMETOOLONG)) {
      _ = try SocketAddress(path: String(repeating: "x", count: 108))
    }
    #expect(SocketAddress(host: "robot", port: 1) == nil)
  }
}
