import AVGLearning
import Foundation
import Testing

/// Wrong command lines and configurations: one line that says what and what to do, and a status that is not 0.
@Suite("Wrong use")
struct WrongUseTests {
  private let folder: TemporaryFolder

  /// FOLDER in the arguments and in the message stands for a folder that has these files.
  init() throws {
    folder = try TemporaryFolder()
    try folder.write("agent:\n  discont: 0.9\n", to: "unknown-key.yaml")
    try folder.write("agent:\n  discount: high\n", to: "wrong-type.yaml")
    try folder.write("agent:\n  discount: 1.5\n", to: "out-of-range.yaml")
    try folder.write("agent: [\n", to: "no-yaml.yaml")
    try folder.write("- 1\n- 2\n", to: "list.yaml")
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
    var says: String
    var description: String { "avg-vision " + arguments.joined(separator: " ") }

    init(_ line: String, says: String) {
      arguments = line.isEmpty ? [] : line.components(separatedBy: " ")
      self.says = says
    }
  }

  @Test(
    "a command line that cannot be understood is refused with status 64",
    arguments: [
      Case("", says: "--camera"),
      Case("fly", says: "--camera"),
      Case("train --steps many", says: "many"),
      Case("train --steps 99999999999999999999", says: "99999999999999999999"),
      Case("train --seed=-1", says: "-1"),
      Case("train --fast", says: "--fast"),
      Case("train one.yaml two.yaml", says: "two.yaml"),
      Case("train --set", says: "--set"),
      Case("evaluate", says: "needs the folder"),
      Case("evaluate FOLDER --episodes 0", says: "--episodes"),
      Case("evaluate FOLDER --policy best", says: "best"),
      Case("evaluate FOLDER --actions bold", says: "bold"),
      Case("--camera /dev/null --steps 0", says: "--steps"),
      Case("--camera /dev/null --robot create9", says: "create9"),
    ])
  func usage(wrong: Case) throws {
    let result = try run(wrong)
    #expect(result.status == 64)
    #expect(result.errors.hasPrefix("Error: "))
    #expect(result.errors.firstMatch(of: /(?i)usage: avg-vision/) != nil)
  }

  @Test(
    "what cannot be done is refused with status 1 and one line",
    arguments: [
      Case("train FOLDER/none.yaml", says: "FOLDER/none.yaml"),
      Case("train FOLDER", says: "FOLDER: "),
      Case(
        "train FOLDER/unknown-key.yaml",
        says: "FOLDER/unknown-key.yaml:2:3: unknown key 'agent.discont'; did you mean 'agent.discount'?"),
      Case(
        "train FOLDER/wrong-type.yaml",
        says: "FOLDER/wrong-type.yaml:2:13: agent.discount: expected a number, found the text 'high'"),
      Case(
        "train FOLDER/out-of-range.yaml",
        says: "FOLDER/out-of-range.yaml:2:13: agent.discount: cannot be 1.5; give a number from 0.0 to 1.0"),
      Case("train FOLDER/no-yaml.yaml", says: "FOLDER/no-yaml.yaml:2:1: not YAML"),
      Case("train FOLDER/list.yaml", says: "FOLDER/list.yaml:1:1: expected keys and values, found a list"),
      Case("train --set nonsense", says: "--set nonsense: not of the form key=value"),
      Case("train --set agent.discount=nan", says: "agent.discount: expected a number"),
      Case("train --set agent.discount=", says: "agent.discount: expected a number"),
      Case("train --set agent.hiddenUnits=2.5", says: "agent.hiddenUnits: expected a whole number"),
      Case("train --set agent.encoderSharing=both", says: "agent.encoderSharing: cannot be both"),
      Case("train --set training.seed=-1", says: "training.seed: cannot be -1"),
      Case("train --set training.steps=99999999999999999999", says: "training.steps: cannot be 9999999"),
      Case("train --steps 0", says: "training.steps: cannot be 0"),
      Case("train --set agent.convolutions=[]", says: "agent.convolutions: cannot be empty"),
      Case(
        #"train --set agent.convolutions=[{"channels":8,"kernelSize":91,"stride":1}]"#,
        says: "agent.convolutions[0].kernelSize: cannot be 91; give a number from 1 to 90"),
      Case("train --set simulation.robotRadiusMillimeters=600", says: "simulation.robotRadiusMillimeters"),
      Case("train --set task.targetColor.maximumHue=20", says: "task.maximumHue"),
      Case("train --output FOLDER/full", says: "FOLDER/full: the folder holds files already"),
      Case("train --output FOLDER/full/thesis.txt/run", says: "FOLDER/full/thesis.txt"),
      Case("evaluate FOLDER/none", says: "FOLDER/none"),
      Case("evaluate FOLDER/full", says: "FOLDER/full/configuration.yaml"),
      Case(
        "evaluate FOLDER/no-checkpoint", says: "FOLDER/no-checkpoint/checkpoint.safetensors: cannot be read"),
      Case("evaluate FOLDER/damaged", says: "FOLDER/damaged/checkpoint.safetensors: not a whole checkpoint"),
      Case("evaluate FOLDER/foreign", says: "no checkpoint of avg-vision"),
      Case("--camera FOLDER/none", says: "FOLDER/none"),
      Case("--camera FOLDER", says: "FOLDER"),
      Case("--camera FOLDER/full/thesis.txt", says: "FOLDER/full/thesis.txt"),
      Case("--camera /dev/null", says: "/dev/null"),
      Case("--camera /dev/null --start-from FOLDER/none", says: "FOLDER/none/checkpoint.safetensors"),
      Case("--camera /dev/null --set camera.framesPerSecond=0", says: "camera.framesPerSecond"),
      Case("--camera /dev/null --config FOLDER/none.yaml", says: "FOLDER/none.yaml"),
    ])
  func failure(wrong: Case) throws {
    let result = try run(wrong)
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: "))
    #expect(
      result.errors.count(where: { $0 == "\n" }) == 1 && result.errors.hasSuffix("\n"), "\(result.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/full")
    #expect(files == ["thesis.txt"])
  }

  private func run(_ wrong: Case) throws -> BuiltProgram.Result {
    let result = try BuiltProgram.run(
      wrong.arguments.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) })
    #expect(result.output.isEmpty)
    let expected = wrong.says.replacingOccurrences(of: "FOLDER", with: folder.path)
    #expect(result.errors.contains(expected), "\(result.errors)")
    // Neither a trace nor the name of a type.
    #expect(
      result.errors.firstMatch(of: /Fatal error|Swift\.|\.swift|Optional\(|[a-z](Error|Key)\b|0x[0-9a-f]/)
        == nil)
    return result
  }
}
