import AVGCore
import CV4L2
import Glibc

/// An open V4L2 capture device; closing it is its end.
struct VideoDevice: ~Copyable {
  let path: String
  let descriptor: Int32
  /// The interface by which it is captured from: single-planar, or multi-planar where it has no other.
  private(set) var bufferType = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
  /// It is one end of a pipeline that others set up through the media controller: until then it sends nothing.
  /// <https://docs.kernel.org/userspace-api/media/v4l/open.html>
  private(set) var isPipelineEnd = false

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Opens `path` and makes sure that it is a camera.
  ///
  /// Nothing but a character device is opened, and nothing is waited for.
  static func open(_ path: String) throws(CameraError) -> VideoDevice {
    try checkIsCharacterDevice(path)
    if awaitsWriter(sysfsEntry: sysfsEntry(path)) {
      throw .notACaptureDevice(device: path, reason: noWriter)
    }
    let result = avg_v4l2_open(path)
    guard result >= 0 else { throw openingError(path, code: -result) }
    var device = VideoDevice(path: path, descriptor: result)
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
    // The kernel's words for a pipeline whose parts do not fit together, or are not connected.
    case EPIPE where request == "VIDIOC_STREAMON", ENOLINK where request == "VIDIOC_STREAMON":
      .pipelineNotSetUp(device: path)
    default: .requestFailed(device: path, request: request, code: code)
    }
  }

  /// Whether a device is one of v4l2loopback's that no program writes to, by what that driver says in sysfs.
  ///
  /// Such a device is better not opened. Asked for its abilities between two writers, v4l2loopback 0.12 with
  /// `exclusive_caps=1` takes from it the ability to be written to, where the last writer used `write`, as ffmpeg does; the
  /// next writer is refused (`VIDIOC_S_FMT`: EINVAL), and every one after it, until the module is loaded again.
  static func awaitsWriter(sysfsEntry entry: String) -> Bool {
    // No other driver has both; the format's text is empty while there are no images to capture.
    access("\(entry)/max_openers", F_OK) == 0 && access("\(entry)/format", F_OK) == 0
      && contents("\(entry)/format").isEmpty
  }

  private static let noWriter = "no program writes images to it: start that first"

  /// Why there is no camera at `path`, where one was.
  static func absence(at path: String) -> CameraError {
    awaitsWriter(sysfsEntry: sysfsEntry(path))
      ? .notACaptureDevice(device: path, reason: noWriter) : .unplugged(device: path)
  }

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

  private mutating func checkCanCapture() throws(CameraError) {
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
    func has(_ ability: some BinaryInteger) -> Bool { own & UInt32(ability) != 0 }
    if !has(V4L2_CAP_VIDEO_CAPTURE), has(V4L2_CAP_VIDEO_CAPTURE_MPLANE) {
      bufferType = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE.rawValue
    } else if !has(V4L2_CAP_VIDEO_CAPTURE) {
      let reason =
        if has(V4L2_CAP_META_CAPTURE) {
          "it carries the data about a camera's images, not the images"
        } else if has(V4L2_CAP_VIDEO_OUTPUT), text(capability.driver) == "v4l2 loopback" {
          Self.noWriter
        } else {
          "it captures no video"
        }
      throw .notACaptureDevice(device: path, reason: reason)
    }
    guard has(V4L2_CAP_STREAMING) else {
      throw .notACaptureDevice(device: path, reason: "it cannot stream into mapped memory")
    }
    isPipelineEnd = has(V4L2_CAP_IO_MC)
  }
}
