public import AVGCore

/// A command that a guard can limit, such as the speeds of wheels or joints.
public protocol GuardedCommand: BitwiseCopyable, Hashable, Sendable {
  /// The limit, such as the maximum speed of a wheel.
  associatedtype Limit: Hashable, Sendable

  /// Standing still.
  static var stopped: Self { get }

  /// The command, reduced to `limit`.
  func bounded(by limit: Limit) -> Self
}

/// The part of an order that is the same for all bases.
public struct OrderStamp: BitwiseCopyable, Hashable, Sendable {
  /// The time at which it was given.
  public var given: MonotonicInstant
  /// The number of the port through which the learner could halt the base itself; 0 for none.
  public var portNumber: UInt32
  /// Its effect on the base.
  public var effect: Effect

  /// The effect of an order on the base.
  public enum Effect: UInt8, BitwiseCopyable, Sendable {
    /// The base stops, and stays stopped.
    case halts
    /// The base may move.
    case moves
    /// Neither.
    case other
  }

  /// Makes a stamp.
  public init(given: MonotonicInstant, portNumber: UInt32, effect: Effect) {
    self.given = given
    self.portNumber = portNumber
    self.effect = effect
  }
}

/// The rules that decide which orders of a learner count, for how long, and up to which limit, for any base.
///
/// There are three states. *Leaving*: the learner is gone, and the base is left at rest for good. *Standing*: there is a
/// learner, but its newest order is too old, or an obstacle forbids motion. *Driving*: the newest order holds. Time leads
/// from driving to standing, and a fresh order back; `beginLeaving` leads to leaving, and nothing leads away from it.
///
/// Three processes share the open port: the learner, which gives orders; the first guard, which applies these rules and is
/// the only one that sends commands; and the second guard. Each of them can halt the base if the others fail, provided that
/// it holds the port that is open now. Openings are numbered, so a process that reports another number could halt nothing.
public struct OrderRules<Command: GuardedCommand>: Sendable {
  /// The age at which an order expires.
  public let timeout: Duration
  /// The limit of each command.
  public let limit: Command.Limit
  /// The time at which leaving began; nil while there is a learner.
  public private(set) var leavingSince: MonotonicInstant?

  /// The time of the newest order that counts.
  private var lastGiven = MonotonicInstant(nanoseconds: 0)
  /// Orders given before this time do not count.
  private var countsFrom = MonotonicInstant(nanoseconds: 0)
  /// The port that the second guard holds, and the time of its last sign of life.
  private var peer = (portNumber: UInt32(0), heardAt: MonotonicInstant(nanoseconds: 0))
  /// Whether the computer is about to sleep.
  private var isSuspending = false

  /// Whether the base may move, and why not.
  public enum Permission: Hashable, Sendable {
    /// It may execute its last order.
    case granted
    /// It may not: the newest order is too old.
    case expired
    /// It may not: the second guard is silent, or does not hold the port.
    case alone
    /// It may not: the computer is about to sleep.
    case suspending
  }

  /// Makes rules for a base that stands still.
  public init(timeout: Duration, limit: Command.Limit) {
    self.timeout = timeout
    self.limit = limit
  }

  /// Receives an order.
  ///
  /// - Parameter portNumber: the number of the open port.
  /// - Returns: whether it counts.
  public mutating func admit(_ order: OrderStamp, portNumber: UInt32, at now: MonotonicInstant) -> Bool {
    guard leavingSince == nil else { return false }
    // A halt is never too late, neither after a delay on a busy computer nor after an absence of this process.
    if order.effect != .halts {
      guard order.given.duration(to: now) <= timeout, order.given >= countsFrom else { return false }
    }
    // A learner that could not halt the base itself must not set it in motion.
    guard order.effect != .moves || order.portNumber == portNumber else { return false }
    lastGiven = order.given
    return true
  }

  /// Whether the base may move now, through the open port; an obstacle takes precedence over an expired order.
  public func permission(portNumber: UInt32, at now: MonotonicInstant) -> Permission {
    if let obstacle = obstacle(portNumber: portNumber, at: now) { return obstacle }
    return lastGiven.duration(to: now) > timeout ? .expired : .granted
  }

  /// What forbids motion, whatever the orders; nil if nothing does.
  public func obstacle(portNumber: UInt32, at now: MonotonicInstant) -> Permission? {
    if isSuspending { return .suspending }
    let isWatched = peer.portNumber == portNumber && peer.heardAt.duration(to: now) <= GuardTiming.silence
    return isWatched ? nil : .alone
  }

  /// The command, reduced to the limit.
  public func bounded(_ command: Command) -> Command { command.bounded(by: limit) }

  /// Records a sign of life of the second guard, which holds the port of this number.
  public mutating func hearPeer(holding portNumber: UInt32, at now: MonotonicInstant) {
    peer = (portNumber, now)
  }

  /// Discards the orders given until now, after this process or the whole computer was suspended.
  public mutating func forgetOrders(at now: MonotonicInstant) { countsFrom = now }

  /// Records that the computer is about to sleep, or has woken up.
  ///
  /// - Returns: whether that is a change.
  public mutating func suspend(_ isSuspending: Bool) -> Bool {
    defer { self.isSuspending = isSuspending }
    return isSuspending != self.isSuspending
  }

  /// Records that the learner is gone or has ended the run.
  ///
  /// - Returns: whether that is a change.
  public mutating func beginLeaving(at now: MonotonicInstant) -> Bool {
    guard leavingSince == nil else { return false }
    leavingSince = now
    return true
  }
}
