import AVGCore
import Glibc

/// A web server for one page and its few visitors, which strangers cannot keep from answering.
///
/// It is written here because none of the libraries at hand can be bounded before it reads. FlyingFox 0.27, which
/// served the page before, collects a head byte by byte, of any length and for any time, in tasks that share two
/// threads, takes any number of connections, and lets nothing between accepting a socket and parsing it. A proxy with
/// the bounds in front of it would read requests, write answers and time both: all that is needed here.
///
/// One thread waits for all sockets and gives each a bounded piece of work in turn. Every request and answer has its
/// time, its bytes and its place. No newcomer is turned away: where there are too many, the connection goes that has
/// been here longest without a request that was granted, of the address that has most of those.
final class WebServer {
  /// What visitors may take.
  struct Limits: Sendable {
    /// Connections in all.
    var connections = 192
    /// Connections of one address: several people may come from behind one.
    var connectionsOfVisitor = 64
    /// From the first byte of a request, or the opening of the connection, until the request is whole.
    var request = Duration.seconds(5)
    /// Between requests that were granted.
    var idle = Duration.seconds(60)
    /// Until an answer has been taken.
    var answer = Duration.seconds(20)
    /// For the last answer to arrive.
    var parting = Duration.seconds(1)
  }

  /// The port that it listens on.
  let port: UInt16

  private let listener: CInt
  private let limits: Limits
  private let answer: (WebRequest) -> WebResponse
  private var connections: [WebConnection] = []

  /// The most newcomers between two looks at the others.
  private static let largestParty = 32

  /// Listens at an address.
  ///
  /// - Parameter answer: what is sent for a request that is whole.
  init(
    at address: DashboardAddress, limits: Limits = Limits(), answer: @escaping (WebRequest) -> WebResponse
  ) throws(DashboardError) {
    self.limits = limits
    self.answer = answer
    (listener, port) = try ListeningSocket.listen(at: address)
  }

  deinit { close(listener) }

  /// Serves until `isWanted` says no, which is asked at least every second.
  func run(while isWanted: () -> Bool = { true }) {
    while isWanted() {
      var polls = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      polls += connections.map { pollfd(fd: $0.file, events: $0.events, revents: 0) }
      poll(&polls, nfds_t(polls.count), patience)
      let now = MonotonicInstant.now
      for (connection, ready) in zip(connections, polls.dropFirst()) {
        // Before more is read: what has been read is bounded.
        if connection.hasWaiting {
          connection.takeWaiting(now: now, answer: answer)
        } else if ready.revents != 0 {
          connection.advance(now: now, answer: answer)
        }
      }
      connections.removeAll { $0.isOver || $0.deadline <= now }
      if polls[0].revents != 0 { welcome(now) }
    }
  }

  /// How long nothing can be due, in milliseconds.
  private var patience: CInt {
    guard !connections.contains(where: \.hasWaiting) else { return 0 }
    let now = MonotonicInstant.now
    let next = connections.map { now.duration(to: $0.deadline).milliseconds }.min() ?? 1000
    return CInt(min(max(next.rounded(.up), 1), 1000))
  }

  /// Takes those who have come, and hears at once what they have brought along.
  private func welcome(_ now: MonotonicInstant) {
    for _ in 0..<Self.largestParty {
      guard let (file, visitor) = ListeningSocket.accept(from: listener) else { return }
      makeRoom(for: visitor)
      let connection = WebConnection(file, of: visitor, limits, now: now)
      connection.advance(now: now, answer: answer)
      if !connection.isOver { connections.append(connection) }
    }
  }

  /// Ends a connection where there is no room for another.
  private func makeRoom(for visitor: [UInt8]) {
    let own = connections.indices.filter { connections[$0].visitor == visitor }
    if own.count >= limits.connectionsOfVisitor {
      leastWelcome(among: own).map { _ = connections.remove(at: $0) }
    } else if connections.count >= limits.connections {
      leastWelcome(among: Array(connections.indices)).map { _ = connections.remove(at: $0) }
    }
  }

  private func leastWelcome(among candidates: [Int]) -> Int? {
    let strangers = candidates.filter { !connections[$0].isWelcome }
    let counts = Dictionary(strangers.map { (connections[$0].visitor, 1) }, uniquingKeysWith: +)
    let most = counts.values.max()
    let crowd = strangers.filter { counts[connections[$0].visitor] == most }
    return (crowd.isEmpty ? candidates : crowd).min { connections[$0].since < connections[$1].since }
  }
}
