import AVGCore
import CV4L2
import Glibc

/// An open V4L2 capture device; closing it is its end.
struct VideoDevice: ~Copyable {
  let path: String
  let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    avg_v4l2_close(descriptor)
  }

  /// Opens `path` and makes sure that it is a camera.
  ///
  /// Nothing but a character device is opened, and nothing is waited for.
  static func open(_ path: String) throws(CameraError) -> VideoDevice {
    _ = librarySilenced
    try checkIsCharacterDevice(path)
    let result = avg_v4l2_open(path)
    guard result >= 0 else { throw openingError(path, code: -result) }
    let device = VideoDevice(path: path, descriptor: result)
    try device.checkCanCapture()
    return device
  }

  /// Makes a request, in which `name` is the kernel's name for it.
  ///
  /// - Returns: whether the driver did it; `false` if it says one of the codes in `tolerating`.
  @discardableResult
  func request<Argument>(
    _ name: String, _ function: (Int32, UnsafeMutablePointer<Argument>) -> Int32,
    _ argument: inout Argument, tolerating tolerated: [Int32] = []
  ) throws(CameraError) -> Bool {
    let result = function(descriptor, &argument)
    if result >= 0 { return true }
    if tolerated.contains(-result) { return false }
    throw error(of: name, code: -result)
  }

  /// What a failed request means.
  func error(of request: String, code: Int32) -> CameraError {
    switch code {
    case ENODEV, ENXIO: .unplugged(device: path)
    case EBUSY: .busy(device: path)
    default: .requestFailed(device: path, request: request, code: code)
    }
  }

  /// libv4l2 writes to standard error unless told otherwise, once for the process.
  private static let librarySilenced: Void = avg_v4l2_silence()

  private static func checkIsCharacterDevice(_ path: String) throws(CameraError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw openingError(path, code: errno) }
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFCHR: return
    case S_IFDIR: kind = "a folder"
    case S_IFREG: kind = "a regular file"
    default: kind = "no character device"
    }
    throw .notACaptureDevice(device: path, reason: "it is \(kind)")
  }

  /// What a failed opening means.
  static func openingError(_ path: String, code: Int32) -> CameraError {
    switch code {
    case ENOENT, ENOTDIR, ENODEV, ENXIO: .noSuchDevice(device: path, present: videoDevices())
    case EACCES, EPERM: .noPermission(device: path)
    case EBUSY: .busy(device: path)
    default: .requestFailed(device: path, request: "open", code: code)
    }
  }

  /// The video devices of this machine, by number.
  static func videoDevices() -> [String] {
    paths("/dev/video[0-9]*").sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// The paths that match a pattern of the shell's.
  static func paths(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return UnsafeBufferPointer(start: found.gl_pathv, count: Int(found.gl_pathc))
      .compactMap { $0.map { String(cString: $0) } }
  }

  private func checkCanCapture() throws(CameraError) {
    var capability = v4l2_capability()
    // Other character devices answer with various codes.
    let result = avg_v4l2_querycap(descriptor, &capability)
    guard result >= 0 else {
      if -result == ENODEV { throw .unplugged(device: path) }
      throw .notACaptureDevice(device: path, reason: "it does not speak V4L2")
    }
    // A driver may hold several devices; what this one can do is in device_caps.
    let all = capability.capabilities
    let own = all & UInt32(V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : all
    guard own & UInt32(V4L2_CAP_VIDEO_CAPTURE) != 0 else {
      throw .notACaptureDevice(
        device: path,
        reason: own & UInt32(V4L2_CAP_META_CAPTURE) != 0
          ? "it carries the data about a camera's images, not the images"
          : "it captures no single-planar video")
    }
    guard own & UInt32(V4L2_CAP_STREAMING) != 0 else {
      throw .notACaptureDevice(device: path, reason: "it cannot stream into mapped memory")
    }
  }
}
