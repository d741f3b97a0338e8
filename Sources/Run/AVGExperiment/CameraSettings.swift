public import AVGCamera
public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// What is asked of a real camera; `keys` describes each property.
public struct CameraSettings: ConfigurationSection {
  public var framesPerSecond = 30
  public var format = "auto"
  public var size = "auto"
  public var exposure = -1
  public var gain = -1
  public var whiteBalance = -1
  public var focus = -1
  public var maximumFrameAgeCycles = 2.0
  public var longestBlindSeconds = 0.5
  public var stallSeconds = 0.5
  public var searchSeconds = 60.0

  public init() {}

  public static let keys: [Key<Self>] = [
    Key(
      "framesPerSecond", \.framesPerSecond, 1...240,
      "Frames per second; the camera's lowest rate that is not below it is used."),
    Key(
      "format", \.format,
      allowed: "auto, " + FourCharacterCode.usable.map(\.description).joined(separator: ", "),
      where: { format in format == "auto" || FourCharacterCode.usable.contains { $0.description == format } },
      "Required pixel format; auto chooses the best."),
    Key(
      "size", \.size, allowed: "auto, or columns and rows as 640x360",
      where: { $0 == "auto" || ImageSize($0) != nil }, "Required columns and rows; auto chooses the best."),
    Key(
      "exposure", \.exposure, controls, allowed: "-1 or what the camera allows (avg-vision doctor)",
      """
      Exposure time in units of 100 µs. -1 leaves it to the camera, whose automatic control drifts with the
      image and spoils learning: fix it where the light is steady.
      """),
    Key(
      "gain", \.gain, controls, allowed: "-1 or what the camera allows",
      "Gain in the camera's own units. -1 leaves it to the camera."),
    Key(
      "whiteBalance", \.whiteBalance, controls, allowed: "-1 or what the camera allows",
      "Colour temperature in kelvin. -1 leaves it to the camera."),
    Key(
      "focus", \.focus, controls, allowed: "-1 or what the camera allows",
      "Distance of focus in the camera's own units. -1 leaves it to the camera."),
    Key(
      "maximumFrameAgeCycles", \.maximumFrameAgeCycles, 0.1...1000,
      "Maximum age of an image to act on, in control cycles; without a newer one the wheels stop."),
    Key(
      "longestBlindSeconds", \.longestBlindSeconds, 0...3600, unit: "s",
      "Time without an image, with the wheels stopped, after which the episode is truncated."),
    Key(
      "stallSeconds", \.stallSeconds, 0.1...60, unit: "s",
      "Time without an image after which the camera is closed and searched for again."),
    Key(
      "searchSeconds", \.searchSeconds, 0...1_000_000, unit: "s",
      "Time to search for a lost camera before the run ends, with its checkpoint."),
  ]

  /// The camera's own limits are narrower.
  private static let controls = -1...1_000_000

  /// The pixel format insisted on.
  public var pixelFormat: FourCharacterCode? { format == "auto" ? nil : FourCharacterCode(format) }

  /// The size insisted on.
  public var imageSize: ImageSize? { size == "auto" ? nil : ImageSize(size) }

  /// The controls to be fixed.
  public var controls: [CameraControl: Int] {
    [CameraControl.exposure: exposure, .gain: gain, .whiteBalance: whiteBalance, .focus: focus]
      .filter { $0.value != -1 }
  }

  /// The greatest age of an image that is acted on, for cycles of this length.
  func maximumFrameAge(_ controlPeriod: Duration) -> Duration { controlPeriod * maximumFrameAgeCycles }

  /// The request to the camera.
  package func request(controlPeriod: Duration, keepsSourceBytes: Bool) -> Camera.Configuration {
    Camera.Configuration(
      rate: FrameRate(frames: UInt32(framesPerSecond)), pixelFormat: pixelFormat, size: imageSize,
      controls: controls, maximumFrameAge: maximumFrameAge(controlPeriod), keepsSourceBytes: keepsSourceBytes,
      stallTimeout: .seconds(stallSeconds))
  }
}
