import AVGCore

extension FrameLogWriter {
  /// The bytes of a step besides its image: reading, action, outcome, update and index.
  private static let signalBytes = 550

  /// The approximate size in bytes of a step with a frame of 160×90.
  ///
  /// - Parameter quality: the JPEG quality; nil for pixels.
  public static func expectedStepBytes(quality: Int?) -> Int {
    guard let quality else { return signalBytes + FrameShape.standard.byteCount }
    // Measured on frames of the default pen, with the noise of a cheap camera.
    let sizes = [(1, 900), (50, 1450), (75, 2000), (85, 2650), (95, 5200), (100, 11_800)]
    let above = sizes.firstIndex { $0.0 >= quality } ?? sizes.count - 1
    guard above > 0 else { return signalBytes + sizes[0].1 }
    let (low, high) = (sizes[above - 1], sizes[above])
    return signalBytes + low.1 + (high.1 - low.1) * (quality - low.0) / (high.0 - low.0)
  }

  /// The approximate size in bytes of a step in an environment whose observation has so many bytes.
  public static func expectedStepBytes(observationBytes: Int) -> Int { signalBytes + observationBytes }

  /// The approximate size in bytes of a step with a camera's own JPEG image of this many pixels; cameras differ by a
  /// factor of two.
  public static func expectedStepBytes(imagePixels: Int) -> Int { signalBytes + imagePixels * 15 / 100 }
}
