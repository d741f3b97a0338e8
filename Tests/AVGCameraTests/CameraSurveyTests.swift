import AVGCore
import AVGImaging
import Testing

@testable import AVGCamera

@Suite("Camera survey")
struct CameraSurveyTests {
  @Test(
    "a number selects a device, and a path is taken as it is",
    arguments: [
      ("2", "/dev/video2"), ("0", "/dev/video0"),
      ("/dev/v4l/by-id/usb-A-video-index0", "/dev/v4l/by-id/usb-A-video-index0"), ("", ""), ("2a", "2a"),
    ])
  func selection(text: String, path: String) throws {
    #expect(try Camera.path(for: text) == path)
  }

  @Test("a device that is not a camera is reported with its problem and the remedy")
  func problems() {
    let survey = CameraSurvey(path: "/dev/null")
    #expect(survey.isNotACamera)
    #expect(survey.choice == nil)
    #expect(
      survey.description == """
        /dev/null
          problem  camera /dev/null: not a capture device: it does not speak V4L2; choose another /dev/video*
        """)
  }

  @Test("a camera is reported with what it offers, the choice and its reason")
  func report() {
    let sizes = [ImageSize(width: 640, height: 480), ImageSize(width: 320, height: 180)]
    var survey = CameraSurvey(path: "/dev/null")
    survey.problem = nil
    survey.name = "Eye (usb-1)"
    survey.link = "/dev/v4l/by-id/eye"
    survey.offers = [
      .init(
        format: OfferedFormat(pixelFormat: .motionJPEG, sizes: .discrete(sizes)),
        rates: [
          .discrete([FrameRate(frames: 30), FrameRate(frames: 15, seconds: 2)]), .unknown,
        ]),
      .init(format: OfferedFormat(pixelFormat: .nv12, sizes: .unknown), rates: []),
    ]
    survey.controls = [.exposure: ControlRange(minimum: 1, maximum: 5_000, step: 1, current: 156)]
    survey.choice = CaptureFormat(
      pixelFormat: .motionJPEG, size: sizes[0], bytesPerRow: 0, encoding: ColorEncoding(),
      rate: FrameRate(frames: 30))
    survey.warning = "too slow"
    #expect(
      survey.description == """
        /dev/null  Eye (usb-1)
          always   /dev/v4l/by-id/eye
          offers   MJPG 640x480, 30 7.50 frames/s
                        320x180, rates not listed
          offers   NV12 sizes not listed
          control  exposure 1 to 5000, now 156
          choice   MJPG 640x480 at 30 frames/s: compressed, so that it leaves room on the bus; its centre, 640x360, \
        is 4 times the agent's image of 160x90
          warning  too slow
        """)
  }

  @Test(
    "a camera is recognised at its old port, or by its serial number at another; another of the same model is not",
    arguments: [
      (("usb-1", "A", "0"), true, true), (("usb-2", "A", "0"), false, true),
      (("usb-1", "B", "0"), false, false),
      (("usb-2", "B", "0"), false, false), (("usb-2", "", "0"), false, false),
      (("usb-1", "A", "1"), false, false),
    ] as [((String, String, String), Bool, Bool)])
  func identities(
    other: (bus: String, serial: String, index: String), atSamePlace: Bool, withSameSerial: Bool
  ) {
    let camera = CameraIdentity(card: "Eye", bus: "usb-1", index: "0", serial: "A")
    let found = CameraIdentity(card: "Eye", bus: other.bus, index: other.index, serial: other.serial)
    #expect(camera.isAtSamePlace(as: found) == atSamePlace)
    #expect(camera.hasSameSerial(as: found) == withSameSerial)
  }

  @Test("without a serial number only the port tells a camera from another of the same model")
  func twins() {
    let camera = CameraIdentity(card: "Eye", bus: "usb-1", index: "0", serial: "")
    let twin = CameraIdentity(card: "Eye", bus: "usb-2", index: "0", serial: "")
    #expect(!camera.isAtSamePlace(as: twin) && !camera.hasSameSerial(as: twin))
    #expect(camera.isAtSamePlace(as: CameraIdentity(card: "Eye", bus: "usb-1", index: "0", serial: "A")))
  }

  @Test(
    "a control takes the values of its range and steps, and no others",
    arguments: [(10, true), (250, true), (255, false), (9, false), (5_010, false), (-1, false)])
  func controlRanges(value: Int, isAllowed: Bool) {
    let range = ControlRange(minimum: 10, maximum: 5_000, step: 10)
    #expect(range.contains(value) == isAllowed)
    #expect(range.description == "10 to 5000 in steps of 10")
  }

  @Test(
    "sizes are read from text as they are written",
    arguments: [
      ("640x360", true), ("640", false), ("640x", false), ("x", false), ("0x0", false), ("1x2x3", false),
    ])
  func sizes(text: String, isSize: Bool) {
    #expect((ImageSize(text) != nil) == isSize)
    #expect(ImageSize(text).map { $0.description == text } != false)
  }

  @Test("an offer can be restricted to a size that it contains")
  func limits() {
    let wanted = ImageSize(width: 640, height: 360)
    let other = ImageSize(width: 320, height: 180)
    let step = ImageSize(width: 2, height: 2)
    for (sizes, expected) in [
      (.discrete([other, wanted]), [wanted]), (.discrete([other]), []), (.unknown, [wanted]),
      (.range(minimum: other, maximum: wanted, step: step), [wanted]),
      (.range(minimum: wanted, maximum: wanted, step: ImageSize(width: 0, height: 0)), [wanted]),
      (.range(minimum: ImageSize(width: 1, height: 2), maximum: wanted, step: step), []),
    ] as [(OfferedSizes, [ImageSize])] {
      #expect(
        OfferedFormat(pixelFormat: .yuyv, sizes: sizes).limited(to: wanted).sizes == .discrete(expected))
    }
    #expect(OfferedFormat(pixelFormat: .yuyv, sizes: .unknown).limited(to: nil).sizes == .unknown)
  }
}
