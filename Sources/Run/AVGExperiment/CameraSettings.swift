public import AVGCamera
public import AVGCore

/// What is asked of a real camera.
public struct CameraSettings: Codable, Hashable, Sendable {
  /// The frame rate, per second; the camera's nearest that is not below it is taken.
  public var framesPerSecond = 30
  /// The pixel format, as MJPG or YUYV; auto takes the best.
  public var format = "auto"
  /// Columns and rows, as 640x360; auto takes the best.
  public var size = "auto"
  /// Time of exposure in units of 100 µs; −1 leaves it to the camera, whose automatic drifts with what it sees.
  public var exposure = -1
  /// Gain in the camera's own units; −1 leaves it to the camera.
  public var gain = -1
  /// Colour temperature in kelvin; −1 leaves it to the camera.
  public var whiteBalance = -1
  /// Distance of focus in the camera's own units; −1 leaves it to the camera.
  public var focus = -1
  /// The greatest age of an image that is acted by, in control cycles; without a newer one the wheels are stopped.
  public var maximumFrameAgeCycles = 2.0
  /// How long the wheels are stopped for want of an image before the episode is cut off, in seconds.
  public var longestBlindSeconds = 0.5
  /// How long no image may come before the camera is closed and looked for again, in seconds.
  public var stallSeconds = 0.5
  /// How long a lost camera is looked for before the run ends, in seconds.
  public var searchSeconds = 60.0

  /// The pixel format insisted on.
  public var pixelFormat: FourCharacterCode? { format == "auto" ? nil : FourCharacterCode(format) }

  /// The size insisted on.
  public var imageSize: ImageSize? { size == "auto" ? nil : ImageSize(size) }

  /// The controls to be fixed.
  public var controls: [CameraControl: Int] {
    [CameraControl.exposure: exposure, .gain: gain, .whiteBalance: whiteBalance, .focus: focus]
      .filter { $0.value != -1 }
  }

  /// Makes the default settings.
  public init() {}

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("framesPerSecond", framesPerSecond, in: 1...240)
    guard format == "auto" || FourCharacterCode.usable.contains(where: { $0 == pixelFormat }) else {
      throw InvalidSetting(
        key: "format", value: format,
        allowed: "auto, " + FourCharacterCode.usable.map(\.description).joined(separator: ", "))
    }
    guard size == "auto" || imageSize != nil else {
      throw InvalidSetting(key: "size", value: size, allowed: "auto, or columns and rows as 640x360")
    }
    for (key, value) in [
      ("exposure", exposure), ("gain", gain), ("whiteBalance", whiteBalance), ("focus", focus),
    ] {
      try InvalidSetting.check(key, value, in: -1...1_000_000)
    }
    try InvalidSetting.check("maximumFrameAgeCycles", maximumFrameAgeCycles, in: 0.1...1000)
    try InvalidSetting.check("longestBlindSeconds", longestBlindSeconds, in: 0...3600)
    try InvalidSetting.check("stallSeconds", stallSeconds, in: 0.1...60)
    try InvalidSetting.check("searchSeconds", searchSeconds, in: 0...1_000_000)
  }
}
