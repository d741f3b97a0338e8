public import AVGCore

/// What a Create 2 feels, in the units of its Open Interface.
public struct Create2Senses: BaseSenses, Hashable {
  /// The six light-bump signals, 0…4095, from the left to the right (packets 46–51).
  public var lightBumps: [Float]
  /// The left bumper is pressed (packet 7).
  public var leftBump = false
  /// The right bumper is pressed (packet 7).
  public var rightBump = false
  /// A wheel hangs free (packet 7).
  public var wheelDrop = false
  /// The floor ends below the front (packets 9–12).
  public var cliff = false
  /// The base stands on its dock (packet 34).
  public var isDocked = false
  /// How far forward the wheels have turned since the last sensing or reset, in millimetres, backward negative: the mean
  /// of both encoders (packets 43 and 44).
  public var distanceMillimeters = 0.0

  /// How many light-bump signals a base has.
  public static let lightBumpCount = 6

  /// Makes the senses of a base that feels nothing.
  public init() {
    lightBumps = [Float](repeating: 0, count: Self.lightBumpCount)
  }
}
