import AVGExperiment
import AVGGymnasium
import AVGConfiguration
import AVGCore
import AVGCreate2
import AVGImaging
import AVGLearning
import AVGNetwork
import AVGSimulation
import AVGSweep
import AVGTasks
import AVGTestSupport
import AVGTraining
import Foundation
import Testing

@testable import avg_vision

/// The files in configs/.
@Suite("Configuration files")
struct ConfigurationFileTests {
  static let folder = URL(filePath: #filePath).appending(path: "../../../configs").standardized.path

  static var files: [String] { files(in: "") }

  static func files(in place: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + place)) ?? [])
      .filter { $0.hasSuffix(".yaml") }.sorted().map { place + $0 }
  }

  /// Configurations of harder worlds.
  static let worlds = files(in: "worlds/") + ["domain-randomization.yaml"]

  private func load(_ file: String) throws -> ExperimentConfiguration {
    try ExperimentConfiguration.load(Self.folder + "/" + file)
  }

  @Test("an experiment's file for each of five purposes is there")
  func areThere() {
    #expect(
      Set(Self.files).isSuperset(
        of: [
          "create-mover", "create-reacher", "jetson-nano", "published-avg", "visual-reacher",
          "without-rehearsal",
        ].map {
          $0 + ".yaml"
        }))
  }

  @Test("every file loads", arguments: files + files(in: "streaming/") + files(in: "batch/"))
  func loads(file: String) throws {
    let configuration = try load(file)
    let dumped = StrictYAML.dump(configuration)
    #expect(try StrictYAML.load(ExperimentConfiguration(), from: dumped, file: file) == configuration)
  }

  @Test(
    "every number of a file is one to readers of YAML 1.1 too",
    arguments: files + files(in: "worlds/") + files(in: "sweeps/") + files(in: "sweeps/streaming/")
      + files(in: "gymnasium/") + files(in: "streaming/") + files(in: "batch/"))
  func numbersAreNumbers(file: String) throws {
    let text = try String(contentsOfFile: Self.folder + "/" + file, encoding: .utf8)
    for line in text.split(separator: "\n") where !line.hasPrefix("title:") {
      // Values, alone or in a list; what stands after = is text.
      for word in line.prefix(while: { $0 != "#" }).split(whereSeparator: { " ,[]{}".contains($0) })
      where word.contains(/^[-+.]?[0-9]/) {
        #expect(
          word.wholeMatch(of: /[-+]?(0|[1-9][0-9]*)|[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?/) != nil, "\(line)")
      }
    }
  }

  @Test("every harder world differs from the default in its world alone", arguments: worlds)
  func worldsAreWorlds(file: String) throws {
    var configuration = try load(file)
    #expect(configuration.simulation != PenConfiguration())
    configuration.simulation = PenConfiguration()
    #expect(configuration == ExperimentConfiguration())
  }

  @Test("in no world does anything but the target pass for it", arguments: worlds)
  func worldsShowOneTarget(file: String) throws {
    let simulation = try load(file).simulation
    // The first body has a target, the second one has none and is the same otherwise.
    var bare = simulation
    bare.targetWidthMeters = 0
    // Fewer pixels show the same shares in less time.
    let shape = FrameShape(height: 45, width: 80)
    var world = try SimulatedBody(simulation, frameShape: shape, seed: 7)
    var empty = try SimulatedBody(bare, frameShape: shape, seed: 7)
    var (frame, senses) = (Frame(shape: shape), Create2Senses())
    var greatest = 0.0
    for _ in 0..<60 {
      _ = try world.reset()
      _ = try empty.reset()
      // Light that drifts has gone somewhere.
      for _ in 0..<20 { _ = try empty.awaitCycle() }
      if try empty.sense(into: &frame, &senses) == .fresh {
        #expect(ColorMask().area(in: frame) < 0.01)
      }
      if try world.sense(into: &frame, &senses) == .fresh {
        greatest = max(greatest, ColorMask().area(in: frame))
      }
    }
    // A camera that looks down sees little of the wall from a start.
    #expect(greatest > 0.03)
  }

  @Test("there is a world for each hardship")
  func worldsAreThere() {
    #expect(
      Set(Self.worlds).isSuperset(
        of: [
          "light", "other-green", "distractors", "camera-mount", "motor-lag-1", "motor-lag-2", "motor-lag-3",
          "wheel-slip", "dropped-frames", "jpeg", "fast-camera", "lag-light-drops",
        ].map { "worlds/\($0).yaml" }))
  }

  @Test(
    "visual-reacher.yaml is what 'avg-vision keys' prints, and docs/keys.md what 'avg-vision keys --page' does"
  )
  func generatedFiles() throws {
    let defaults = try BuiltProgram.run("keys")
    #expect(
      defaults.output == (try String(contentsOfFile: Self.folder + "/visual-reacher.yaml", encoding: .utf8)))
    #expect(try load("visual-reacher.yaml") == ExperimentConfiguration())
    let page = try BuiltProgram.run("keys", "--page")
    #expect(page.output == (try String(contentsOfFile: Self.folder + "/../docs/keys.md", encoding: .utf8)))
  }

  @Test("a study's keys are a study")
  func study() throws {
    let text = try BuiltProgram.run("keys", "--study").output
    #expect(try StrictYAML.load(SweepConfiguration(), from: text, file: "study") == SweepConfiguration())
  }

  @Test("every property of a configuration is a key by its own name, in the order of declaration")
  func everyPropertyIsAKey() {
    expectKeys(ExperimentConfiguration(), ExperimentConfiguration.parts, at: "experiment")
    expectKeys(SweepConfiguration(), SweepConfiguration.parts, at: "study")
  }

  private func expectKeys(_ value: Any, _ keys: [KeyDescription], at place: String) {
    let children = Array(Mirror(reflecting: value).children)
    #expect(children.map(\.label) == keys.map(\.name), "\(place)")
    for (child, key) in zip(children, keys) where !key.parts.isEmpty {
      // The first item of a list stands for all.
      let items = Mirror(reflecting: child.value)
      let part: Any? = items.displayStyle == .collection ? items.children.first?.value : child.value
      if let part { expectKeys(part, key.parts, at: key.name) }
    }
  }

  @Test("every key leads to the property of its name: what a file gives it is what the property then has")
  func keysLeadToTheirProperties() throws {
    func leaves(_ value: ConfigurationValue, _ path: [String] = []) -> [([String], ConfigurationValue)] {
      guard case .map(let entries) = value else { return [(path, value)] }
      return entries.flatMap { leaves($0.value, path + [$0.key]) }
    }
    func property(_ path: [String], of configuration: ExperimentConfiguration) throws -> any SettingValue {
      var value: Any = configuration
      for name in path {
        value = try #require(Mirror(reflecting: value).children.first { $0.label == name }?.value)
      }
      return try #require(value as? any SettingValue)
    }
    for (path, value) in leaves(ExperimentConfiguration().written) {
      let before = try property(path, of: ExperimentConfiguration())
      guard let other = Self.another(value), !(before is any SettingChoice) else { continue }
      let nested = path.reversed().reduce(other) { .map([.init(key: $1, value: $0)]) }
      #expect(
        try property(path, of: ExperimentConfiguration(nested)).written == other,
        "\(path.joined(separator: "."))")
    }
  }

  /// A value of the same kind; nil for a list.
  private static func another(_ value: ConfigurationValue) -> ConfigurationValue? {
    switch value {
    case .boolean(let value): .boolean(!value)
    case .integer: .integer("7")
    case .number: .number("0.77")
    case .text: .text("other")
    case .list, .map: nil
    }
  }

  @Test("a package's own configuration has the sections of every run, and keys beside them")
  func ownKeys() throws {
    struct Own: RunConfiguration {
      var training = TrainingSettings()
      var agent = AVGConfiguration()
      var turnsPerSecond = 0.5

      static let keys = runKeys + [Key("turnsPerSecond", \.turnsPerSecond, 0...1, "How fast it turns.")]
    }
    let own = try StrictYAML.load(Own(), from: "turnsPerSecond: 1\ntraining: {steps: 5}", file: "own.yaml")
    #expect(own.turnsPerSecond == 1 && own.training.steps == 5 && own.agent == AVGConfiguration())
    let error = #expect(throws: ConfigurationError.self) {
      _ = try StrictYAML.load(Own(), from: "turnsPerSecond: 2\nagent: {discount: 2}", file: "own.yaml")
    }
    #expect(
      error?.description == """
        own.yaml:2:19: agent.discount: cannot be 2.0; give a number from 0.0 to 1.0
        own.yaml:1:17: turnsPerSecond: cannot be 2.0; give a number from 0.0 to 1.0
        """)
  }

  @Test(
    "a published setting of each Gymnasium task loads, over the defaults of such an environment",
    arguments: files(in: "gymnasium/"))
  func gymnasium(file: String) throws {
    let experiment = try ExperimentConfiguration.load(Self.folder + "/" + file)
    #expect(experiment.gymnasium.isGiven)
    #expect(experiment.gymnasium.actions == .clip)
    #expect(
      (experiment.gymnasium.timeLimit == .terminates) == experiment.gymnasium.id.hasPrefix("dm_control/"))
    #expect(experiment.agent.excursionRate == 0 && experiment.agent.annealingSteps == 0)
    #expect(experiment.agent.normalizerHorizon == 0 && experiment.agent.rewardScale == 1)
    #expect(experiment.training.steps == 10_001_000)
  }

  @Test("half-cheetah.yaml has the step sizes that any environment has by default")
  func halfCheetah() throws {
    let published = try ExperimentConfiguration.load(Self.folder + "/gymnasium/half-cheetah.yaml")
    let chosen = try ExperimentConfiguration.load(nil, overrides: ["gymnasium.id=HalfCheetah-v4"])
    #expect(chosen.agent == published.agent)
  }

  @Test("create-mover.yaml is what --task create-mover chooses by itself")
  func createMover() throws {
    #expect(try load("create-mover.yaml") == ExperimentConfiguration(.createMover))
    let chosen = try ExperimentConfiguration.load(nil, overrides: ["task.kind=create-mover"])
    #expect(chosen == ExperimentConfiguration(.createMover))
    let changed = try ExperimentConfiguration.load(
      nil, overrides: ["task.kind=create-mover", "task.timeLimitSteps=5"])
    #expect(changed.task.timeLimitSteps == 5 && changed.task.controlPeriodSeconds == 0.15)
  }

  @Test(
    "the file of a task of the arm is what --task chooses by itself",
    arguments: [TaskConfiguration.Kind.urReacher2, .visualURReacher2])
  func arm(kind: TaskConfiguration.Kind) throws {
    #expect(try load(kind.rawValue + ".yaml") == ExperimentConfiguration(kind))
    let chosen = try ExperimentConfiguration.load(
      nil, overrides: [ConfigurationOverride("task.kind=\(kind.rawValue)", place: "--task")])
    #expect(chosen == ExperimentConfiguration(kind))
  }

  @Test("published-avg.yaml leaves out what was added to the published algorithm")
  func published() throws {
    let agent = try load("published-avg.yaml").agent
    #expect(agent.normalizerClip == 0 && agent.normalizerHorizon == 0 && agent.rewardScale == 1)
    #expect(agent.encoderSharing == .separate && agent.firstMomentDecay == 0)
    #expect(agent.convolutions.map(\.stride) == [2, 2, 2, 1])
    var plain = agent
    plain.explorePlainly()
    #expect(plain == agent)
  }

  @Test("jetson-nano.yaml acts first and has an encoder of less than a quarter of ReLoD's operations")
  func jetsonNano() throws {
    let configuration = try load("jetson-nano.yaml")
    #expect(configuration.training.order == .actThenLearn)
    #expect(configuration.agent.encoderSharing == .shared)
    func operations(_ convolutions: [ConvolutionShape]) -> Int {
      Encoder(
        name: "encoder", convolutions: convolutions, rectifiesLast: false, frames: FrameStack()
      ).forwardOperations
    }
    let relod = [2, 2, 2, 1].map { ConvolutionShape(channels: 32, kernelSize: 3, stride: $0) }
    #expect(operations(relod) == 39_124_224)
    #expect(4 * operations(configuration.agent.convolutions) < operations(relod))
  }

  @Test("a learner that cannot rehearse has no rehearsal by default, and is refused one that a file gives it")
  func rehearsalDefaults() throws {
    func load(_ file: String?, _ override: String) throws -> AVGConfiguration {
      let path = file.map { Self.folder + "/" + $0 }
      return try ExperimentConfiguration.load(
        path, overrides: [ConfigurationOverride(override, place: "--set")]
      ).agent
    }
    let usual = try load(nil, "agent.algorithm=avg")
    #expect(usual.rehearsal.transitions == 2000 && usual.traceDecay == 0.8)
    for override in ["agent.algorithm=iac", "agent.encoderSharing=separate", "agent.targetNetworkRate=0.1"] {
      let other = try load(nil, override)
      #expect(other.rehearsal.transitions == 0 && other.traceDecay == 0, "\(override)")
      #expect(throws: (any Error).self, "\(override)") { try load("visual-reacher.yaml", override) }
    }
    #expect(AVGConfiguration().rehearsal.transitions == 0)
    #expect(ExperimentConfiguration.hosted.agent.rehearsal.transitions == 0)
    #expect(ExperimentConfiguration.unrecorded.agent.rehearsal.transitions == 0)
  }

  @Test("create-reacher.yaml differs from the built-in one in wheel speed and checkpoints alone")
  func createReacher() throws {
    var expected = ExperimentConfiguration()
    expected.task.maximumWheelSpeedMillimetersPerSecond = 150
    expected.training.checkpointIntervalSteps = 2000
    #expect(try load("create-reacher.yaml") == expected)
  }
}
