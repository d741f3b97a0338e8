public import AVGCore

/// A camera as an eye, which waits for a new image until the view would be stale.
public struct CameraEye<Source: FrameSource & ~Copyable>: Eye, ~Copyable {
  /// The camera.
  public private(set) var camera: RecoveringCamera<Source>
  private let maximumFrameAge: Duration
  /// The time of the last image or of the end of the last pause, whichever is later.
  private var lastImage = MonotonicInstant.now
  /// The last look gave no image.
  private var isStale = false

  /// Makes an eye of a camera that has just been opened.
  ///
  /// - Parameter maximumFrameAge: how long to wait for a new image after the last one before the view is stale.
  public init(camera: consuming RecoveringCamera<Source>, maximumFrameAge: Duration) {
    self.camera = camera
    self.maximumFrameAge = maximumFrameAge
  }

  /// The last image as the camera sent it; nil if that is not kept.
  public var sourceImage: SourceImage? {
    let (bytes, format) = (camera.lastSourceBytes, camera.format)
    guard !bytes.isEmpty else { return nil }
    return format.pixelFormat.isJPEG
      ? .compressed(bytes, format: "jpeg")
      : .raw(
        bytes, width: format.size.width, height: format.size.height, step: format.bytesPerRow,
        encoding: format.pixelFormat.description)
  }

  /// Discards images captured before `instant`.
  public mutating func resume(at instant: MonotonicInstant) {
    camera.resume(at: instant)
    // A caller without an image has already waited.
    if !isStale { lastImage = instant }
  }

  /// Reads the newest complete image.
  ///
  /// - Throws: `CameraError.lost` when the camera has failed and could not be found again in time.
  public mutating func look(into frame: inout Frame) throws(CameraError) -> Freshness {
    // Many cameras need seconds for their first image; nothing moves before it.
    let patience = camera.statistics.framesUsed == 0 ? Camera.startPatience : maximumFrameAge
    isStale = try !camera.readNewest(into: &frame, until: lastImage.advanced(by: patience))
    guard !isStale else { return .stale }
    lastImage = .now
    return .fresh
  }
}
