import Foundation
import Testing

@testable import AVGCamera

/// The sysfs files of v4l2loopback devices; `camera-vm camera-kinds` checks the same with the real driver.
@Suite("Devices that other programs write to")
struct LoopDeviceTests {
  @Test(
    "a device awaits its writer if it is v4l2loopback's and has no format yet",
    arguments: [
      (["max_openers": "10\n", "format": ""], true),
      (["max_openers": "10\n", "format": "YUYV:640x360@30\n"], false),
      (["name": "Eye\n"], false), (["format": ""], false), (["max_openers": "10\n"], false), ([:], false),
    ] as [([String: String], Bool)])
  func awaits(files: [String: String], awaits: Bool) throws {
    let entry = FileManager.default.temporaryDirectory.appending(path: "avg-vision-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: entry, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: entry) }
    for (name, text) in files {
      try text.write(to: entry.appending(path: name), atomically: false, encoding: .utf8)
    }
    #expect(VideoDevice.awaitsWriter(sysfsEntry: entry.path) == awaits)
  }

  @Test("a camera whose device is gone has been unplugged")
  func absence() {
    #expect(VideoDevice.absence(at: "/dev/none") == .unplugged(device: "/dev/none"))
    #expect(VideoDevice.absence(at: "/dev/null") == .unplugged(device: "/dev/null"))
  }
}
