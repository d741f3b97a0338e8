import AVGCore
import AVGSystem
import Glibc

/// A web server for one page and a few users that stays responsive under hostile load.
///
/// It exists because no available library applies limits before it reads. FlyingFox 0.27, which served the page
/// earlier, reads heads of any length byte by byte and without a timeout, in tasks that share two threads; it accepts
/// any number of connections, and has no hook between accepting a socket and parsing it. A limiting proxy in front of
/// it would have to read requests, write responses and time both, which is all that this server does.
///
/// One thread polls all sockets and does a bounded amount of work for each in turn. Time, size and number of requests
/// and responses are limited. New connections are always accepted. If there are too many, one is dropped: among the
/// connections without a successful request, the oldest of the address that has most of them.
final class WebServer {
  /// The limits for clients.
  struct Limits: Sendable {
    /// Total number of connections.
    var connections = 192
    /// Connections of one address; several users may share one behind a router.
    var connectionsPerClient = 64
    /// From the first byte of a request, or from the opening of the connection, until the request is complete.
    var request = Duration.seconds(5)
    /// Between requests of a trusted connection.
    var idle = Duration.seconds(60)
    /// From the start of a response until the client has received it.
    var answer = Duration.seconds(20)
    /// From the last response until the connection is closed.
    var closing = Duration.seconds(1)
  }

  /// The port that it listens on.
  let port: UInt16

  private let listener: SystemSocket
  private let limits: Limits
  private let answer: (WebRequest) -> WebResponse
  private var connections: [WebConnection] = []

  /// The maximum number of connections accepted in one round.
  private static let largestAcceptBatch = 32
  /// The length of the kernel's accept queue; the kernel has a limit of its own, usually the same. A client that finds
  /// the queue full sends its first packet again after a second.
  private static let queue: CInt = 4096

  /// Listens at an address.
  ///
  /// - Parameter answer: makes the response to a complete request.
  init(
    at address: DashboardAddress, limits: Limits = Limits(), answer: @escaping (WebRequest) -> WebResponse
  ) throws(DashboardError) {
    self.limits = limits
    self.answer = answer
    do throws(SystemError) {
      guard let place = SocketAddress(host: address.host, port: address.port) else {
        throw SystemError(code: EINVAL)
      }
      listener = try SystemSocket(listeningAt: place, .stream, queue: Self.queue, waits: false)
    } catch { throw .cannotListen(address: "\(address)", reason: error.reason) }
    port = listener.address?.port ?? address.port
  }

  deinit { listener.close() }

  /// Serves until `isWanted` returns false; it is called at least once a second.
  func run(while isWanted: () -> Bool = { true }) {
    while isWanted() {
      var polls = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      polls += connections.map { pollfd(fd: $0.socket.descriptor, events: $0.events, revents: 0) }
      poll(&polls, nfds_t(polls.count), pollTimeoutMilliseconds)
      let now = MonotonicInstant.now
      for (connection, ready) in zip(connections, polls.dropFirst()) {
        // Pending bytes are processed before more are read, which bounds their number.
        if connection.hasPendingBytes {
          connection.continuePending(now: now, answer: answer)
        } else if ready.revents != 0 {
          connection.advance(now: now, answer: answer)
        }
      }
      connections.removeAll { $0.isClosed || $0.deadline <= now }
      if polls[0].revents != 0 { acceptConnections(now) }
    }
  }

  /// The time until the next deadline, in milliseconds, at most a second.
  private var pollTimeoutMilliseconds: CInt {
    guard !connections.contains(where: \.hasPendingBytes) else { return 0 }
    let now = MonotonicInstant.now
    let next = connections.map { now.duration(to: $0.deadline).milliseconds }.min() ?? 1000
    return CInt(min(max(next.rounded(.up), 1), 1000))
  }

  /// Accepts new connections, and reads what they have sent already.
  private func acceptConnections(_ now: MonotonicInstant) {
    for _ in 0..<Self.largestAcceptBatch {
      let socket: SystemSocket, address: SocketAddress
      do throws(SystemError) { (socket, address) = try listener.accept(waits: false) } catch {
        // Without free descriptors or memory the listener stays readable, so a pause keeps the poll loop from spinning.
        if ![EAGAIN, EINTR, ECONNABORTED].contains(error.code) { usleep(10_000) }
        return
      }
      socket.set(TCP_NODELAY, of: CInt(IPPROTO_TCP), to: 1)
      let client = Self.client(at: address)
      makeRoom(for: client)
      let connection = WebConnection(socket, of: client, limits, now: now)
      connection.advance(now: now, answer: answer)
      if !connection.isClosed { connections.append(connection) }
    }
  }

  /// The bytes that identify a client: the IPv4 address, or the network half of an IPv6 address.
  static func client(at address: SocketAddress) -> [UInt8] {
    let host = address.host
    guard host.count > 4 else { return host }
    // An IPv4-mapped address, ::ffff:a.b.c.d.
    let isVersion4 = host.prefix(10).allSatisfy { $0 == 0 } && host[10..<12].allSatisfy { $0 == 255 }
    return Array(isVersion4 ? host.suffix(4) : host.prefix(8))
  }

  /// Drops a connection if there is no room for another.
  private func makeRoom(for client: [UInt8]) {
    let own = connections.indices.filter { connections[$0].client == client }
    if own.count >= limits.connectionsPerClient {
      connectionToDrop(among: own).map { _ = connections.remove(at: $0) }
    } else if connections.count >= limits.connections {
      connectionToDrop(among: Array(connections.indices)).map { _ = connections.remove(at: $0) }
    }
  }

  private func connectionToDrop(among candidates: [Int]) -> Int? {
    let untrusted = candidates.filter { !connections[$0].isTrusted }
    let counts = Dictionary(untrusted.map { (connections[$0].client, 1) }, uniquingKeysWith: +)
    let most = counts.values.max()
    let largestGroup = untrusted.filter { counts[connections[$0].client] == most }
    return (largestGroup.isEmpty ? candidates : largestGroup).min {
      connections[$0].since < connections[$1].since
    }
  }
}
