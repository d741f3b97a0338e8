/// An eye and a base on one clock, in real time.
///
/// A step in which the base did not obey is stale, and so is the first after it was held still.
public struct ComposedBody<E: Eye & ~Copyable, B: Base & ~Copyable>: Body, ~Copyable {
  /// The error of the part that failed.
  public typealias Failure = BodyError<E.Failure, B.Failure>

  /// The eye on its clock.
  public private(set) var sight: ClockedEye<E>
  /// The base.
  public private(set) var base: B
  private var wasHeld = false

  /// Joins an eye and a base.
  public init(_ sight: consuming ClockedEye<E>, _ base: consuming B) {
    self.sight = sight
    self.base = base
  }

  /// The eye's image.
  public var sourceImage: SourceImage? { sight.eye.sourceImage }

  /// Sends the command to the base.
  public mutating func drive(_ command: B.Command) throws(Failure) {
    do { try base.drive(command) } catch { throw .base(error) }
  }

  /// Waits for the end of the cycle, and while the base is held still.
  public mutating func awaitCycle() throws(Failure) -> Int {
    do {
      guard try base.awaitRelease() else { return sight.awaitCycle() }
    } catch { throw .base(error) }
    wasHeld = true
    sight.restart()
    return 0
  }

  /// Reads the newest image and the base's sensors, unless the base does not obey.
  public mutating func sense(
    into observation: inout Observation, _ senses: inout B.Senses
  ) throws(Failure) -> Freshness {
    do {
      guard try base.isObeying() else { return .stale }
    } catch { throw .base(error) }
    do {
      if !observation.frames.isEmpty, try sight.look(into: &observation.newestFrame) == .stale {
        return .stale
      }
    } catch { throw .eye(error) }
    do { try base.feel(into: &senses) } catch { throw .base(error) }
    defer { wasHeld = false }
    return wasHeld ? .stale : .fresh
  }

  /// Moves the base to a new starting place, and starts a new first cycle there.
  public mutating func reset() throws(Failure) -> Bool {
    let hasMoved = try base.reset(looking: &sight)
    sight.restart()
    return hasMoved
  }
}
