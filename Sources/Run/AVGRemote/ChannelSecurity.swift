public import NIOCore

/// What encrypts the connections of a learner. AVGTransportSecurity has it.
public protocol ListenerSecurity: Sendable {
  /// The handlers that come first in a connection from a robot.
  func makeHandlers() throws -> [any ChannelHandler]
}

/// What encrypts a robot's connection, and knows its learner. AVGTransportSecurity has it.
public protocol ConnectionSecurity: Sendable {
  /// The handlers that come first in a connection to a learner.
  ///
  /// - Parameter ready: succeeds once the learner has proved who it is, and fails if it cannot.
  func makeHandlers(_ ready: EventLoopPromise<Void>) throws -> [any ChannelHandler]
}
