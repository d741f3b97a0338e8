public import AVGCore
public import AVGImaging
import Glibc

/// An error of a camera. Every case names the device.
public indirect enum CameraError: Error, Hashable, Sendable {
  /// The path does not exist; `present` lists the video devices that do.
  case noSuchDevice(device: String, present: [String])
  /// No connected camera can be used; `problems` gives the reason for each.
  case noUsableCamera(problems: [CameraError])
  /// The user has no permission to open it.
  case noPermission(device: String)
  /// It is not a video device, or one that cannot stream images; `reason` says which.
  case notACaptureDevice(device: String, reason: String)
  /// Another program is using it.
  case busy(device: String)
  /// No format on offer can be converted to a frame of `shape`.
  case noUsableFormat(device: String, offered: [OfferedFormat], shape: FrameShape)
  /// The required format or size is not offered, or cannot be converted to frames.
  case notOffered(device: String, pixelFormat: FourCharacterCode?, size: ImageSize?, offered: [OfferedFormat])
  /// A control does not accept this value; `allowed` is nil if the camera has no such control.
  case controlRefused(device: String, control: CameraControl, value: Int, allowed: ControlRange?)
  /// The driver answered a format request with one that cannot be used.
  case formatRefused(device: String, asked: CaptureChoice, given: CaptureChoice)
  /// It sends interlaced images as JPEG.
  case interlacedJPEG(device: String, pixelFormat: FourCharacterCode)
  /// It is the end of a media-controller pipeline that has not been configured.
  case pipelineNotSetUp(device: String)
  /// No frame came in time.
  case stalled(device: String, after: Duration)
  /// Frames came, but all of them damaged.
  case onlyDamagedFrames(device: String, after: Duration, damaged: DamagedFrames)
  /// Frames came, but all of them too old; `age` is that of the last one.
  case onlyOldFrames(device: String, after: Duration, age: Duration)
  /// The device has been removed.
  case unplugged(device: String)
  /// The driver failed a request; `code` is its errno.
  case requestFailed(device: String, request: String, code: Int32)
  /// The camera was lost and not found again in time; `cause` is the error of the last attempt.
  case lost(device: String, after: Duration, cause: CameraError)
  /// The driver describes an impossible row layout.
  case unusableLayout(device: String, cause: RawImageError)
}

extension CameraError: CustomStringConvertible {
  /// One line: the device, what failed, and what to do.
  public var description: String {
    switch self {
    case .noSuchDevice(let device, let present):
      "camera \(device): no such device; "
        + (present.isEmpty
          ? "no camera is connected (there is no /dev/video*): plug one in"
          : "use one of \(present.joined(separator: ", "))")
    case .noUsableCamera(let problems):
      "camera auto: none can be used: "
        + (problems.isEmpty
          ? "no camera is connected: plug one in" : problems.map(\.description).joined(separator: "; "))
    case .noPermission(let device):
      "camera \(device): no permission; join the group that may use it (sudo usermod -aG video $USER) "
        + "and log in again"
    case .notACaptureDevice(let device, let reason):
      "camera \(device): not a capture device: \(reason); choose another /dev/video*"
    case .busy(let device):
      "camera \(device): in use by another program; close it (fuser -v \(device) names it)"
    case .noUsableFormat(let device, let offered, let shape):
      "camera \(device): no usable format: it offers \(Self.list(offered)); "
        + "use a camera with \(Self.usableFormats) of at least \(shape.width)x\(shape.height)"
    case .notOffered(let device, let pixelFormat, let size, let offered):
      "camera \(device): cannot send \(Self.words(pixelFormat, size)): it offers \(Self.list(offered)); "
        + "choose among these, or leave format and size to the program"
    case .controlRefused(let device, let control, let value, let allowed):
      "camera \(device): \(control.rawValue) cannot be fixed: \(value); "
        + (allowed.map { "give \($0)" } ?? "it has no such control: leave it at -1")
    case .formatRefused(let device, let asked, let given):
      "camera \(device): format refused: asked for \(asked.pixelFormat) \(asked.size), "
        + "given \(given.pixelFormat) \(given.size); close other programs that use it, or use another camera"
    case .interlacedJPEG(let device, let pixelFormat):
      "camera \(device): interlaced \(pixelFormat) images are not supported; set another camera.format, or a progressive input "
        + "(v4l2-ctl --list-inputs, --set-input)"
    case .pipelineNotSetUp(let device):
      "camera \(device): no images: it is the end of a media-controller pipeline, as cameras on a board's own connector are; "
        + "start this program with libcamerify, or set up links and formats with media-ctl and name the device"
    case .stalled(let device, let after):
      "camera \(device): no frame: for \(Self.milliseconds(after)) ms; unplug it and plug it in again, "
        + "without a hub if there is one"
    case .onlyDamagedFrames(let device, let after, let damaged):
      "camera \(device): no whole frame: for \(Self.milliseconds(after)) ms (\(Self.list(damaged))); "
        + "check the cable, and use a USB port of its own"
    case .onlyOldFrames(let device, let after, let age):
      "camera \(device): no fresh frame: for \(Self.milliseconds(after)) ms, the last was "
        + "\(Self.milliseconds(age)) ms old; allow a greater maximumFrameAgeCycles, or use a faster camera"
    case .unplugged(let device):
      "camera \(device): unplugged; plug it in again"
    case .requestFailed(let device, let request, ENOSPC):
      "camera \(device): \(request) failed: no room on the USB bus; give it a port of its own, a smaller camera.size, or a "
        + "compressed camera.format"
    case .requestFailed(let device, let request, let code):
      "camera \(device): \(request) failed: \(String(cString: strerror(code))); "
        + "unplug it and plug it in again (dmesg may say why)"
    case .lost(let device, let after, let cause):
      "camera \(device): lost and not found again: for \(Self.milliseconds(after)) ms; last: \(cause)"
    case .unusableLayout(let device, let cause):
      "camera \(device): unusable format: \(cause)"
    }
  }

  private static func words(_ pixelFormat: FourCharacterCode?, _ size: ImageSize?) -> String {
    [pixelFormat?.description, size?.description].compactMap { $0 }.joined(separator: " ")
  }

  private static func list(_ offered: [OfferedFormat]) -> String {
    offered.isEmpty
      ? "none" : offered.map { "\($0.pixelFormat) (\($0.sizes))" }.joined(separator: ", ")
  }

  /// `MJPG, … or GREY`.
  private static var usableFormats: String {
    let names = FourCharacterCode.usable.map(\.description)
    return names.dropLast().joined(separator: ", ") + names.suffix(1).map { " or \($0)" }.joined()
  }

  private static func list(_ damaged: DamagedFrames) -> String {
    "\(damaged.flagged) marked bad, \(damaged.empty) empty, \(damaged.truncated) cut off, "
      + "\(damaged.undecodable) undecodable"
  }

  private static func milliseconds(_ duration: Duration) -> Int {
    Int(duration.milliseconds.rounded())
  }
}
