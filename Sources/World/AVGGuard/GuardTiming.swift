/// The times by which learner and guards judge each other.
///
/// From a fault to the last byte of a halt passes at most one time-out (the learner's order, or `silence` of a guard) and
/// one cycle of the process that notices: below 250 ms.
public enum GuardTiming {
  /// Between two ticks of a guard, and two signs of life that the guards give each other.
  public static let tick = Duration.milliseconds(5)
  /// A guard that has given no sign of life for so long is not relied on: the others stop the wheels. One that has
  /// not run for so long expects to have been missed.
  public static let silence = Duration.milliseconds(80)
  /// How long a halt is repeated; no longer, for noise can make any byte a command to move.
  public static let halting = Duration.milliseconds(150)
  /// A guard that is silent for so long hangs: it is ended, and the run with it.
  public static let patience = Duration.seconds(5)
  /// How long a guard may take from its start to its first word. An ordinary process of an overloaded computer has been
  /// seen to take seconds; nothing moves before.
  public static let startPatience = Duration.seconds(30)
}
