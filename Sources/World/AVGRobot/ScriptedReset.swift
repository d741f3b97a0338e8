package import AVGCore
package import AVGCreate2

/// A base of two wheels that drives to a new start by a script.
package protocol ScriptedResetBase: Base, ~Copyable where Command == WheelSpeeds {
  /// There was no image of the present when one was last looked for on the way.
  var isBlind: Bool { get set }

  /// Whether the robot would do what it is told now.
  mutating func canBeDriven() throws(Failure) -> Bool
}

extension ScriptedResetBase where Self: ~Copyable {
  /// Drives along a way, with open eyes: while there is no image of the present the robot stands.
  ///
  /// - Returns: whether the robot could be driven all the time.
  package mutating func follow<E: Eye & ~Copyable>(
    _ moves: [ResetScript.Move], looking eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, Failure>) -> Bool {
    eye.restart()
    for move in moves {
      var left = move.duration
      while left > .zero {
        let speeds = isBlind ? WheelSpeeds.stopped : move.speeds
        let began: MonotonicInstant
        do throws(Failure) {
          guard try canBeDriven() else { return false }
          began = MonotonicInstant.now
          try drive(speeds)
        } catch { throw .base(error) }
        if left < RobotSettings.orderInterval, !isBlind {
          began.advanced(by: left).sleepUntil()
        } else {
          try look(with: &eye)
        }
        if speeds != .stopped { left -= began.duration(to: .now) }
      }
    }
    return true
  }

  /// Lets a control cycle go by and sees whether there is an image of the present; stops the wheels if there is none.
  private mutating func look<E: Eye & ~Copyable>(
    with eye: inout ClockedEye<E>
  ) throws(BodyError<E.Failure, Failure>) {
    do { isBlind = try eye.glance() == .stale } catch { throw .eye(error) }
    guard isBlind else { return }
    do throws(Failure) { try drive(.stopped) } catch { throw .base(error) }
  }
}
