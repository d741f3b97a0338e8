import AVGCore
import AVGSystem
import Foundation
import Glibc
import Synchronization

/// The server process and the socket to it. A process that dies is restarted.
///
/// The socket is a SOCK_SEQPACKET pair, so a message arrives complete or not at all; the run drops messages that find
/// the socket full. Both ends stay open here: messages sent while the process restarts are kept, and its successor gets
/// the same end.
final class ServerProcess: Sendable {
  /// The port that the server listens on.
  let port: UInt16

  private let runSocket: SystemSocket
  private let serverSocket: SystemSocket
  private let settingsMessage: [UInt8]
  private let state: Mutex<State>
  private let hasEnded = DispatchSemaphore(value: 0)

  private struct State {
    var process: ChildProcess
    var isClosing = false
  }

  /// How long the process may take before it listens, in seconds.
  private static let startTimeout = 10.0
  /// The pause before a restart, in seconds.
  private static let restartPause: UInt32 = 1
  /// How long to wait for room in the socket for the last message.
  private static let finalMessagePatience = Duration.seconds(1)
  /// How long the process may take to end.
  private static let endTimeout = DispatchTimeInterval.seconds(2)

  init(program: String, arguments: [String], settings: ServerSettings) throws(DashboardError) {
    do throws(SystemError) { (runSocket, serverSocket) = try SystemSocket.pair(.messages) } catch {
      throw .notStarted(reason: error.reason)
    }
    var settings = settings
    do throws(DashboardError) {
      var process = try Self.start(
        program, arguments, serverSocket, try Self.settingsMessage(settings), through: runSocket)
      do throws(DashboardError) {
        port = try Self.awaitPort(from: runSocket, of: &process, settings.address)
        // A restarted server must use the same port, so that open pages find it again.
        settings.address = DashboardAddress(host: settings.address.host, port: port)
        settingsMessage = try Self.settingsMessage(settings)
      } catch {
        process.kill()
        throw error
      }
      state = Mutex(State(process: process))
    } catch {
      runSocket.close()
      serverSocket.close()
      throw error
    }
    do throws(ThreadError) {
      try SystemThread.start(for: "the dashboard's thread") { [self] in
        supervise(program, arguments)
      }
    } catch {
      state.withLock { $0.process.kill() }
      throw .notStarted(reason: "\(error)")
    }
  }

  /// The first message to the process: its settings.
  private static func settingsMessage(_ settings: ServerSettings) throws(DashboardError) -> [UInt8] {
    do { return [MessageKind.settings.rawValue] + (try JSONEncoder().encode(settings)) } catch {
      throw .notStarted(reason: "its settings cannot be encoded")
    }
  }

  deinit {
    runSocket.close()
    serverSocket.close()
  }

  /// 128 random bits as hexadecimal digits.
  static func makeToken() -> String {
    // From the system's generator: a secret must not come from a seed.
    var random = SystemRandomNumberGenerator()
    return (0..<32).map { _ in String(Int.random(in: 0..<16, using: &random), radix: 16) }.joined()
  }

  /// Sends a message if there is room for it; never blocks.
  func send(_ message: [UInt8]) {
    _ = runSocket.send(message, waits: false)
  }

  /// The kind of the next message, if there is one; never blocks.
  func receive() -> MessageKind? {
    var byte: UInt8 = 0
    guard withUnsafeMutableBytes(of: &byte, { runSocket.receive($0, waits: false) }) == 1 else { return nil }
    return MessageKind(rawValue: byte)
  }

  /// Sends the last message, for which it may wait for room, and waits until the process has ended.
  func close(_ lastMessage: [UInt8]) {
    if runSocket.awaitRoom(for: Self.finalMessagePatience) { send(lastMessage) }
    let process = state.withLock { state in
      state.isClosing = true
      return state.process
    }
    if hasEnded.wait(timeout: .now() + Self.endTimeout) == .timedOut {
      process.send(SIGKILL)
      hasEnded.wait()
    }
  }

  /// Waits for the process to end, and restarts it unless the run is closing.
  private func supervise(_ program: String, _ arguments: [String]) {
    while true {
      var process = state.withLock { $0.process }
      process.wait()
      if state.withLock({ $0.isClosing }) { break }
      sleep(Self.restartPause)
      let isOver = state.withLock { state in
        guard !state.isClosing,
          let next = try? Self.start(program, arguments, serverSocket, settingsMessage, through: runSocket)
        else { return true }
        state.process = next
        return false
      }
      if isOver { break }
    }
    hasEnded.signal()
  }

  /// Starts the process, without access to the terminal.
  private static func start(
    _ program: String, _ arguments: [String], _ socket: SystemSocket, _ settingsMessage: [UInt8],
    through runSocket: SystemSocket
  ) throws(DashboardError) -> ChildProcess {
    let launch = ChildProcess.Launch(
      [program] + arguments,
      [
        (0, .nothing), (1, .nothing), (2, .nothing),
        (DashboardServer.descriptor, .descriptor(socket.descriptor)),
      ])
    do throws(SystemError) {
      let process = try ChildProcess(launch)
      _ = runSocket.send(settingsMessage)
      return process
    } catch { throw .notStarted(reason: error.reason) }
  }

  /// Waits for the first message of the process: its port, or the reason why it has none.
  private static func awaitPort(
    from socket: SystemSocket, of process: inout ChildProcess, _ address: DashboardAddress
  ) throws(DashboardError) -> UInt16 {
    var elapsed = 0.0
    while !socket.awaitInput(for: .milliseconds(100)) {
      elapsed += 0.1
      // This process holds the other end of the socket too, so its closing does not show.
      guard process.isRunning else { throw .notStarted(reason: "it ended at once") }
      guard elapsed < startTimeout else {
        throw .notStarted(reason: "it did not answer within \(Int(startTimeout)) s")
      }
    }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = bytes.withUnsafeMutableBytes { socket.receive($0) }
    var reader = MessageReader(bytes[1..<max(1, count)])
    switch count > 0 ? MessageKind(rawValue: bytes[0]) : nil {
    case .ready: return reader.number(0)
    case .failed:
      throw .cannotListen(
        address: "\(address)", reason: String(decoding: reader.remaining(), as: UTF8.self))
    default: throw .notStarted(reason: "its first message was not its port")
    }
  }
}
