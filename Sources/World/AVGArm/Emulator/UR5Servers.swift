import AVGCore
import AVGSystem
import Glibc

/// An emulated UR5 on the network, in real time: its client interface (30003), data exchange (30004) and dashboard (29999).
package struct UR5Servers: ~Copyable {
  /// The arm and its controller.
  package private(set) var robot = EmulatedUR5()
  private var listeners: [(socket: SystemSocket, kind: Kind)] = []
  private var connections: [Connection] = []
  private let control: CInt
  private let log: (String) -> Void
  private var line: [UInt8] = []
  private var lateUntil = MonotonicInstant(nanoseconds: 0)
  private var garbledUntil = MonotonicInstant(nanoseconds: 0)
  private var random: RandomSource
  private var tick = 0
  private var isMoving = false

  private enum Kind: UInt16 { case stream = 30003, exchange = 30004, dashboard = 29999 }

  private struct Connection {
    let socket: SystemSocket
    let kind: Kind
    var incoming: [UInt8] = []
    var outgoing: [UInt8] = []
    var exchange = DataExchange()
    var isOver = false

    mutating func hearExchange(_ bytes: UnsafeRawBufferPointer) {
      exchange.hear(bytes, answers: &outgoing)
    }

    mutating func tellExchange(_ packet: StatePacket, tick: Int) {
      exchange.tell(packet, tick: tick, into: &outgoing)
    }
  }

  /// A client that does not read what it asked for is cut off.
  private static let mostUnread = 256 * 1024
  /// No joint of an arm at rest turns faster, in rad/s.
  private static let restSpeed = 1e-4

  /// Listens at an address of this computer.
  ///
  /// - Parameters:
  ///   - control: a descriptor from which faults are read, a line each; −1 for none.
  ///   - log: receives a line for each thing that happens.
  package init(
    host: String, control: CInt = -1, seed: UInt64 = 0, log: @escaping (String) -> Void
  ) throws(ArmError) {
    self.control = control
    self.log = log
    random = RandomSource(seed: seed, purpose: "garbled packets")
    for kind in [Kind.stream, .exchange, .dashboard] {
      guard let address = SocketAddress(host: host, port: kind.rawValue) else { throw .noAddress(text: host) }
      do throws(SystemError) {
        listeners.append((try SystemSocket(listeningAt: address, .stream, queue: 8, waits: false), kind))
      } catch {
        for (socket, _) in listeners { socket.close() }
        throw .noPort(host: host, port: Int(kind.rawValue), code: error.code)
      }
    }
  }

  deinit {
    for (socket, _) in listeners { socket.close() }
    for connection in connections { connection.socket.close() }
  }

  /// Runs until `isEnding` says so.
  package mutating func run(until isEnding: () -> Bool) {
    var next = MonotonicInstant.now
    while !isEnding() {
      wait(until: next)
      accept()
      for index in connections.indices { hear(index) }
      readControl()
      while next <= .now {
        advance()
        next = next.advanced(by: .seconds(EmulatedUR5.tickSeconds))
      }
      for index in connections.indices { tell(index) }
      connections.removeAll { connection in
        if connection.isOver { connection.socket.close() }
        return connection.isOver
      }
    }
  }

  private mutating func advance() {
    let before = robot.safety
    robot.advance()
    tick += 1
    let speeds = robot.motion.speeds
    let moves = (0..<JointSpeeds.jointCount).contains { abs(speeds[$0]) > Self.restSpeed }
    if moves != isMoving { log(moves ? "moves" : "rests") }
    isMoving = moves
    if robot.safety != before { log("safety \(robot.safety)") }
    let packet = robot.packet
    let now = MonotonicInstant.now
    for index in connections.indices {
      switch connections[index].kind {
      case .stream where now >= lateUntil:
        packet.encode(into: &connections[index].outgoing)
        if now < garbledUntil { garble(index) }
      case .exchange: connections[index].tellExchange(packet, tick: tick)
      default: break
      }
    }
  }

  private mutating func garble(_ index: Int) {
    let count = UInt64(connections[index].outgoing.count)
    for _ in 0..<20 {
      let place = Int(random.next() % count)
      connections[index].outgoing[place] = UInt8(truncatingIfNeeded: random.next())
    }
  }

  // MARK: Clients

  private mutating func accept() {
    for (listener, kind) in listeners {
      guard let (socket, _) = try? listener.accept(waits: false) else { continue }
      socket.set(TCP_NODELAY, of: CInt(IPPROTO_TCP), to: 1)
      var connection = Connection(socket: socket, kind: kind)
      if kind == .dashboard { connection.outgoing = Array((EmulatedUR5.dashboardGreeting + "\n").utf8) }
      connections.append(connection)
      log("client \(kind)")
    }
  }

  private mutating func hear(_ index: Int) {
    var block = InlineArray<4096, UInt8>(repeating: 0)
    let count = withUnsafeMutableBytes(of: &block) { connections[index].socket.receive($0, waits: false) }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else {
      connections[index].isOver = true
      // The program that a connection has sent ends with it.
      if connections[index].kind == .stream { log("client gone") }
      return
    }
    withUnsafeBytes(of: &block) { bytes in
      let heard = UnsafeRawBufferPointer(rebasing: bytes[..<count])
      guard connections[index].kind != .exchange else {
        return connections[index].hearExchange(heard)
      }
      for byte in heard {
        guard byte == UInt8(ascii: "\n") else {
          if connections[index].incoming.count < 65536 { connections[index].incoming.append(byte) }
          continue
        }
        obey(String(decoding: connections[index].incoming, as: UTF8.self), index)
        connections[index].incoming.removeAll(keepingCapacity: true)
      }
    }
  }

  private mutating func obey(_ text: String, _ index: Int) {
    guard connections[index].kind == .dashboard else { return robot.obey(text) }
    let answer = robot.answer(dashboard: text)
    connections[index].outgoing.append(contentsOf: (answer + "\n").utf8)
  }

  private mutating func tell(_ index: Int) {
    guard !connections[index].outgoing.isEmpty, !connections[index].isOver else { return }
    let count = connections[index].socket.send(connections[index].outgoing, waits: false)
    if count > 0 { connections[index].outgoing.removeFirst(count) }
    let hasFailed = count < 0 && errno != EAGAIN && errno != EINTR
    if hasFailed || connections[index].outgoing.count > Self.mostUnread { connections[index].isOver = true }
  }

  // MARK: Faults

  private mutating func readControl() {
    var byte: UInt8 = 0
    while control >= 0, read(control, &byte, 1) == 1 {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      strike(String(decoding: line, as: UTF8.self))
      line.removeAll()
    }
  }

  /// Does what a line says: late S, garbled S, cut, lost, protective, emergency, release; `mark …` is a note for the log.
  private mutating func strike(_ text: String) {
    let words = text.split(separator: " ")
    let seconds = words.dropFirst().first.flatMap { Double($0) } ?? 0.1
    log(text)
    switch words.first {
    case "late", "l": lateUntil = .now.advanced(by: .seconds(seconds))
    case "garbled", "g": garbledUntil = .now.advanced(by: .seconds(seconds))
    case "cut", "c":
      for index in connections.indices where connections[index].kind == .stream {
        var packet: [UInt8] = []
        robot.packet.encode(into: &packet)
        _ = connections[index].socket.send(Array(packet.prefix(500)), waits: false)
        connections[index].isOver = true
      }
    case "lost", "d": for index in connections.indices { connections[index].isOver = true }
    case "protective", "p": robot.stop(.protectiveStop)
    case "emergency", "e": robot.stop(.emergencyStop)
    case "release", "r": robot.release()
    case "mark": break
    default: log("not understood: \(text)")
    }
  }

  private func wait(until instant: MonotonicInstant) {
    let left = MonotonicInstant.now.duration(to: instant)
    guard left > .zero else { return }
    var sources = listeners.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
    sources += connections.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
    sources.append(pollfd(fd: control, events: Int16(POLLIN), revents: 0))
    _ = poll(&sources, nfds_t(sources.count), CInt(left.milliseconds.rounded(.up)))
  }
}
