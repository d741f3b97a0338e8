import AVGCore
import AVGImaging
import Glibc
import Testing

@testable import AVGCamera

@Suite("Camera errors")
struct CameraErrorTests {
  /// The error of opening `path`.
  private func openingError(_ path: String) -> CameraError? {
    do throws(CameraError) {
      let camera = try Camera(path: path)
      Issue.record("\(camera.path) opened")
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a path that does not exist", arguments: ["/dev/video-none", "", "/dev/null/video0", "/nowhere/at/all"])
  func missing(path: String) throws {
    guard case .noSuchDevice(path, _)? = openingError(path) else {
      Issue.record("\(String(describing: openingError(path)))")
      return
    }
  }

  @Test(
    "a file that is not a camera is refused, and the message says what it is",
    arguments: [
      ("/dev/null", "it does not speak V4L2"), ("/dev/zero", "it does not speak V4L2"),
      ("/dev", "it is a folder"),
      ("/etc/passwd", "it is a regular file"),
    ])
  func notACamera(path: String, reason: String) {
    #expect(openingError(path) == .notACaptureDevice(device: path, reason: reason))
  }

  @Test(
    "each errno of opening a device has its own error",
    arguments: [
      (EACCES, .noPermission(device: "D")), (EPERM, .noPermission(device: "D")), (EBUSY, .busy(device: "D")),
      (EMFILE, .requestFailed(device: "D", request: "open", code: EMFILE)),
    ] as [(Int32, CameraError)])
  func openingCodes(code: Int32, expected: CameraError) {
    #expect(VideoDevice.openingError("D", code: code) == expected)
  }

  @Test("a failed opening leaves no descriptor open")
  func leaksNothing() {
    // No other test opens this device.
    let path = "/dev/full"
    for _ in 0..<100 {
      #expect(openingError(path) != nil)
    }
    let open = (0..<4_096).filter { descriptor in
      var name = [CChar](repeating: 0, count: 64)
      return readlink("/proc/self/fd/\(descriptor)", &name, name.count) == path.utf8.count
        && name.prefix(path.utf8.count).elementsEqual(path.utf8.map(CChar.init(bitPattern:)))
    }
    #expect(open == [])
  }

  static let offered = [
    OfferedFormat(
      pixelFormat: FourCharacterCode(rawValue: 0x3432_3248),
      sizes: .discrete([ImageSize(width: 640, height: 480)])),
    OfferedFormat(
      pixelFormat: .motionJPEG,
      sizes: .range(
        minimum: ImageSize(width: 2, height: 2), maximum: ImageSize(width: 64, height: 48),
        step: ImageSize(width: 2, height: 2))),
    OfferedFormat(pixelFormat: FourCharacterCode(rawValue: 0xFF00_0041), sizes: .unknown),
  ]

  @Test(
    "every message is one line that begins with the device and says what to do",
    arguments: [
      (.noSuchDevice(device: "D", present: []), "plug one in"),
      (
        .noSuchDevice(device: "D", present: ["/dev/video2", "/dev/video10"]),
        "use one of /dev/video2, /dev/video10"
      ),
      (.noPermission(device: "D"), "usermod -aG video"),
      (.notACaptureDevice(device: "D", reason: "it is a folder"), "it is a folder; choose another"),
      (.busy(device: "D"), "fuser -v D"),
      (
        .noUsableFormat(device: "D", offered: offered, shape: .standard),
        "H224 (640x480), MJPG (2x2 to 64x48 in steps of 2x2), A??? (sizes not listed); "
          + "use a camera with MJPG, JPEG, YUYV, UYVY, NV12, RGB3, BGR3 or GREY of at least 160x90"
      ),
      (.noUsableFormat(device: "D", offered: [], shape: .standard), "it offers none"),
      (
        .notOffered(device: "D", pixelFormat: .yuyv, size: ImageSize(width: 9, height: 8), offered: offered),
        "cannot send YUYV 9x8: it offers H224 (640x480), "
      ),
      (
        .notOffered(device: "D", pixelFormat: .nv12, size: nil, offered: []),
        "cannot send NV12: it offers none"
      ),
      (
        .controlRefused(
          device: "D", control: .exposure, value: 9_999,
          allowed: ControlRange(minimum: 1, maximum: 5_000, step: 1)),
        "exposure cannot be fixed: 9999; give 1 to 5000"
      ),
      (
        .controlRefused(device: "D", control: .focus, value: 3, allowed: nil),
        "focus cannot be fixed: 3; it has no such control"
      ),
      (
        .formatRefused(
          device: "D", asked: .init(pixelFormat: .motionJPEG, size: .init(width: 640, height: 360)),
          given: .init(pixelFormat: .yuyv, size: .init(width: 80, height: 60))),
        "asked for MJPG 640x360, given YUYV 80x60; close"
      ),
      (
        .interlacedJPEG(device: "D", pixelFormat: .motionJPEG),
        "interlaced MJPG images are not supported; set another camera.format"
      ),
      (
        .pipelineNotSetUp(device: "D"),
        "start this program with libcamerify, or set up links and formats with media-ctl"
      ),
      (.stalled(device: "D", after: .milliseconds(500)), "no frame: for 500 ms; unplug it"),
      (
        .onlyDamagedFrames(device: "D", after: .seconds(1), damaged: DamagedFrames()),
        "for 1000 ms (0 marked bad, 0 empty, 0 cut off, 0 undecodable); check the cable"
      ),
      (
        .onlyOldFrames(device: "D", after: .milliseconds(500), age: .milliseconds(120)),
        "for 500 ms, the last was 120 ms old; allow a greater maximumFrameAgeCycles"
      ),
      (
        .lost(device: "D", after: .seconds(60), cause: .busy(device: "E")),
        "lost and not found again: for 60000 ms; last: camera E: in use"
      ),
      (.unplugged(device: "D"), "unplugged; plug it in again"),
      (
        .requestFailed(device: "D", request: "VIDIOC_DQBUF", code: EIO),
        "VIDIOC_DQBUF failed: Input/output error; unplug it"
      ),
      (
        .requestFailed(device: "D", request: "VIDIOC_STREAMON", code: ENOSPC),
        "VIDIOC_STREAMON failed: no room on the USB bus; give it a port of its own"
      ),
      (
        .unusableLayout(
          device: "D",
          cause: .unusableLayout(RawImageLayout(.yuyv, width: 640, height: 360, bytesPerRow: 0))),
        "640x360 yuyv in rows of 0 bytes; use"
      ),
    ] as [(CameraError, String)])
  func messages(error: CameraError, part: String) {
    let message = "\(error)"
    #expect(message.hasPrefix("camera D: "))
    #expect(message.contains(part))
    #expect(!message.contains("\n"))
  }

  @Test(
    "a camera whose frames come further apart than the maximum age gets a warning that says what to do",
    arguments: [
      (FrameRate(frames: 30), nil), (FrameRate(frames: 12), nil),
      (
        FrameRate(frames: 10),
        "too slow at 10 frames/s: a frame every 100 ms, but none older than 90 ms is acted on; choose a faster "
          + "camera.size or camera.format, or let camera.maximumFrameAgeCycles allow 200 ms"
      ), (nil, nil), (FrameRate(frames: 0), nil),
    ] as [(FrameRate?, String?)])
  func slowness(rate: FrameRate?, warning: String?) {
    let format = CaptureFormat(
      pixelFormat: .yuyv, size: ImageSize(width: 640, height: 360), bytesPerRow: 1_280,
      encoding: ColorEncoding(), rate: rate)
    #expect(format.slowness(for: .milliseconds(90)) == warning)
  }

  @Test(
    "a capture format reads as a user would write it",
    arguments: [
      (FrameRate(frames: 30), "MJPG 640x360 at 30 frames/s"),
      (FrameRate(frames: 30_000, seconds: 1_001), "MJPG 640x360 at 29.97 frames/s"),
      (FrameRate(frames: 15, seconds: 2), "MJPG 640x360 at 7.50 frames/s"), (nil, "MJPG 640x360"),
    ] as [(FrameRate?, String)])
  func formatText(rate: FrameRate?, text: String) {
    let format = CaptureFormat(
      pixelFormat: .motionJPEG, size: ImageSize(width: 640, height: 360), bytesPerRow: 0,
      encoding: ColorEncoding(), rate: rate)
    #expect(format.description == text)
  }

  @Test("an interlaced capture format is described as such")
  func interlacedText() {
    let format = CaptureFormat(
      pixelFormat: .yuyv, size: ImageSize(width: 720, height: 576), bytesPerRow: 1_440,
      encoding: ColorEncoding(), fields: .interleaved, rate: FrameRate(frames: 25))
    #expect(format.description == "YUYV 720x576 at 25 frames/s, interlaced: one field of two is used")
  }
}
