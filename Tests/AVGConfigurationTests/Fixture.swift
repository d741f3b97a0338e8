import AVGCore

@testable import AVGConfiguration

/// A configuration with a value of each kind.
struct Fixture: ConfigurationSection {
  struct Agent: ConfigurationSection {
    enum Encoder: String, SettingChoice {
      case shared, separate

      var meaning: String { self == .shared ? "One for all." : "Each its own." }
    }

    var discount = 0.99
    var actorLearningRate = 3e-5
    var encoder = Encoder.shared
    var layers = [Layer(channels: 32, stride: 2), Layer(channels: 16, stride: 1)]
    var hidden = [256, 256]

    static let keys: [Key<Self>] = [
      Key("discount", \.discount, 0...1, "What a later reward is worth."),
      Key("actorLearningRate", \.actorLearningRate, from: 0, to: .of("discount", \.discount), "A step size."),
      Key("encoder", \.encoder, "Whose encoder it is."), Key("layers", \.layers, "The layers."),
      Key(
        "hidden", \.hidden, allowed: "positive numbers", where: { $0.allSatisfy { $0 > 0 } }, "Hidden units."),
    ]
  }

  struct Layer: ConfigurationSection {
    var channels = 1
    var stride = 1

    static let keys: [Key<Self>] = [
      Key("channels", \.channels, 1...64, "Outputs."),
      Key("stride", \.stride, 1...8, "Pixels between outputs."),
    ]
  }

  struct Start: Hashable {
    var nearest = 0.1
    var farthest = 0.5
  }

  var name = "reacher"
  var seed: UInt64 = 1
  var horizon = 20
  var isLearning = true
  var scales = [0.1, 1]
  var tags: [String] = []
  var length = 2.0
  var start = Start()
  var agent = Agent()

  static let keys: [Key<Self>] = [
    Key("name", \.name, "What it is called."), Key("seed", \.seed, "What chance is drawn from."),
    Key("horizon", \.horizon, "How far it looks."), Key("isLearning", \.isLearning, "Whether it learns."),
    Key("scales", \.scales, "Numbers."), Key("tags", \.tags, "Words."),
    Key("length", \.length, 1...20, unit: "m", "The length of the pen."),
    Key(
      "start", "Where it begins.",
      [
        Key("nearest", \.start.nearest, 0...1, unit: "m", "The least distance."),
        Key(
          "farthest", \.start.farthest, from: .of("nearest", \.start.nearest),
          to: .of("length − 1") { $0.length - 1 }, unit: "m", "The greatest distance."),
      ]),
    Key("agent", \.agent, "Who learns."),
  ]

  var contradiction: InvalidSetting? {
    guard isLearning, horizon < 1 else { return nil }
    return InvalidSetting(key: "horizon", value: "\(horizon)", allowed: "a positive number to learn")
  }
}

extension Fixture {
  /// What a text and options come to.
  static func load(_ text: String, overrides: [String] = []) throws -> Fixture {
    try StrictYAML.load(
      Fixture(), from: text, file: "f.yaml", overrides: overrides.map { ConfigurationOverride($0) })
  }
}
