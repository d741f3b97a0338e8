public import AVGCore

extension Camera {
  /// The settings of a camera.
  public struct Configuration: Hashable, Sendable {
    /// The shape of the frames to fill.
    public var shape: FrameShape
    /// The frame rate wanted: the nearest that is not below it is set. It should give at least one frame per control
    /// cycle.
    public var rate: FrameRate
    /// The required pixel format; nil chooses the best.
    public var pixelFormat: FourCharacterCode?
    /// The required size; nil chooses the best.
    public var size: ImageSize?
    /// The controls whose automatic is switched off, with their values.
    public var controls: [CameraControl: Int]
    /// The number of buffers that the driver may fill ahead; eight at 30 frames/s cover a pause of a quarter of a
    /// second.
    public var bufferCount: Int
    /// The maximum age of a frame, from its capture, at which it is delivered.
    public var maximumFrameAge: Duration
    /// Whether `lastSourceBytes` is kept for logs and checks, at the cost of a copy for each frame.
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
