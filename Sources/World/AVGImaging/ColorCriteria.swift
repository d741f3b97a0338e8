public import AVGCore

/// The colours that count as the target, on OpenCV's 8-bit scales; all bounds are inclusive.
///
/// The defaults are those of ReLoD for a green sheet of paper (`create2_visual_reacher.py`).
public struct ColorCriteria: Codable, Hashable, Sendable {
  /// The minimum hue, in units of 2°: 0…179 (red 0, green 60, blue 120).
  public var minimumHue = 30
  /// The maximum hue, in units of 2°, not below `minimumHue`.
  public var maximumHue = 85
  /// The minimum saturation, 0 (grey) … 255.
  public var minimumSaturation = 68
  /// The maximum saturation, not below `minimumSaturation`.
  public var maximumSaturation = 255
  /// The minimum value (the largest of the three channels), 0…255.
  public var minimumValue = 0
  /// The maximum value, not below `minimumValue`.
  public var maximumValue = 255
  /// The minimum grey level (0.299 R + 0.587 G + 0.114 B), 0…255; the hue of darker pixels is unreliable.
  public var minimumGrey = 11

  /// Makes the criteria for a green target.
  public init() {}

  /// Checks every bound.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("minimumHue", minimumHue, in: 0...179)
    try InvalidSetting.check("maximumHue", maximumHue, in: minimumHue...179)
    try InvalidSetting.check("minimumSaturation", minimumSaturation, in: 0...255)
    try InvalidSetting.check("maximumSaturation", maximumSaturation, in: minimumSaturation...255)
    try InvalidSetting.check("minimumValue", minimumValue, in: 0...255)
    try InvalidSetting.check("maximumValue", maximumValue, in: minimumValue...255)
    try InvalidSetting.check("minimumGrey", minimumGrey, in: 0...255)
  }
}
