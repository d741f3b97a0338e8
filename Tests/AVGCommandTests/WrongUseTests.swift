import AVGLearning
import Foundation
import Testing

/// Wrong command lines and configurations: what and where it is, what to do, and a status that is not 0.
///
/// `wrong-use.txt` has them all: a command line, its status, and its message to the letter. FOLDER stands for a folder
/// that has the files made here.
@Suite("Wrong use")
struct WrongUseTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (name, text) in [
      ("unknown-key", "task:\n  targetColor:\n    minimumHew: 3\n"),
      ("wrong-type", "agent:\n  discount: high\n"),
      ("wrong-truth", "agent:\n  normalizesObservations: maybe\n"),
      ("out-of-range", "agent:\n  discount: 1.5\n"),
      ("two-mistakes", "agent:\n  discount: high\ntraining:\n  steps: few\n"), ("no-yaml", "agent: [\n"),
      ("tab", "agent:\n\tdiscount: 0.9\n"), ("list", "- 1\n- 2\n"),
      ("twice", "agent:\n  discount: 0.9\n  discount: 0.8\n"), ("scalar", "agent: 3\n"),
      ("missing-item", "agent:\n  convolutions:\n    - channels: 8\n      kernelSize: 3\n"),
      ("hue", "task:\n  targetColor:\n    maximumHue: 20\n"), ("name", "agent:\n  encoderSharing: both\n"),
    ] {
      try folder.write(text, to: name + ".yaml")
    }
    try folder.write("robot:\n  longestRetreatSeconds: 0.5\n", to: "robot.yaml")
    try folder.write("robot:\n  speedLimit: 200\n", to: "robot-key.yaml")
    try folder.write("mine", to: "full/thesis.txt")
    try folder.write("", to: "no-checkpoint/configuration.yaml")
    try folder.write("", to: "damaged/configuration.yaml")
    try folder.write(String(repeating: "x", count: 100), to: "damaged/checkpoint.safetensors")
    try folder.write("", to: "foreign/configuration.yaml")
    var foreign = Safetensors()
    foreign.set("weight", [1, 2] as [Float], shape: [2])
    try folder.write(foreign.encoded(), to: "foreign/checkpoint.safetensors")
  }

  struct Case: CustomStringConvertible, Sendable {
    var arguments: [String]
    var status: Int32
    var message: String
    var description: String { "avg-vision " + arguments.joined(separator: " ") }
  }

  /// The cases of `wrong-use.txt`: blocks of `$ avg-vision …`, the status, and the message.
  static let cases: [Case] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "wrong-use.txt").path
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "\n\n").compactMap { block in
      let lines = block.split(separator: "\n").map(String.init)
      guard lines.count >= 3, let status = Int32(lines[1]) else { return nil }
      return Case(
        arguments: lines[0].components(separatedBy: " ").dropFirst(2).map { $0 }, status: status,
        message: lines.dropFirst(2).joined(separator: "\n"))
    }
  }()

  @Test("there are sixty cases and more, of both kinds")
  func count() {
    #expect(Self.cases.count >= 60)
    #expect(Self.cases.count { $0.status == 64 } >= 20 && Self.cases.count { $0.status == 1 } >= 40)
  }

  @Test("a wrong command line or configuration is refused in these words", arguments: cases)
  func refuses(wrong: Case) throws {
    let result = try BuiltProgram.run(
      wrong.arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) })
    #expect(result.status == wrong.status)
    #expect(result.output.isEmpty)
    let errors = result.errors.replacingOccurrences(of: folder.path, with: "FOLDER")
    // After a wrong command line, the usage follows.
    let message = wrong.status == 64 ? String(errors.prefix { $0 != "\n" }) : String(errors.dropLast())
    #expect(message == wrong.message)
    #expect(errors.hasSuffix("\n") && (wrong.status == 1 || errors.contains(/(?i)usage: avg-vision/)))
    // Neither a trace nor the name of a type.
    #expect(!errors.contains(/Fatal error|Swift\.|\.swift|Optional\(|[a-z](Error|Key)\b|\b0x[0-9a-f]/))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/full")
    #expect(files == ["thesis.txt"])
  }
}
