package import AVGCore
import AVGSystem
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A connection that carries whole messages, each with its length and its checksum before it.
///
/// SwiftNIO moves the bytes on a thread of its own; callers wait on theirs.
package final class MessageConnection: Sendable {
  /// The greatest message of all: a policy, or the frames of an observation.
  package static let greatestMessage = 64 << 20
  /// The greatest one of a stranger.
  package static let greatestGreeting = 1 << 18

  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let inbox: Inbox

  init(_ channel: any Channel, _ inbox: Inbox) {
    self.channel = channel
    self.inbox = inbox
  }

  /// Connects.
  ///
  /// - Parameter certificate: what the learner must show; nil for a connection that is not encrypted.
  package static func connect(
    to address: RemoteAddress, showing certificate: (any ConnectionSecurity)?, within time: Duration
  ) throws(RemoteError) -> MessageConnection {
    let inbox = Inbox(limit: greatestMessage)
    let time = TimeAmount.nanoseconds(time.nanoseconds)
    let ready = group.next().makePromise(of: Void.self)
    do {
      let channel = try ClientBootstrap(group: group)
        .connectTimeout(time)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            if let certificate {
              try channel.pipeline.syncOperations.addHandlers(certificate.makeHandlers(ready))
            }
            try inbox.install(in: channel)
          }
        }
        .connect(host: address.host, port: Int(address.port)).wait()
      let connection = MessageConnection(channel, inbox)
      if certificate == nil { ready.succeed() }
      channel.eventLoop.scheduleTask(in: time) { ready.fail(ChannelError.connectTimeout(time)) }
      try ready.futureResult.wait()
      return connection
    } catch {
      ready.fail(error)
      if let error = error as? RemoteError { throw .refused(address: "\(address)", reason: "\(error)") }
      throw .unreachable(address: "\(address)", reason: MessageConnection.words(error))
    }
  }

  /// Lets the other side send messages of any size.
  package func trust() { inbox.limit.store(Self.greatestMessage, ordering: .relaxed) }

  /// Sends a message; waits until the system has taken it.
  package func send(_ message: UnsafeRawBufferPointer) throws(RemoteError) {
    var checksum = CRC32(.castagnoli)
    checksum.update(message)
    var buffer = channel.allocator.buffer(capacity: MessageDecoder.headerLength + message.count)
    buffer.writeInteger(UInt32(message.count), endianness: .little)
    buffer.writeInteger(checksum.value, endianness: .little)
    buffer.writeBytes(message)
    do { try channel.writeAndFlush(buffer).wait() } catch {
      throw .ended(reason: MessageConnection.words(error))
    }
  }

  /// Sends a message; waits until the system has taken it.
  package func send(_ message: [UInt8]) throws(RemoteError) {
    // The closure's error has a type of its own only if it is said.
    let result: Result<Void, RemoteError> = message.withUnsafeBytes { bytes in
      Result { () throws(RemoteError) in try send(bytes) }
    }
    try result.get()
  }

  /// Waits for the next message.
  ///
  /// - Returns: nil if none came in time.
  package func receive(until instant: MonotonicInstant) throws(RemoteError) -> [UInt8]? {
    let (message, wantsMore) = try inbox.next(until: instant)
    if wantsMore { channel.setOption(.autoRead, value: true).whenFailure { _ in } }
    return message
  }

  /// Ends the connection; who waits in it fails.
  package func close() { channel.close(promise: nil) }

  /// An error of a connection, in one line.
  package static func words(_ error: any Error) -> String {
    switch error {
    case let error as RemoteError: error.description
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError:
      error.connectionErrors.first.map { words($0.error) } ?? "the host has no address"
    case ChannelError.connectTimeout: "no answer"
    case is SocketAddressError.UnknownHost: "the host has no address"
    case is ChannelError: "it was closed"
    default: "\(error)".printable(limit: 200)
    }
  }

  deinit { channel.close(promise: nil) }
}

/// The messages that have come and that nobody has taken yet.
final class Inbox: Sendable {
  /// As much as may lie here before the other side has to wait.
  private static let capacity = 4 << 20

  /// The longest message that is taken.
  let limit: Atomic<Int>
  private let monitor = Monitor()
  private let state = State()

  private final class State: @unchecked Sendable {
    // Held by `monitor`.
    var messages: [[UInt8]] = []
    var byteCount = 0
    var isFull = false
    var ending: String?
  }

  init(limit: Int) { self.limit = Atomic(limit) }

  /// Puts the handlers into a channel, on its own thread.
  func install(in channel: any Channel) throws {
    try channel.pipeline.syncOperations.addHandlers([
      ByteToMessageHandler(MessageDecoder(inbox: self)), InboxHandler(self),
    ])
  }

