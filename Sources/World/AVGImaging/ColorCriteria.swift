public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// The colours that count as the target, on OpenCV's 8-bit scales; all bounds are inclusive, and `keys` describes each.
///
/// The defaults are those of ReLoD for a green sheet of paper (`create2_visual_reacher.py`).
public struct ColorCriteria: ConfigurationSection, Codable {
  public var minimumHue = 30
  public var maximumHue = 85
  public var minimumSaturation = 68
  public var maximumSaturation = 255
  public var minimumValue = 0
  public var maximumValue = 255
  public var minimumGrey = 11

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("minimumHue", \.minimumHue, 0...179, "The minimum hue, in units of 2° (red 0, green 60, blue 120)."),
    Key(
      "maximumHue", \.maximumHue, from: .of("minimumHue", \.minimumHue), to: 179,
      "The maximum hue, in the same units."),
    Key("minimumSaturation", \.minimumSaturation, 0...255, "The minimum saturation: 0 is grey."),
    Key(
      "maximumSaturation", \.maximumSaturation, from: .of("minimumSaturation", \.minimumSaturation), to: 255,
      "The maximum saturation."),
    Key(
      "minimumValue", \.minimumValue, 0...255, "The minimum value, the brightest of a pixel's three channels."
    ),
    Key(
      "maximumValue", \.maximumValue, from: .of("minimumValue", \.minimumValue), to: 255,
      "The maximum value."),
    Key(
      "minimumGrey", \.minimumGrey, 0...255,
      "The minimum grey (0.299 R + 0.587 G + 0.114 B): the hue of darker pixels is unreliable."),
  ]
}
