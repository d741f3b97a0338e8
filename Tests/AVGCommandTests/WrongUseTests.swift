import AVGExperiment
import AVGConfiguration
import AVGLearning
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

@testable import avg_vision

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
    for (name, text) in Self.confusedFiles { try folder.write(text, to: name + ".yaml") }
    for (name, start) in [
      ("program", [0x7F, 0x45, 0x4C, 0x46]), ("picture.png", [0x89, 0x50, 0x4E, 0x47]),
      ("log.mcap", [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]), ("zeros.yaml", []),
      ("wide.yaml", [0xFF, 0xFE]),
      ("latin.yaml", Array("# Schl\u{fc}ssel".unicodeScalars.map { UInt8($0.value) })),
    ] as [(String, [UInt8])] {
      try folder.write(Data(start + (name == "latin.yaml" ? [] : [UInt8](repeating: 0, count: 50))), to: name)
    }
    try folder.write("robot:\n  longestRetreatSeconds: 0.5\n", to: "robot.yaml")
    try folder.write("robot:\n  speedLimit: 200\n", to: "robot-key.yaml")
    try folder.write("task:\n  kind: ur-reacher-2\n", to: "arm/configuration.yaml")
    try folder.write("gymnasium:\n  id: Pendulum-v1\n", to: "hosted/configuration.yaml")
    try folder.write("title: Study\nsteps: 10\nseeds: [1]\nmarks: [10]\n", to: "study.yaml")
    try folder.write("mine", to: "full/thesis.txt")
    try folder.write("", to: "no-checkpoint/configuration.yaml")
    try folder.write("", to: "damaged/configuration.yaml")
    try folder.write(String(repeating: "x", count: 100), to: "damaged/checkpoint.safetensors")
    try folder.write("", to: "short/configuration.yaml")
    try folder.write("step,episode,length,return,success\n", to: "short/episodes.csv")
    try folder.write("", to: "foreign/configuration.yaml")
    var foreign = Safetensors()
    foreign.set("weight", [1, 2] as [Float], shape: [2])
    try folder.write(foreign.encoded(), to: "foreign/checkpoint.safetensors")
  }

  /// What people get wrong in YAML.
  private static let confusedFiles = [
    ("later-tab", "agent:\n  discount: 0.9\n  \thiddenUnits: 64\n"),
    ("further", "agent:\n  discount: 0.9\n   hiddenUnits: 64\n"),
    ("nearer", "agent:\n   discount: 0.9\n  hiddenUnits: 64\n"),
    ("no-colon", "agent:\n  discount 0.9\n  hiddenUnits: 64\n"), ("no-space", "agent:\n  discount:0.9\n"),
    ("two-colons", "agent: discount: 0.9\n"), ("open-quote", "agent:\n  encoderSharing: \"shared\n"),
    ("open-list", "agent:\n  convolutions: [1, 2\n"), ("open-braces", "agent: {discount: 0.9\n"),
    ("at-sign", "agent:\n  encoderSharing: @shared\n"), ("backslash", "camera:\n  format: \"C:\\data\"\n"),
    ("alias", "agent:\n  discount: *gamma\n"), ("two-documents", "agent:\n  discount: 0.9\n---\ntask:\n"),
    ("items", "agent:\n  convolutions:\n    - channels: 8\n   - channels: 8\n"),
    ("bell", "agent:\n  discount: \u{07}\n"), ("coloured", "agent:\n  discount: \"\\e[31mred\"\n"),
    ("long", "agent:\n  discount: " + String(repeating: "x", count: 10000) + "\n"), ("percent", "%agent\n"),
    ("foreign", "agent:\n  batch_size: 32\n  learning_rate: 0.1\n"), ("list-line", "agent: - 1\n"),
  ]

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

  @Test("there are two hundred cases and more, of both kinds")
  func count() {
    #expect(Self.cases.count >= 200)
    #expect(Self.cases.count { $0.status == 64 } >= 80 && Self.cases.count { $0.status == 1 } >= 80)
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
    #expect(errors.hasSuffix("\n") && errors.hasPrefix("error: "))
    if wrong.status == 64 { #expect(errors.contains("\nUsage: avg-vision\(usedCommand(wrong))")) }
    // Nothing that moves a terminal's cursor.
    #expect(!errors.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    // Neither a trace nor the name of a type.
    #expect(!errors.contains(/Fatal error|Swift\.|\.swift|Optional\(|[a-z](Error|Key)\b|\b0x[0-9a-f]/))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/full")
    #expect(files == ["thesis.txt"])
  }

  /// The command whose usage answers a wrong command line, with a space before it; nothing for the whole program.
  private func usedCommand(_ wrong: Case) -> String {
    if wrong.message.hasPrefix("error: Unknown command") { return " " }
    guard let first = wrong.arguments.first, !first.hasPrefix("-") else { return " run" }
    return first == "log" ? " log" : " " + first
  }

  @Test("every key that another program's name is translated to exists, and every name is written plainly")
  func foreignNames() throws {
    let keys = StrictYAML.dump(ExperimentConfiguration())
    for (name, meaning) in ExperimentConfiguration.foreignNames {
      #expect(KeyHint.plain(name) == name)
      guard case .keys(let translations) = meaning else { continue }
      for key in translations {
        let last = try #require(key.split(separator: ".").last)
        let first = try #require(key.split(separator: ".").first)
        #expect(keys.contains(" \(last):") && keys.contains("\(first):"), "\(key)")
      }
    }
  }
}
