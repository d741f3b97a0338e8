import AVGCore
import AVGLearning
import AVGNetwork
import AVGTasks
import AVGTraining
import Foundation
import Testing

@testable import avg_vision

/// The files in configs/.
@Suite("Configuration files")
struct ConfigurationFileTests {
  static let folder = URL(filePath: #filePath).appending(path: "../../../configs").standardized.path

  static var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.sorted()
  }

  private func load(_ file: String) throws -> ExperimentConfiguration {
    try StrictYAML.load(ExperimentConfiguration(), path: Self.folder + "/" + file)
  }

  @Test("the three experiments are there")
  func areThere() {
    #expect(
      Set(Self.files).isSuperset(of: ["create-reacher.yaml", "published-avg.yaml", "visual-reacher.yaml"]))
  }

  @Test("every file loads", arguments: files)
  func loads(file: String) throws {
    let configuration = try load(file)
    let dumped = try StrictYAML.dump(configuration)
    #expect(try StrictYAML.load(ExperimentConfiguration(), from: dumped, file: file) == configuration)
  }

  @Test("visual-reacher.yaml is the built-in configuration, key by key, with a comment above each")
  func visualReacher() throws {
    let defaults = ExperimentConfiguration()
    #expect(try load("visual-reacher.yaml") == defaults)
    let lines = try String(contentsOfFile: Self.folder + "/visual-reacher.yaml", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    func keys(_ lines: [String]) -> [String] {
      lines.filter { !$0.contains("#") }.map { String($0.prefix { $0 != ":" }) }
    }
    #expect(keys(lines) == keys(try StrictYAML.dump(defaults).split(separator: "\n").map(String.init)))
    // Items of the one list are explained together.
    func isItem(_ line: String) -> Bool { line.hasPrefix("    - ") || line.hasPrefix("      ") }
    for (above, line) in zip(lines, lines.dropFirst())
    where line.hasPrefix("  ") && !line.contains("#") && !isItem(line) {
      #expect(above.contains("  # "), "\(line)")
    }
  }

  @Test("published-avg.yaml leaves out what was added to the published algorithm")
  func published() throws {
    let agent = try load("published-avg.yaml").agent
    #expect(agent.normalizerClip == 0 && agent.normalizerHorizon == 0 && agent.rewardScale == 1)
    #expect(agent.encoderSharing == .separate && agent.firstMomentDecay == 0)
    #expect(agent.convolutions.map(\.stride) == [2, 2, 2, 1])
  }

  @Test("jetson-nano.yaml acts first and has an encoder of less than a quarter of ReLoD's operations")
  func jetsonNano() throws {
    let configuration = try load("jetson-nano.yaml")
    #expect(configuration.training.order == .actThenLearn)
    #expect(configuration.agent.encoderSharing == .shared)
    func operations(_ convolutions: [ConvolutionShape]) -> Int {
      Encoder(
        name: "encoder", convolutions: convolutions, rectifiesLast: false, frameCount: 3,
        frameShape: .standard
      ).forwardOperations
    }
    let relod = [2, 2, 2, 1].map { ConvolutionShape(channels: 32, kernelSize: 3, stride: $0) }
    #expect(operations(relod) == 39_124_224)
    #expect(4 * operations(configuration.agent.convolutions) < operations(relod))
  }

  @Test("create-reacher.yaml differs from the built-in configuration in wheel speed and checkpoints alone")
  func createReacher() throws {
    var expected = ExperimentConfiguration()
    expected.task.maximumWheelSpeedMillimetersPerSecond = 150
    expected.training.checkpointIntervalSteps = 2000
    #expect(try load("create-reacher.yaml") == expected)
  }
}
