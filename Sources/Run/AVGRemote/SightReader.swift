import AVGCore
import AVGImaging

/// Puts together observations from what travels of them.
struct SightReader: ~Copyable {
  private var decoder = JPEGDecoder()

  /// Writes S′ of a step.
  ///
  /// - Parameters:
  ///   - state: S.
  ///   - next: receives S′; S's frames where its own image cannot be decoded.
  /// - Returns: false if it cannot.
  mutating func write(
    next sight: RemoteSight, after state: borrowing Observation, into next: inout Observation
  ) -> Bool {
    if sight.stacking == .shifted {
      next.shiftFrames(from: state)
    } else {
      next.copyFrames(from: state)
    }
    guard !write(sight, into: &next) else { return true }
    next.copyFrames(from: state)
    return false
  }

  /// Puts a sight into an observation whose other frames are in place.
  ///
  /// - Returns: false if its image cannot be decoded.
  mutating func write(_ sight: RemoteSight, into observation: inout Observation) -> Bool {
    for index in observation.proprioception.indices {
      observation.proprioception[index] = sight.signals[index]
    }
    guard let newest = observation.frames.indices.last, sight.stacking != .unchanged else { return true }
    let bytes = observation.frames[newest].pixels.count
    if sight.stacking == .whole {
      for index in observation.frames.indices {
        observation.frames[index].pixels = Array(sight.pixels[index * bytes..<(index + 1) * bytes])
      }
    } else if sight.jpeg.isEmpty {
      observation.frames[newest].pixels = sight.pixels
    } else {
      let decoded = sight.jpeg.withUnsafeBytes { jpeg in
        Result { try decoder.decode(jpeg, into: &observation.frames[newest]) }
      }
      guard case .success = decoded else { return false }
    }
    observation.frames[newest].stamp = FrameStamp(
      captured: MonotonicInstant(nanoseconds: sight.captured), sequence: sight.sequence)
    if sight.stacking == .repeated { observation.repeatNewestFrame() }
    return true
  }
}
