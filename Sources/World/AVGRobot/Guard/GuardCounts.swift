/// What a guard counts.
public struct GuardCounts: BitwiseCopyable, Hashable, Sendable {
  /// Packets of the sensor stream that were accepted.
  public var packets = 0
  /// Bytes on the line that were part of none.
  public var skippedBytes = 0
  /// Stops because no fresh order came.
  public var expiries = 0
  /// Stops because the robot was not understood any longer.
  public var silences = 0
  /// Stops because of wheel drops and cliffs.
  public var hazards = 0
  /// Returns to safe mode after the robot had left it by itself.
  public var reentries = 0
  /// Commands sent again because the robot had not taken them.
  public var repeats = 0
  /// Times that the port was opened again.
  public var reopenings = 0
  /// Stops because the second guard was silent, or the computer went to sleep.
  public var obstacles = 0
  /// Stops because the guard had not run for a while.
  public var absences = 0

  /// Makes counts of nothing.
  public init() {}
}
