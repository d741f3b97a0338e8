import AVGConfiguration
import AVGTraining
import Testing

@testable import AVGSweep

@Suite("Sweep configuration")
struct SweepConfigurationTests {
  @Test("settings, values of a number and worlds give the variants, in order")
  func listsVariants() throws {
    var sweep = SweepConfiguration()
    sweep.settings = [.init(name: "a", overrides: []), .init(name: "b", overrides: ["agent.discount=0.9"])]
    sweep.sensitivity.key = "agent.adamEpsilon"
    sweep.sensitivity.values = [1, 0.001]
    #expect(sweep.variants.map(\.name) == ["a", "b", "adamEpsilon-1", "adamEpsilon-0.001"])
    #expect(sweep.variants[3].overrides == ["agent.adamEpsilon=0.001"])
    #expect(sweep.variants.map(\.value) == [nil, nil, 1, 0.001])
    sweep.trainingWorlds = ["../worlds/light.yaml", "../worlds/jpeg.yaml"]
    #expect(sweep.variants.map(\.name) == ["a-in-light", "b-in-light", "a-in-jpeg", "b-in-jpeg"])
    sweep.settings.removeLast()
    #expect(sweep.variants.map(\.name) == ["light", "jpeg"])
  }

  @Test(
    "what makes no sense is named",
    arguments: [
      ("seeds: []", "seeds"), ("seeds: [1, 1]", "seeds"), ("steps: 0", "steps"), ("marks: [0]", "marks"),
      ("settings: [{name: a/b, overrides: []}]", "settings"),
      ("settings: [{name: a, overrides: []}, {name: a, overrides: []}]", "settings"),
      ("sensitivity: {key: agent.discount}", "sensitivity"),
    ])
  func validates(text: String, key: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      _ = try StrictYAML.load(SweepConfiguration(), from: text, file: "sweep.yaml")
    }
    #expect(error?.description.hasPrefix("sweep.yaml:1:") == true)
    #expect(error?.description.contains(": \(key): cannot be ") == true)
  }
}
