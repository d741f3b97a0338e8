import AVGSystem

/// The messages of the environment protocol (docs/environment-protocol.md): headers of 16 bytes, little-endian.
public enum EnvironmentMessage {
  /// The version that is spoken here.
  public static let version = 1
  /// The descriptor at which an environment finds its socket.
  public static let descriptor: Int32 = 3
  /// The bytes of a header.
  public static let headerByteCount = 16
  /// The most bytes of a payload.
  public static let greatestPayload = 1 << 26
  /// The bytes of a result before its measurements.
  public static let resultByteCount = 24

  /// What a message is.
  public enum Kind: UInt8, Sendable {
    case hello = 1
    case specification, reset, step, result, stop, render, picture, close, error
  }

  /// What is true of a result.
  public struct ResultFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// Takes the bits of a header.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The task came to its end.
    public static let terminated = ResultFlags(rawValue: 1)
    /// The episode was cut off.
    public static let truncated = ResultFlags(rawValue: 2)
    /// The task's goal is reached.
    public static let success = ResultFlags(rawValue: 4)
    /// The observation does not show the present.
    public static let stale = ResultFlags(rawValue: 8)
    /// The observation lies in shared memory.
    public static let shared = ResultFlags(rawValue: 16)
  }

  /// The flag of a reset that brings a seed.
  public static let hasSeed: UInt8 = 1

  /// What stands before every payload.
  public struct Header: Hashable, Sendable {
    /// The bytes of the payload.
    public var length: Int
    /// What the message is; no `Kind` in what is damaged.
    public var kind: UInt8
    /// What is true of it.
    public var flags: UInt8 = 0
    /// Which environment of the process is meant.
    public var environment: Int = 0
    /// The number of the question, from 1.
    public var sequence: UInt64

    /// Makes a header.
    public init(length: Int, kind: Kind, flags: UInt8 = 0, environment: Int = 0, sequence: UInt64) {
      self.length = length
      self.kind = kind.rawValue
      self.flags = flags
      self.environment = environment
      self.sequence = sequence
    }

    /// Reads a header from its 16 bytes.
    public init(reading bytes: UnsafeRawBufferPointer) {
      length = Int(bytes.integer(UInt32.self, at: 0))
      kind = bytes[4]
      flags = bytes[5]
      environment = Int(bytes.integer(UInt16.self, at: 6))
      sequence = bytes.integer(at: 8)
    }

    /// Writes the header's 16 bytes.
    public func write(to bytes: UnsafeMutableRawBufferPointer) {
      bytes.store(UInt32(length), at: 0)
      bytes[4] = kind
      bytes[5] = flags
      bytes.store(UInt16(environment), at: 6)
      bytes.store(sequence, at: 8)
    }
  }
}

/// What came of a step, besides its observation.
public struct StepResult: Hashable, Sendable {
  /// The reward.
  public var reward: Double
  /// When the observation was taken, in nanoseconds of the monotonic clock; 0 if nobody knows.
  public var captured: Int64
  /// Control cycles that went by without an action of their own.
  public var missedCycles: UInt32
  /// The slot of shared memory that holds the observation.
  public var slot: UInt32
  /// What is true of it.
  public var flags: EnvironmentMessage.ResultFlags

  /// Makes a result.
  public init(
    reward: Double, captured: Int64 = 0, missedCycles: UInt32 = 0, slot: UInt32 = 0,
    flags: EnvironmentMessage.ResultFlags = []
  ) {
    self.reward = reward
    self.captured = captured
    self.missedCycles = missedCycles
    self.slot = slot
    self.flags = flags
  }

  /// Reads the beginning of a result's payload.
  public init(reading bytes: UnsafeRawBufferPointer, flags: EnvironmentMessage.ResultFlags) {
    reward = Double(bitPattern: bytes.integer(at: 0))
    captured = bytes.integer(at: 8)
    missedCycles = bytes.integer(at: 16)
    slot = bytes.integer(at: 20)
    self.flags = flags
  }

  /// Writes the beginning of a result's payload.
  public func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.store(reward.bitPattern, at: 0)
    bytes.store(captured, at: 8)
    bytes.store(missedCycles, at: 16)
    bytes.store(slot, at: 20)
  }
}
