public import AVGCore

/// A speed, kept in a type so that units cannot be mixed.
public struct Speed: Hashable, Sendable {
  /// The speed in millimetres per second.
  public var millimetersPerSecond: Double

  /// Makes a speed from millimetres per second.
  public static func millimetersPerSecond(_ value: Double) -> Speed {
    Speed(millimetersPerSecond: value)
  }

  /// Standing still.
  public static let zero = Speed(millimetersPerSecond: 0)
}

/// What a differential drive is told to do.
public struct WheelSpeeds: BaseCommand {
  /// The left wheel's speed, forward positive.
  public var left: Speed
  /// The right wheel's speed, forward positive.
  public var right: Speed

  /// Makes a pair of wheel speeds.
  public init(left: Speed, right: Speed) {
    self.left = left
    self.right = right
  }

  /// Makes the speeds that an action stands for: the left and the right wheel's share of `fastest`, −1…1.
  public init(_ action: [Float], fastest: Speed) {
    left = .millimetersPerSecond(Double(action[0]) * fastest.millimetersPerSecond)
    right = .millimetersPerSecond(Double(action[1]) * fastest.millimetersPerSecond)
  }

  /// Both wheels standing still.
  public static let stopped = WheelSpeeds(left: .zero, right: .zero)
}
