/// A body all of whose state can be kept and taken up again: a simulated one.
public protocol ResumableBody: Body, ~Copyable {
  /// Everything that changes as the world goes on.
  associatedtype State: Codable & Sendable

  /// The state now.
  var state: State { get }

  /// Goes on from `state`, taken from a body of the same configuration.
  mutating func restore(_ state: State) throws(Failure)
}