  /// - Returns: whether there is room for more.
  func append(_ message: [UInt8]) -> Bool {
    monitor.withLock {
      state.messages.append(message)
      state.byteCount += message.count
      state.isFull = state.byteCount >= Self.capacity
      monitor.broadcast()
      return !state.isFull
    }
  }

  func end(_ reason: String) {
    monitor.withLock {
      state.ending = state.ending ?? reason
      monitor.broadcast()
    }
  }

  func next(until instant: MonotonicInstant) throws(RemoteError) -> (message: [UInt8]?, wantsMore: Bool) {
    monitor.lock()
    defer { monitor.unlock() }
    while state.messages.isEmpty {
      if let reason = state.ending { throw .ended(reason: reason) }
      guard monitor.wait(until: instant) else { return (nil, false) }
    }
    let message = state.messages.removeFirst()
    state.byteCount -= message.count
    let wantsMore = state.isFull && state.byteCount < Self.capacity / 2
    if wantsMore { state.isFull = false }
    return (message, wantsMore)
  }
}

/// Cuts what comes into messages, and lets none through that was damaged on its way.
private struct MessageDecoder: ByteToMessageDecoder {
  typealias InboundOut = NIOCore.ByteBuffer

  static let headerLength = 8
  let inbox: Inbox

  mutating func decode(context: ChannelHandlerContext, buffer: inout NIOCore.ByteBuffer) throws
    -> DecodingState
  {
    let start = buffer.readerIndex
    guard let length = buffer.getInteger(at: start, endianness: .little, as: UInt32.self),
      let checksum = buffer.getInteger(at: start + 4, endianness: .little, as: UInt32.self)
    else { return .needMoreData }
    guard Int(length) <= inbox.limit.load(ordering: .relaxed) else {
      throw RemoteError.invalid(what: "a message of \(length) bytes")
    }
    guard buffer.readableBytes >= Self.headerLength + Int(length) else { return .needMoreData }
    buffer.moveReaderIndex(forwardBy: Self.headerLength)
    guard let message = buffer.readSlice(length: Int(length)) else { return .needMoreData }
    var found = CRC32(.castagnoli)
    message.withUnsafeReadableBytes { found.update($0) }
    guard found.value == checksum else {
      throw RemoteError.invalid(what: "a message that was damaged on its way")
    }
    context.fireChannelRead(wrapInboundOut(message))
    return .continue
  }
}

private final class InboxHandler: ChannelInboundHandler {
  typealias InboundIn = NIOCore.ByteBuffer

  private let inbox: Inbox

  init(_ inbox: Inbox) { self.inbox = inbox }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let message = Array(unwrapInboundIn(data).readableBytesView)
    if !inbox.append(message) { context.channel.setOption(.autoRead, value: false).whenFailure { _ in } }
  }

  func channelInactive(context: ChannelHandlerContext) { inbox.end("the other side closed it") }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    inbox.end(MessageConnection.words(error))
    context.close(promise: nil)
  }
}

/// A port at which connections come in.
package final class MessageListener: Sendable {
  /// As many strangers may wait to be looked at.
  private static let backlog = 16

  private let channel: any Channel
  private let arrivals = Arrivals()

  private final class Arrivals: @unchecked Sendable {
    let monitor = Monitor()
    // Held by `monitor`.
    var connections: [MessageConnection] = []
  }

  /// Listens.
  ///
  /// - Parameter identity: what encrypts the connections; nil for none that are encrypted.
  package init(at address: RemoteAddress, as identity: (any ListenerSecurity)?) throws(RemoteError) {
    do {
      channel = try ServerBootstrap(group: MessageConnection.group)
        .serverChannelOption(.backlog, value: CInt(Self.backlog))
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { [arrivals] channel in
          channel.eventLoop.makeCompletedFuture {
            let inbox = Inbox(limit: MessageConnection.greatestGreeting)
            if let identity { try channel.pipeline.syncOperations.addHandlers(identity.makeHandlers()) }
            try inbox.install(in: channel)
            let connection = MessageConnection(channel, inbox)
            arrivals.monitor.withLock {
              guard arrivals.connections.count < Self.backlog else { return connection.close() }
              arrivals.connections.append(connection)
              arrivals.monitor.broadcast()
            }
          }
        }
        .bind(host: address.host, port: Int(address.port)).wait()
    } catch { throw .cannotListen(address: "\(address)", reason: MessageConnection.words(error)) }
  }

  /// The port, also where the system chose it.
  package var port: Int { channel.localAddress?.port ?? 0 }

  /// The next connection; nil if none came in time.
  package func accept(until instant: MonotonicInstant) -> MessageConnection? {
    arrivals.monitor.lock()
    defer { arrivals.monitor.unlock() }
    while arrivals.connections.isEmpty {
      guard arrivals.monitor.wait(until: instant) else { return nil }
    }
    return arrivals.connections.removeFirst()
  }

  deinit { channel.close(promise: nil) }
}
