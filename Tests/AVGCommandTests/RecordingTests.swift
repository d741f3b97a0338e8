import AVGLearning
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

@Suite("Recording and replaying")
struct RecordingTests {
  private let folder: TemporaryFolder
  /// Episodes of 30 steps and a small network: many ends and starts, and a small file.
  private let settings = ["--set", "task.timeLimitSteps=30", "--set", "agent.hiddenUnits=16"]

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String]) throws -> BuiltProgram.Result {
    try BuiltProgram.run(arguments.map { $0.replacing("FOLDER", with: folder.path) })
  }

  @discardableResult
  private func succeed(_ arguments: String...) throws -> BuiltProgram.Result {
    let result = try run(arguments)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    return result
  }

  /// Trains and records `name`.mcap.
  private func record(_ name: String, steps: Int = 70, _ more: [String] = []) throws {
    let result = try run(
      ["train"] + settings + more
        + ["--steps", "\(steps)", "--output", "FOLDER/\(name)", "--record", "FOLDER/\(name).mcap"])
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test(
    "a recorded run replays to the same steps and the same final checkpoint, to the byte",
    arguments: [
      [], ["--set", "training.order=actThenLearn"], ["--task", "create-mover"],
      ["--task", "visual-ur-reacher-2"],
      ["--set", "simulation.droppedFrameShare=0.2", "--set", "simulation.cameraFramesPerSecond=20"],
    ])
  func replays(more: [String]) throws {
    try record("run", more)
    let replay = try succeed("replay", "FOLDER/run.mcap", "--checkpoint", "FOLDER/end.safetensors")
    #expect(
      replay.output.contains("equal to the bit") && replay.output.contains("final checkpoint  identical"))
    #expect(try folder.data("end.safetensors") == folder.data("run/checkpoint.safetensors"))
  }

  @Test("recording changes nothing, and a resumed run can be recorded from where it goes on")
  func resumed() throws {
    try record("whole")
    let plain = try run(["train"] + settings + ["--steps", "70", "--output", "FOLDER/plain"])
    #expect(plain.status == 0)
    try record("run", steps: 40)
    try succeed("train", "--resume", "FOLDER/run", "--steps", "70", "--record", "FOLDER/rest.mcap")
    for name in ["plain", "run"] {
      #expect(
        try folder.data(name + "/checkpoint.safetensors") == folder.data("whole/checkpoint.safetensors"))
    }
    let replay = try succeed("replay", "FOLDER/rest.mcap")
    #expect(replay.output.contains("steps             30:"))
  }

  @Test("a log of JPEG images is small, changes nothing, is never called exact, and can be learned from")
  func quality() throws {
    try record("whole")
    try record("small", ["--record-quality", "85"])
    #expect(
      try folder.data("small/checkpoint.safetensors") == folder.data("whole/checkpoint.safetensors"))
    func frameBytes(_ name: String) throws -> Int {
      try folder.data(name + ".mcap").count - 2 * folder.data(name + "/checkpoint.safetensors").count
    }
    #expect(try frameBytes("small") * 5 < frameBytes("whole"))
    #expect(try succeed("log", "info", "FOLDER/small.mcap").output.contains("foxglove.CompressedImage"))
    let replay = try run(["replay", "FOLDER/small.mcap"])
    #expect(replay.status == 1 && replay.errors.contains("quality 85"), "\(replay.errors)")
    #expect(replay.errors.contains("--learn") && !replay.output.contains("equal"))
    try succeed("replay", "FOLDER/small.mcap", "--learn", "--output", "FOLDER/learned")
    for arguments in [["--record-quality", "0", "--record", "x.mcap"], ["--record-quality", "85"]] {
      #expect(try run(["train", "--steps", "5"] + arguments).status == 64)
    }
  }

  @Test("how large a log becomes is said before it begins", arguments: [[], ["--record-quality", "85"]])
  func size(more: [String]) throws {
    let result = try run(
      ["train"] + settings + more + [
        "--steps", "200", "--output", "FOLDER/run", "--record", "FOLDER/run.mcap",
      ])
    let line = try #require(result.errors.split(separator: "\n").first { $0.hasPrefix("recording ") })
    let words = line.split(separator: " ")
    let unit = try #require(words.firstIndex { $0 == "kB" })
    let expected = try #require(Double(words[unit - 1])) * 1000
    let bytes =
      try folder.data("run.mcap").count - 2 * folder.data("run/checkpoint.safetensors").count
    #expect((0.75...1.25).contains(Double(bytes) / 200 / expected), "\(line), \(bytes) bytes")
    #expect(line.contains("for 200 steps"))
  }

  @Test("where images are lost, a log of the simulated world keeps that world's time")
  func worldTime() throws {
    try record("run", ["--set", "simulation.droppedFrameShare=0.3"])
    let info = try succeed("log", "info", "FOLDER/run.mcap").output
    let row = try #require(info.split(separator: "\n").first { $0.hasPrefix("duration") })
    let seconds = try #require(row.split(separator: " ").dropFirst().first.flatMap { Double($0) })
    #expect((3.0...8.0).contains(seconds) && !info.contains("jumps"), "\(info)")
  }

  @Test("what the agent saw of a file is saved beside the file's own images")
  func savesFrames() throws {
    try record("run", ["--record-quality", "85"])
    let result = try succeed(
      "--camera", "FOLDER/run.mcap", "--steps", "10", "--save-frames", "FOLDER/seen", "--output",
      "FOLDER/again")
    #expect(result.output.contains("used"))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/seen")
    #expect(names.count { $0.hasSuffix(".ppm") } >= 10)
    #expect(names.count { $0.hasSuffix(".jpg") } == names.count { $0.hasSuffix(".ppm") })
    #expect(try folder.data("seen/000000.jpg").starts(with: [0xFF, 0xD8]))
    let picture = try folder.data("seen/000000.ppm")
    #expect(picture.starts(with: Data("P6\n160 90\n255\n".utf8)) && picture.count == 14 + 43_200)
  }

  @Test("the first difference is named by step and channel")
  func differs() throws {
    try record("run")
    // A run of another seed with the first one's beginning: its weights are not those that acted.
    try record("other", ["--seed", "9"])
    let bytes = try folder.data("run.mcap")
    let (start, otherStart) = (try startingCheckpoint("run"), try startingCheckpoint("other"))
    var file = try Safetensors(start, name: "")
    file.tensors["actor.mu.bias"] = try Safetensors(otherStart, name: "").tensors["actor.mu.weight"].map {
      tensor in
      var bias = tensor
      bias.shape = [2]
      bias.bytes = Array(tensor.bytes.prefix(8))
      return bias
    }
    let changed = try file.encodedWithChecksum()
    #expect(changed.count == start.count)
    guard let place = bytes.range(of: start) else {
      Issue.record("the log holds no starting checkpoint")
      return
    }
    var forged = bytes
    forged.replaceSubrange(place, with: changed)
    // Without the attachment's and the file's checksums, which would tell first.
    forged.replaceSubrange(place.upperBound..<place.upperBound + 4, with: [0, 0, 0, 0])
    try folder.write(Self.withoutDataChecksum(forged), to: "forged.mcap")
    let replay = try run(["replay", "FOLDER/forged.mcap"])
    #expect(replay.status == 1)
    #expect(replay.errors.contains("differs at step 1, /action chosen[0]: recorded "), "\(replay.errors)")
  }

  private func startingCheckpoint(_ name: String) throws -> Data {
    let bytes = try folder.data(name + ".mcap")
    // Behind the attachment's media type stands the length of its data.
    guard let type = bytes.range(of: Data("application/octet-stream".utf8)) else { return Data() }
    let length = bytes[type.upperBound..<type.upperBound + 8].enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    return bytes[type.upperBound + 8..<type.upperBound + 8 + length]
  }

  /// The log with a data section that claims no checksum, as the format allows.
  private static func withoutDataChecksum(_ log: Data) -> Data {
    var log = log
    let mark = Data([0x0F, 4, 0, 0, 0, 0, 0, 0, 0])
    if let end = log.range(of: mark, options: .backwards) {
      log.replaceSubrange(end.upperBound..<end.upperBound + 4, with: [0, 0, 0, 0])
    }
    return log
  }

  @Test("a log that was cut off replays as far as it goes, says so, and can be repaired")
  func cutOff() throws {
    try record("run")
    let whole = try folder.data("run.mcap")
    try folder.write(whole.prefix(whole.count / 2), to: "cut.mcap")
    let replay = try succeed("replay", "FOLDER/cut.mcap")
    #expect(replay.errors.contains("cut off at byte") && replay.output.contains("equal to the bit"))
    let info = try succeed("log", "info", "FOLDER/cut.mcap")
    #expect(info.output.contains("cut off at byte"))
    try succeed("log", "repair", "FOLDER/cut.mcap")
    let repaired = try succeed("log", "info", "FOLDER/cut.mcap")
    #expect(repaired.output.contains("closed, all checksums match"))
    try succeed("replay", "FOLDER/cut.mcap")
    let damaged =
      whole.prefix(whole.count / 2) + [whole[whole.count / 2] ^ 1]
      + whole.suffix(whole.count - whole.count / 2 - 1)
    try folder.write(Data(damaged), to: "damaged.mcap")
    let refused = try run(["log", "info", "FOLDER/damaged.mcap"])
    #expect(refused.status == 1 && refused.errors.contains("damaged at byte"), "\(refused.errors)")
  }

  @Test("a run that is killed leaves a log that opens")
  func killed() throws {
    let program = try BuiltProgram(
      starting: ["train"] + settings + [
        "--steps", "1000000", "--set", "training.checkpointIntervalSteps=50", "--output",
        folder.path + "/run",
        "--record", folder.path + "/run.mcap",
      ])
    while program.process.isRunning, !folder.holds("run/checkpoint-previous-1.safetensors") {
      Thread.sleep(forTimeInterval: 0.01)
    }
    kill(program.process.processIdentifier, SIGKILL)
    _ = try program.finish()
    let replay = try succeed("replay", "FOLDER/run.mcap")
    #expect(replay.output.contains("equal to the bit"))
  }

  @Test("a log can be learned from with another configuration")
  func learns() throws {
    try record("run", steps: 100)
    let result = try succeed(
      "replay", "FOLDER/run.mcap", "--learn", "--set", "agent.discount=0.9", "--output", "FOLDER/learned")
    #expect(result.output == folder.path + "/learned\n")
    #expect(try folder.text("learned/configuration.yaml").contains("discount: 0.9\n"))
    let lengths = try folder.text("learned/episodes.csv").split(separator: "\n").dropFirst().map {
      Int($0.split(separator: ",")[2]) ?? 0
    }
    #expect(lengths.reduce(0, +) == 100)
    let (learned, recorded) = (
      try Safetensors(folder.data("learned/checkpoint.safetensors"), name: ""),
      try Safetensors(folder.data("run/checkpoint.safetensors"), name: "")
    )
    #expect(learned.tensors["actor.mu.weight"]?.bytes != recorded.tensors["actor.mu.weight"]?.bytes)
    try succeed(
      "replay", "FOLDER/run.mcap", "--learn", "--start-from", "FOLDER/run", "--output", "FOLDER/further")
  }

  @Test("a log serves as the camera, and what was seen and done there can be recorded and replayed too")
  func camera() throws {
    try record("run")
    let seen = try succeed(
      "--camera", "FOLDER/run.mcap", "--record", "FOLDER/seen.mcap", "--output", "FOLDER/seen")
    #expect(seen.output.contains("of /camera used"))
    try succeed("replay", "FOLDER/seen.mcap")
    let twin = try succeed("--camera", "FOLDER/run.mcap", "--output", "FOLDER/twin")
    #expect(twin.status == 0)
    #expect(
      try folder.data("twin/checkpoint.safetensors") == folder.data("seen/checkpoint.safetensors"))
    try succeed(
      "--camera", "FOLDER/run.mcap", "--no-learn", "--start-from", "FOLDER/run", "--config",
      "FOLDER/run/configuration.yaml", "--record", "FOLDER/acted.mcap", "--output", "FOLDER/acted")
    try succeed("replay", "FOLDER/acted.mcap")
  }

  @Test("a log's images and steps come out as files")
  func exports() throws {
    try record("run", steps: 40)
    try succeed(
      "log", "export", "FOLDER/run.mcap", "--output", "FOLDER/files", "--format", "png", "--format", "jpeg",
      "--format", "csv", "--format", "avi")
    let table = try folder.text("files/steps.csv").split(separator: "\n")
    #expect(table.count == 41 && table[0].hasPrefix("time,step,episode,"))
    #expect(Set(table.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
    // Two starts and forty steps, or more where a start was drawn again.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/files/frames")
    let count = names.count { $0.hasSuffix(".png") }
    #expect(count >= 42 && names.count { $0.hasSuffix(".jpg") } == count)
    #expect(try folder.data("files/frames/000000.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let film = try folder.data("files/film.avi")
    #expect(film.starts(with: Data("RIFF".utf8)) && film[8..<12] == Data("AVI ".utf8))
    #expect(Int(film[4]) | Int(film[5]) << 8 | Int(film[6]) << 16 | Int(film[7]) << 24 == film.count - 8)
  }

  @Test("what is wrong with a log is said in one line")
  func refusals() throws {
    try folder.write("no log", to: "text.mcap")
    for arguments in [
      ["replay", "FOLDER/text.mcap"], ["log", "info", "FOLDER/text.mcap"],
      ["log", "repair", "FOLDER/text.mcap"],
      ["replay", "FOLDER/nowhere.mcap"], ["--camera", "FOLDER/text.mcap", "--output", "FOLDER/x"],
    ] {
      let result = try run(arguments)
      #expect(result.status == 1, "\(arguments)")
      #expect(result.errors.hasPrefix("error: ") && result.errors.contains(".mcap: "), "\(result.errors)")
    }
    #expect(try run(["replay", "FOLDER/text.mcap", "--config", "x.yaml"]).status == 64)
    try record("run", steps: 20)
    let again = try run(["train", "--steps", "20", "--output", "FOLDER/again", "--record", "FOLDER/run.mcap"])
    #expect(again.status == 1 && again.errors.contains("File exists"), "\(again.errors)")
  }
}
