import AVGCore

/// The rule that decides which images are new enough to use.
struct FreshnessRule: Hashable, Sendable {
  /// The maximum age since the capture.
  var maximumAge: Duration
  /// The end of the last pause; images captured before it are discarded.
  var earliest = MonotonicInstant(nanoseconds: 0)

  /// The age of an image captured at `instant` if it must be discarded, otherwise nil.
  ///
  /// - Parameter lead: how long before `instant` its exposure may have begun.
  func excessiveAge(
    of instant: MonotonicInstant, exposedBefore lead: Duration = .zero, at now: MonotonicInstant
  ) -> Duration? {
    let age = instant.duration(to: now)
    return age > maximumAge || instant.advanced(by: .zero - lead) < earliest ? age : nil
  }
}
