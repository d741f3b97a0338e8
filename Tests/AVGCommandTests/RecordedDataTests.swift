import AVGTestSupport
import Foundation
import Testing

/// The logs in `datasets/logs`, of the simulated body and of real kernel drivers.
@Suite("Recorded data sets")
struct RecordedDataTests {
  private static let logs = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "datasets/logs").path

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a log is whole, and replays to the same steps and the same end",
    arguments: [
      ("simulated-body", 12, "foxglove.RawImage"), ("vivid", 12, "foxglove.RawImage"),
      ("usb-camera", 20, "foxglove.CompressedImage"),
    ])
  func replays(name: String, steps: Int, images: String) throws {
    let path = Self.logs + "/\(name).mcap"
    let info = try BuiltProgram.run("log", "info", path)
    #expect(info.status == 0 && info.output.contains("closed, all checksums match"), "\(info.errors)")
    #expect(info.output.contains(images))
    let replay = try BuiltProgram.run("replay", path)
    #expect(replay.status == 0, "\(replay.errors)")
    #expect(
      replay.output.hasPrefix("steps             \(steps): actions, rewards and TD errors equal to the bit"))
    #expect(!replay.output.contains("none in the log"))
  }

  @Test("a log of a real driver serves as the camera", arguments: ["vivid", "usb-camera"])
  func camera(name: String) throws {
    let result = try BuiltProgram.run(
      "--camera", Self.logs + "/\(name).mcap", "--config", Self.logs + "/tiny.yaml", "--output",
      folder.path + "/run")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("of /camera used"))
  }

  @Test("the logs are small: 3 MB in all")
  func size() throws {
    let sizes = try FileManager.default.contentsOfDirectory(atPath: Self.logs).map {
      try FileManager.default.attributesOfItem(atPath: Self.logs + "/" + $0)[.size] as? Int ?? 0
    }
    #expect(sizes.reduce(0, +) < 3_000_000)
  }
}
