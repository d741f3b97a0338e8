import AVGCore

/// Which images may still be handed out.
struct FreshnessRule: Hashable, Sendable {
  /// The greatest age since the capture.
  var maximumAge: Duration
  /// The end of the last pause: nothing captured before it is of use.
  var earliest = MonotonicInstant(nanoseconds: 0)

  /// The age of an image captured at `instant` if that is too old, else nil.
  ///
  /// - Parameter lead: how long before `instant` its exposure may have begun.
  func excessiveAge(
    of instant: MonotonicInstant, exposedBefore lead: Duration = .zero, at now: MonotonicInstant
  ) -> Duration? {
    let age = instant.duration(to: now)
    return age > maximumAge || instant.advanced(by: .zero - lead) < earliest ? age : nil
  }
}
