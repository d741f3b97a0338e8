/// How much the robot lets itself be told (packet 35).
public enum InterfaceMode: UInt8, BitwiseCopyable, Sendable {
  /// It hears nothing but Start.
  case off = 0
  /// It reports, but does not drive.
  case passive = 1
  /// It drives, and falls back to passive on a cliff, a wheel drop or a charger.
  case safe = 2
  /// It drives, whatever happens.
  case full = 3
}
