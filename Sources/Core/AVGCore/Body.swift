/// An eye and a base on a clock: simulated, real or recorded.
///
/// A control cycle is `drive`, `awaitCycle`, `sense`, in this order. A simulated world, which moves all three at once, is a
/// body itself; devices are joined by `ComposedBody`.
public protocol Body: ~Copyable {
  /// The command that its base obeys.
  associatedtype Command: BaseCommand
  /// The sensor values of its base.
  associatedtype Senses: BaseSenses
  /// The error of driving and sensing.
  associatedtype Failure: Error

  /// The last image as its source sent it; nil if that is not kept.
  var sourceImage: SourceImage? { get }

  /// Starts to execute a command, which holds until the next call.
  mutating func drive(_ command: Command) throws(Failure)

  /// Waits for the end of the current control cycle.
  ///
  /// - Returns: the number of cycles missed before the call.
  mutating func awaitCycle() throws(Failure) -> Int

  /// Reads the newest complete image and the base's sensors.
  ///
  /// After `reset` and after missed cycles only images captured since then are used.
  ///
  /// - Parameters:
  ///   - observation: receives the image as its newest frame. If it has no frames, no image is read.
  ///   - senses: receives the sensor values.
  /// - Returns: whether both are fresh; the frame is unchanged if not. Call again after the next cycle.
  mutating func sense(into observation: inout Observation, _ senses: inout Senses) throws(Failure)
    -> Freshness

  /// Stops and goes to a new starting place.
  ///
  /// - Returns: whether the body has moved; false for a body that cannot move by itself.
  mutating func reset() throws(Failure) -> Bool
}

extension Body where Self: ~Copyable {
  /// None.
  public var sourceImage: SourceImage? { nil }
}
