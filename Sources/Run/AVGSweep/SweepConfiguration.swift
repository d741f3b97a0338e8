public import AVGCore

/// A study of several settings over several seeds, as a file in `configs/sweeps/` gives it.
///
/// Files are named relative to the folder of the study's own file.
public struct SweepConfiguration: Codable, Hashable, Sendable {
  /// One way of doing it.
  public struct Setting: Codable, Hashable, Sendable {
    /// Its name, which is that of its folder too.
    public var name: String
    /// What it changes, as `key=value`.
    public var overrides: [String]

    /// Names a setting.
    public init(name: String, overrides: [String]) {
      self.name = name
      self.overrides = overrides
    }
  }

  /// A number that is tried at several values, each a setting of its own.
  public struct Sensitivity: Codable, Hashable, Sendable {
    /// The key of the number; empty for none.
    public var key = ""
    /// The values; texts that no number is made of belong into settings.
    public var values: [Double] = []

    /// Tries nothing.
    public init() {}
  }

  /// What the study is called in its figures.
  public var title = "Study"
  /// The configuration that every setting begins with; empty for the built-in one.
  public var configuration = ""
  /// Control steps of each run.
  public var steps = 60_000
  /// The seeds, fixed beforehand.
  public var seeds: [UInt64] = [101]
  /// Episodes that each run is evaluated over.
  public var evaluationEpisodes = 100
  /// Steps at which the success of the last hundred episodes is put down.
  public var marks: [Int] = []
  /// The settings.
  public var settings = [Setting(name: "default", overrides: [])]
  /// A number that is tried at several values.
  public var sensitivity = Sensitivity()
  /// Configurations in whose worlds every setting is trained; none leaves each in its own.
  public var trainingWorlds: [String] = []
  /// Configurations in whose worlds every run is evaluated besides its own.
  public var evaluationWorlds: [String] = []

  /// Makes a study of the built-in configuration with one seed.
  public init() {}

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

  /// Checks every key.
  public func validate() throws(InvalidSetting) {
    try InvalidSetting.check("steps", steps, in: 1...1_000_000_000)
    try InvalidSetting.check("evaluationEpisodes", evaluationEpisodes, in: 1...1_000_000)
    for mark in marks { try InvalidSetting.check("marks", mark, in: 1...1_000_000_000) }
    guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
      throw InvalidSetting(key: "seeds", value: "\(seeds)", allowed: "at least one seed, each once")
    }
    guard sensitivity.key.isEmpty == sensitivity.values.isEmpty else {
      throw InvalidSetting(
        key: "sensitivity", value: "key '\(sensitivity.key)' with \(sensitivity.values.count) values",
        allowed: "a key and its values, or neither")
    }
    let names = variants.map(\.name)
    for name in names where !Self.isFolderName(name) {
      throw InvalidSetting(
        key: "settings", value: "the name '\(name)'", allowed: "letters, digits, '.', '_', '=' and '-'")
    }
    guard !names.isEmpty, Set(names).count == names.count else {
      throw InvalidSetting(
        key: "settings", value: names.joined(separator: ", "), allowed: "at least one setting, each name once"
      )
    }
  }

  private static func isFolderName(_ name: String) -> Bool {
    guard let first = name.first, first.isASCII, first.isLetter || first.isNumber else { return false }
    return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._=-".contains($0)) }
  }
}
