public import AVGCore

extension Camera {
  /// What is asked of a camera.
  public struct Configuration: Hashable, Sendable {
    /// The shape of the frames to be filled.
    public var shape: FrameShape
    /// The frame rate wanted; the nearest that is not below it is set. At least one frame per control cycle.
    public var rate: FrameRate
    /// The pixel format to insist on; nil takes the best.
    public var pixelFormat: FourCharacterCode?
    /// The size to insist on; nil takes the best.
    public var size: ImageSize?
    /// The controls to take from the camera's automatic, and their values.
    public var controls: [CameraControl: Int]
    /// How many buffers the driver may fill ahead: eight of 30 frames/s take up a pause of a quarter of a second.
    public var bufferCount: Int
    /// The greatest age, since its capture, at which a frame is still handed out.
    public var maximumFrameAge: Duration
    /// Whether `lastSourceBytes` is kept: a copy for each frame, for those who log or check.
    public var keepsSourceBytes = false
    /// How long no frame may come before the camera counts as stalled.
    public var stallTimeout: Duration

    /// Makes a configuration.
    public init(
      shape: FrameShape = .standard, rate: FrameRate = FrameRate(frames: 30),
      pixelFormat: FourCharacterCode? = nil, size: ImageSize? = nil, controls: [CameraControl: Int] = [:],
      bufferCount: Int = 8,
      maximumFrameAge: Duration = .milliseconds(90), keepsSourceBytes: Bool = false,
      stallTimeout: Duration = .milliseconds(500)
    ) {
      self.shape = shape
      self.rate = rate
      self.pixelFormat = pixelFormat
      self.size = size
      self.controls = controls
      self.bufferCount = bufferCount
      self.maximumFrameAge = maximumFrameAge
      self.keepsSourceBytes = keepsSourceBytes
      self.stallTimeout = stallTimeout
    }
  }
}
