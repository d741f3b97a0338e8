import AVGCore
import CV4L2
import Glibc

/// An open V4L2 capture device; `deinit` closes it.
struct VideoDevice: ~Copyable {
  let path: String
  let descriptor: Int32
  /// The capture interface in use: single-planar, or multi-planar if the device has no other.
  private(set) var bufferType = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue
  /// The device is the end of a pipeline that other programs configure through the media controller; before that it
  /// sends no images.
  /// <https://docs.kernel.org/userspace-api/media/v4l/open.html>
  private(set) var isPipelineEnd = false

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Opens `path` and checks that it is a camera.
  ///
  /// Only a character device is opened, and opening never blocks.
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

  /// Makes an ioctl request; `name` is the kernel's name for it, for error messages.
  ///
  /// - Returns: true if the driver accepted it; false if it failed with one of the codes in `tolerated`.
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

  /// The error that a failed request stands for.
  func error(of request: String, code: Int32) -> CameraError {
    switch code {
    case ENODEV, ENXIO: .unplugged(device: path)
    case EBUSY: .busy(device: path)
    // The kernel's codes for a pipeline whose parts have incompatible formats, or are not linked.
    case EPIPE where request == "VIDIOC_STREAMON", ENOLINK where request == "VIDIOC_STREAMON":
      .pipelineNotSetUp(device: path)
    default: .requestFailed(device: path, request: request, code: code)
    }
  }

  /// Whether sysfs shows a v4l2loopback device that no program writes to.
  ///
  /// Opening such a device can break it. When v4l2loopback 0.12 with `exclusive_caps=1` is asked for its capabilities
  /// between two writers, and the last writer used `write` as ffmpeg does, the device loses its output capability. The
  /// next writer, and every later one, is then refused (`VIDIOC_S_FMT`: EINVAL) until the module is reloaded.
  static func awaitsWriter(sysfsEntry entry: String) -> Bool {
    // No other driver has both files; the format is empty while there are no images to capture.
    access("\(entry)/max_openers", F_OK) == 0 && access("\(entry)/format", F_OK) == 0
      && contents("\(entry)/format").isEmpty
  }

  private static let noWriter = "no program writes images to it: start that first"

  /// The reason why a camera that was at `path` is no longer there.
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
    default: kind = "not a character device"
    }
    throw .notACaptureDevice(device: path, reason: "it is \(kind)")
  }

  /// The error that a failed `open` stands for.
  static func openingError(_ path: String, code: Int32) -> CameraError {
    switch code {
    case ENOENT, ENOTDIR, ENODEV, ENXIO: .noSuchDevice(device: path, present: videoDevices())
    case EACCES, EPERM: .noPermission(device: path)
    case EBUSY: .busy(device: path)
    default: .requestFailed(device: path, request: "open", code: code)
    }
  }

  /// The video devices of this machine, ordered by number.
  static func videoDevices() -> [String] {
    paths("/dev/video[0-9]*").sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// The paths that match a shell pattern.
  static func paths(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return UnsafeBufferPointer(start: found.gl_pathv, count: Int(found.gl_pathc))
      .compactMap { $0.map { String(cString: $0) } }
  }

  private mutating func checkCanCapture() throws(CameraError) {
    var capability = v4l2_capability()
    // Character devices other than V4L2 answer with various codes, so any failure means the same.
    let result = avg_v4l2_querycap(descriptor, &capability)
    guard result >= 0 else {
      if -result == ENODEV { throw .unplugged(device: path) }
      throw .notACaptureDevice(device: path, reason: "it does not speak V4L2")
    }
    // `capabilities` describes the whole driver; `device_caps`, where present, describes this device node.
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
