/// A command to a base, such as the speeds of two wheels or of six joints.
public protocol BaseCommand: Hashable, Sendable {
  /// Standing still: the command at the end of a run, after a failure, and while there is no fresh image.
  static var stopped: Self { get }
}

/// The sensor values of a base, such as bumpers or joint angles.
public protocol BaseSenses: Sendable {
  /// Makes the values before the first reading. A base overwrites them in place, so that nothing is allocated in the loop.
  init()
}

/// The senses of a base without sensors.
public struct NoSenses: BaseSenses, Hashable {
  /// Makes no values.
  public init() {}
}

/// Something that moves and has sensors of its own: two wheels with bumpers, an arm.
///
/// `ComposedBody` calls `drive`, then `awaitRelease`, then `isObeying` and `feel`, once a control cycle in this order.
public protocol Base: ~Copyable {
  /// The command that it obeys.
  associatedtype Command: BaseCommand
  /// Its sensor values.
  associatedtype Senses: BaseSenses
  /// The error of driving and sensing.
  associatedtype Failure: Error

  /// Starts to execute a command, which holds until the next call, and returns at once.
  mutating func drive(_ command: Command) throws(Failure)

  /// Waits while the base is held still, such as by a person who pauses the run.
  ///
  /// - Returns: whether it had to wait.
  mutating func awaitRelease() throws(Failure) -> Bool

  /// Whether the base was able to execute its last command. A step in which it was not is stale, and not learned from.
  mutating func isObeying() throws(Failure) -> Bool

  /// Reads the sensors.
  mutating func feel(into senses: inout Senses) throws(Failure)

  /// Stops and goes to a new starting place.
  ///
  /// - Parameter eye: the eye of the body. A base that drives to the start by itself calls `eye.glance()` once a cycle, and
  ///   stands still while the result is stale.
  /// - Returns: whether it has moved; false for a base that cannot move by itself.
  mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, Failure>) -> Bool
}

extension Base where Self: ~Copyable {
  /// Does not wait.
  public mutating func awaitRelease() throws(Failure) -> Bool { false }

  /// True.
  public mutating func isObeying() throws(Failure) -> Bool { true }
}

/// The missing base of a camera on a desk: commands move nothing, and there are no sensors.
public struct NoBase<Command: BaseCommand, Senses: BaseSenses>: Base {
  /// It cannot fail.
  public typealias Failure = Never

  /// Makes a missing base.
  public init() {}

  /// Does nothing.
  public mutating func drive(_ command: Command) {}

  /// Leaves the values as they are.
  public mutating func feel(into senses: inout Senses) {}

  /// Stays where it is.
  public mutating func reset<E: Eye & ~Copyable>(
    looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, Never>) -> Bool { false }
}

/// The error of a body composed of eye and base.
public enum BodyError<EyeFailure: Error, BaseFailure: Error>: Error, CustomStringConvertible {
  /// The eye failed.
  case eye(EyeFailure)
  /// The base failed.
  case base(BaseFailure)

  /// The description of the underlying error.
  public var description: String {
    switch self {
    case .eye(let failure): "\(failure)"
    case .base(let failure): "\(failure)"
    }
  }
}
