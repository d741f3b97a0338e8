public import AVGCore

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
/// A study of several settings over several seeds, as a file in `configs/sweeps/` gives it; `keys` describes each property.
///
/// Files are named relative to the folder of the study's own file.
public struct SweepConfiguration: ConfigurationSection {
  /// One way of doing it.
  public struct Setting: ConfigurationSection {
    public var name = "default"
    public var overrides: [String] = []

    public init() {}

    public init(name: String, overrides: [String]) {
      self.name = name
      self.overrides = overrides
    }

    public static let keys: [Key<Self>] = [
      Key("name", \.name, "Its name, which is that of its folder too."),
      Key("overrides", \.overrides, "What it changes, as key=value."),
    ]
  }

  /// A number that is tried at several values, each a setting of its own.
  public struct Sensitivity: ConfigurationSection {
    public var key = ""
    public var values: [Double] = []

    public init() {}

    public static let keys: [Key<Self>] = [
      Key("key", \.key, "The key of the number; empty for none."),
      Key("values", \.values, "The values; what is not a number belongs in settings."),
    ]
  }

  public var title = "Study"
  public var configuration = ""
  public var steps = 60_000
  public var seeds: [UInt64] = [101]
  public var evaluationEpisodes = 100
  public var marks: [Int] = []
  public var settings = [Setting()]
  public var sensitivity = Sensitivity()
  public var trainingWorlds: [String] = []
  public var evaluationWorlds: [String] = []

  public init() {}

  public static let keys: [Key<Self>] = [
    Key("title", \.title, "The title of the study's figures."),
    Key(
      "configuration", \.configuration,
      "The configuration that every setting begins with; empty for the built-in one."),
    Key("steps", \.steps, 1...1_000_000_000, "Control steps of each run."),
    Key(
      "seeds", \.seeds, allowed: "at least one seed, each once",
      where: { !$0.isEmpty && Set($0).count == $0.count }, "The seeds, fixed beforehand."),
    Key(
      "evaluationEpisodes", \.evaluationEpisodes, 1...1_000_000, "Episodes that each run is evaluated over."),
    Key(
      "marks", \.marks, allowed: "numbers from 1 to 1000000000",
      where: { $0.allSatisfy((1...1_000_000_000).contains) },
      "Steps at which the success of the last hundred episodes is recorded."),
    Key("settings", \.settings, "The settings that are compared."),
    Key("sensitivity", \.sensitivity, "A number that is tried at several values, each a setting of its own."),
    Key(
      "trainingWorlds", \.trainingWorlds,
      "Configurations in whose worlds every setting is trained; none leaves each in its own."),
    Key(
      "evaluationWorlds", \.evaluationWorlds,
      "Configurations in whose worlds every run is evaluated besides its own."),
  ]

  public var contradiction: InvalidSetting? {
    guard sensitivity.key.isEmpty == sensitivity.values.isEmpty else {
      return InvalidSetting(
        key: "sensitivity", value: "key '\(sensitivity.key)' with \(sensitivity.values.count) values",
        allowed: "a key and its values, or neither")
    }
    let names = variants.map(\.name)
    if let name = names.first(where: { !Self.isFolderName($0) }) {
      return InvalidSetting(
        key: "settings", value: "the name '\(name)'", allowed: "letters, digits, '.', '_', '=' and '-'")
    }
    guard !names.isEmpty, Set(names).count == names.count else {
      return InvalidSetting(
        key: "settings", value: names.joined(separator: ", "), allowed: "at least one setting, each name once"
      )
    }
    return nil
  }

  /// One of the things that are compared: a setting, in its own world or in another.
  public struct Variant: Hashable, Sendable {
    /// The name of its folder.
    public var name: String
    /// What it changes, as `key=value`.
    public var overrides: [String]
    /// The configuration whose world it is trained in; nil for its own.
    public var world: String?
    /// The value of the number that is tried; nil for another setting.
    public var value: Double?
  }

  /// Everything that is compared, in order.
  public var variants: [Variant] {
    let tried = sensitivity.values.map { value in
      let text = "\(sensitivity.key)=\(Self.text(value))"
      return Variant(
        name: "\(Self.lastPart(sensitivity.key))-\(Self.text(value))", overrides: [text], value: value)
    }
    let named = settings.map { Variant(name: $0.name, overrides: $0.overrides) }
    guard !trainingWorlds.isEmpty else { return named + tried }
    return trainingWorlds.flatMap { world in
      named.map { setting in
        var setting = setting
        let place = Self.name(ofWorld: world)
        setting.name = settings.count == 1 ? place : "\(setting.name)-in-\(place)"
        setting.world = world
        return setting
      }
    }
  }

  /// What the world of a configuration is called: the file's name.
  public static func name(ofWorld path: String) -> String {
    let file = path.split(separator: "/").last ?? ""
    return String(file.split(separator: ".").first ?? file)
  }

  private static func lastPart(_ key: String) -> Substring { key.split(separator: ".").last ?? "" }

  /// The shortest digits that give back the number, without a fraction that is nothing.
  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
  }

  private static func isFolderName(_ name: String) -> Bool {
    guard let first = name.first, first.isASCII, first.isLetter || first.isNumber else { return false }
    return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._=-".contains($0)) }
  }
}
