/// What may go wrong with a robot and its cable, to be asked of the emulator.
public enum EmulatorFault: Hashable, Sendable {
  /// For so many seconds the robot sends nothing; it hears.
  case silence(Double)
  /// For so many seconds one byte in ten is changed on its way, in both directions.
  case noise(Double)
  /// For so many seconds all checksums are wrong.
  case checksums(Double)
  /// Nothing gets through any more, in either direction, until the port is closed and opened again.
  case freeze
  /// The robot starts anew.
  case reboot
  /// The robot falls to passive mode, and wakes up if it sleeps, as if somebody had pressed its button.
  case passive
  /// A sleeping robot wakes up, as by its baud-rate-change pin.
  case wake
  /// The cable is pulled for so many seconds; the robot knows nothing of it.
  case unplug(Double)
  /// The robot is lifted for so many seconds: wheel drop.
  case lift(Double)
  /// The robot stands at an edge for so many seconds: cliff.
  case edge(Double)

  /// Longer is no time that a run lasts.
  static let longestSeconds = 1_000_000.0

  /// Reads a fault as `noise 2`; nil if it is none.
  public init?(_ text: String) {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let name = words.first, words.count <= 2 else { return nil }
    if words.count == 1 {
      switch name {
      case "freeze": self = .freeze
      case "reboot": self = .reboot
      case "passive": self = .passive
      case "wake": self = .wake
      default: return nil
      }
      return
    }
    guard let seconds = Double(words[1]), (0...Self.longestSeconds).contains(seconds) else { return nil }
    switch name {
    case "silence": self = .silence(seconds)
    case "noise": self = .noise(seconds)
    case "checksums": self = .checksums(seconds)
    case "unplug": self = .unplug(seconds)
    case "lift": self = .lift(seconds)
    case "edge": self = .edge(seconds)
    default: return nil
    }
  }
}

/// A fault and when it comes.
public struct ScheduledFault: Hashable, Sendable {
  /// What goes wrong.
  public var fault: EmulatorFault
  /// Seconds after the start, or between two occurrences on average.
  public var seconds: Double
  /// Whether it comes again and again, at random times.
  public var isRecurring: Bool

  /// Reads `10:noise 2`, at 10 s, or `~10:passive`, every 10 s on average; nil if it is neither.
  public init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let time = text[..<colon]
    isRecurring = time.hasPrefix("~")
    guard let fault = EmulatorFault(String(text[text.index(after: colon)...])),
      let seconds = Double(time.drop { $0 == "~" }),
      ((isRecurring ? 0.1 : 0)...EmulatorFault.longestSeconds).contains(seconds)
    else { return nil }
    self.fault = fault
    self.seconds = seconds
  }
}
