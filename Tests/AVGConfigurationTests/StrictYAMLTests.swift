import AVGCore
import AVGSystem
import AVGTestSupport
import Testing

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

@Suite("Strict YAML")
struct StrictYAMLTests {
  private func load(_ text: String, overrides: [String] = []) throws -> Fixture {
    try StrictYAML.load(
      Fixture(), from: text, file: "f.yaml", overrides: overrides.map { ConfigurationOverride($0) })
  }

  /// The words of the error that a text or an option must lead to.
  private func words(_ text: String, overrides: [String] = []) -> String {
    do throws(ConfigurationError) {
      _ = try StrictYAML.load(
        Fixture(), from: text, file: "f.yaml", overrides: overrides.map { ConfigurationOverride($0) })
      return "accepted"
    } catch {
      return error.description
    }
  }

  @Test(
    "a wrong file is refused with the place, the fault and the remedy",
    arguments: [
      (
        "seed: 2\nagent:\n  discont: 0.9",
        "f.yaml:3:3: unknown key 'agent.discont'; did you mean 'agent.discount'? "
          + "Keys here: discount, actorLearningRate, encoder, layers, hidden"
      ),
      (
        "discount: 0.9",
        "f.yaml:1:1: unknown key 'discount'; did you mean 'agent.discount'? "
          + "Keys here: name, seed, horizon, isLearning, scales, tags, length, start, agent"
      ),
      (
        "name: a\nzzz: 1",
        "f.yaml:2:1: unknown key 'zzz'. Keys here: name, seed, horizon, isLearning, scales, tags, length, start, agent"
      ),
      (
        "agent:\n  layers:\n    - {channels: 8, stride: 2}\n    - {channels: 8, strid: 2}",
        "f.yaml:4:7: agent.layers[1]: the key 'stride' is missing\n"
          + "f.yaml:4:21: unknown key 'agent.layers[1].strid'; did you mean 'agent.layers[1].stride'? "
          + "Keys here: channels, stride"
      ),
      ("agent:\n  discount: high", "f.yaml:2:13: agent.discount: expected a number, found the text 'high'"),
      (
        "agent: {discount: \"0.9\"}",
        "f.yaml:1:19: agent.discount: expected a number, found the text '0.9'"
      ),
      ("agent:\n  discount: .nan", "f.yaml:2:13: agent.discount: expected a number, found the text '.nan'"),
      ("agent:\n  discount: inf", "f.yaml:2:13: agent.discount: expected a number, found the text 'inf'"),
      ("agent:\n  discount: 1e999", "f.yaml:2:13: agent.discount: expected a number, found the text '1e999'"),
      ("agent:\n  discount: 0x1p3", "f.yaml:2:13: agent.discount: expected a number, found the text '0x1p3'"),
      ("agent:\n  discount:", "f.yaml:2:12: agent.discount: expected a number, found nothing"),
      (
        "agent:\n  discount: 1e-60",
        "f.yaml:2:13: agent.discount: cannot be 1e-60: in 32 bits, which numbers are computed in, that is 0.0; "
          + "give 0, or a number whose magnitude lies from 1e-45 to 3.4028235e+38"
      ),
      (
        "scales: [0.5, -1e39]",
        "f.yaml:1:15: scales[1]: cannot be -1e39: in 32 bits, which numbers are computed in, that is -inf; "
          + "give 0, or a number whose magnitude lies from 1e-45 to 3.4028235e+38"
      ),
      (
        "agent:\n  discount: 1.5", "f.yaml:2:13: agent.discount: cannot be 1.5; give a number from 0.0 to 1.0"
      ),
      (
        "agent:\n  discount: -1\n  hidden: [1, 0]",
        "f.yaml:2:13: agent.discount: cannot be -1.0; give a number from 0.0 to 1.0\n"
          + "f.yaml:3:11: agent.hidden: cannot be [1, 0]; give positive numbers"
      ),
      (
        "agent:\n  layers: [{channels: 65, stride: 1}]",
        "f.yaml:2:23: agent.layers[0].channels: cannot be 65; give a number from 1 to 64"
      ),
      (
        "seeds: 3\nseed: -1",
        "f.yaml:1:1: unknown key 'seeds'; did you mean 'seed'? "
          + "Keys here: name, seed, horizon, isLearning, scales, tags, length, start, agent"
      ),
      (
        "start: {farthest: 1.5}", "f.yaml:1:19: start.farthest: cannot be 1.5; give a number from 0.1 to 1.0"
      ),
      (
        "start:\n  farthest: 0.05",
        "f.yaml:2:13: start.farthest: cannot be 0.05; give a number from 0.1 to 1.0"
      ),
      // A bound that hangs on a wrong key tells nothing.
      ("length: 0.5", "f.yaml:1:9: length: cannot be 0.5; give a number from 1.0 to 20.0"),
      (
        "name: a\nhorizon: -1",
        "f.yaml:2:10: horizon: cannot be -1; give a positive number to learn"
      ),
      ("agent:\n  encoder: none", "f.yaml:2:12: agent.encoder: cannot be none; give shared, separate"),
      ("agent: 3", "f.yaml:1:8: agent: expected keys and values, found the whole number 3"),
      ("agent:\n  hidden: 256", "f.yaml:2:11: agent.hidden: expected a list, found the whole number 256"),
      (
        "agent:\n  hidden: [256, 2.5]",
        "f.yaml:2:17: agent.hidden[1]: expected a whole number, found the number 2.5"
      ),
      ("seed: 1e4", "f.yaml:1:7: seed: expected a whole number, found the number 1e4"),
      ("seed: -1", "f.yaml:1:7: seed: cannot be -1; give a whole number from 0 to 18446744073709551615"),
      (
        "seed: 99999999999999999999",
        "f.yaml:1:7: seed: cannot be 99999999999999999999; give a whole number from 0 to 18446744073709551615"
      ),
      (
        "horizon: 9223372036854775808",
        "f.yaml:1:10: horizon: cannot be 9223372036854775808; "
          + "give a whole number from -9223372036854775808 to 9223372036854775807"
      ),
      ("isLearning: yes", "f.yaml:1:13: isLearning: expected true or false, found the text 'yes'"),
      ("isLearning: 1", "f.yaml:1:13: isLearning: expected true or false, found the whole number 1"),
      ("name: 5", "f.yaml:1:7: name: expected text, found the whole number 5; put it in quotes"),
      ("name: true", "f.yaml:1:7: name: expected text, found true; put it in quotes"),
      ("name: [a]", "f.yaml:1:7: name: expected text, found a list; put it in quotes"),
      ("name: {a: b}", "f.yaml:1:7: name: expected text, found keys and values; put it in quotes"),
      ("- a", "f.yaml:1:1: expected keys and values, found a list"),
      (
        "reacher",
        "f.yaml:1:1: expected keys and values, found the text 'reacher'; put ': ' between a key and its value"
      ),
      ("seed: 1\nseed: 2", "f.yaml:2:1: not YAML: the key 'seed' stands there twice; leave one out"),
      (
        "seed: [1",
        "f.yaml:2:1: not YAML: the list that begins with '[' in line 1, column 7, lacks a ',' or its ']'"
      ),
      ("a: b: c", "f.yaml:1:5: not YAML: a second ': ' in one line; put a value that has one in quotes"),
      ("\tseed: 1", "f.yaml:1:1: not YAML: a tab stands where the line is indented; replace it by spaces"),
    ])
  func refuses(text: String, expected: String) {
    #expect(words(text) == expected)
  }

  @Test(
    "a wrong option is refused by its name",
    arguments: [
      ("seed", "--set seed: not of the form key=value"),
      ("=1", "--set =1: not of the form key=value"),
      (
        "agent.discount=1.5",
        "--set agent.discount=1.5: agent.discount: cannot be 1.5; give a number from 0.0 to 1.0"
      ),
      ("agent.discount=", "--set agent.discount=: agent.discount: expected a number, found nothing"),
      ("seed.x=1", "--set seed.x=1: seed: expected a whole number, found keys and values"),
      (
        "sed=1",
        "--set sed=1: unknown key 'sed'; did you mean 'seed'? "
          + "Keys here: name, seed, horizon, isLearning, scales, tags, length, start, agent"
      ),
      (
        "agent.hidden=[1, 0]",
        "--set agent.hidden=[1, 0]: agent.hidden: cannot be [1, 0]; give positive numbers"
      ),
    ])
  func refusesOptions(option: String, expected: String) {
    #expect(words("seed: 3", overrides: [option]) == expected)
  }

  @Test("a file that cannot be read is named")
  func namesMissingFiles() {
    let error = #expect(throws: ConfigurationError.self) {
      _ = try StrictYAML.load(Fixture(), path: "/nowhere/f.yaml")
    }
    #expect(
      error?.description
        == "/nowhere/f.yaml: cannot open the file: No such file or directory. Check that the folder exists.")
  }

  @Test("a file that is no text, or too large, is named for what it is, and none of its bytes is shown")
  func refusesOtherFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/f"
    for (bytes, found) in [
      ([0x7F, 0x45, 0x4C, 0x46, 2, 1], "a program"), (Array("x: \u{0}".utf8), "a file of binary data"),
      ([0x61, 0xFF, 0x62], "no text in UTF-8"),
      ([UInt8](repeating: 0x20, count: ConfigurationFile.greatestSize + 1), "larger than any configuration"),
    ] as [([UInt8], String)] {
      try AtomicFile.write(bytes, to: path)
      let error = #expect(throws: ConfigurationError.self) {
        _ = try StrictYAML.load(Fixture(), path: path)
      }
      #expect(
        error?.description
          == "\(path): no configuration: it is \(found). Name a YAML file, as those in configs/.")
    }
    #expect(folder.names == ["f"])
    // It never ends.
    #expect(throws: ConfigurationError.self) { _ = try StrictYAML.load(Fixture(), path: "/dev/zero") }
  }

  @Test(
    "what a file holds is shown without what would move a terminal's cursor, and cut",
    arguments: [
      ("seed: \"\\e[2Jx\"", "the text '\\u{1B}[2Jx'"), ("seed: \"\\u202Ex\"", "the text '\\u{202E}x'"),
      (
        "seed: " + String(repeating: "x", count: 200), "the text '" + String(repeating: "x", count: 80) + "…'"
      ),
    ])
  func shows(text: String, found: String) {
    #expect(words(text) == "f.yaml:1:7: seed: expected a whole number, found \(found)")
  }

  @Test("another program's name, or another style, leads to the key that is here")
  func translates() {
    for (word, keys) in [
      ("is_learning", ["isLearning"]), ("actor-learning-rate", ["agent.actorLearningRate"]),
      ("learning_rate", ["agent.actorLearningRate"]), ("Seed", ["seed"]), ("gamma", nil),
    ] {
      #expect(StrictYAML.hint(for: word, in: Fixture()) == keys.map { .meant($0) }, "\(word)")
    }
  }

  @Test("an empty file leaves the defaults", arguments: ["", "# nothing\n", "{}"])
  func keepsDefaults(text: String) throws {
    #expect(try load(text) == Fixture())
  }

  @Test("what the file gives wins over the defaults, and an option over the file")
  func overrides() throws {
    let text = """
      # A comment, and a whole number where any number may stand.
      name: "5"
      agent: {discount: 1, encoder: separate, hidden: [7], layers: [{stride: 3, channels: 4}]}
      tags: [a, 'b c']
      """
    var expected = Fixture()
    expected.name = "5"
    expected.agent.discount = 0.97
    expected.agent.encoder = .separate
    expected.agent.hidden = [7]
    expected.agent.layers = [.init(channels: 4, stride: 3)]
    expected.tags = ["a", "b c"]
    expected.seed = .max
    let loaded = try load(text, overrides: ["agent.discount=0.97", "seed=18446744073709551615"])
    #expect(loaded == expected)
  }

  @Test(
    "numbers come back to the last bit, from a file and from what is written",
    arguments: [
      0.1, 1.0 / 3, 1.5e-45, 3.4028234663852886e38, 3e-05, 0.30000000000000004, -0.0, 100,
    ])
  func numbersAreExact(number: Double) throws {
    #expect(try load("scales: [\(number)]").scales.map(\.bitPattern) == [number.bitPattern])
    var fixture = Fixture()
    fixture.scales = [number]
    let back = try load(StrictYAML.dump(fixture))
    #expect(back == fixture)
    #expect(back.scales.first?.bitPattern == number.bitPattern)
  }

  @Test(
    "every number that is written is one to readers of YAML 1.1 too, which want a point before an exponent and its sign",
    arguments: [1e-5, 2.5e-7, 1e16, 1e300, -3e-9, 1e-300, 0.0001, 12, -0.0])
  func numbersOfTheOldYAML(number: Double) throws {
    var fixture = Fixture()
    fixture.scales = [number]
    let text = StrictYAML.dump(fixture)
    // PyYAML's pattern for a float, in decimal digits.
    let float = /[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)/
    let line = try #require(text.split(separator: "\n").first { $0.contains("scales: [") })
    let written = line.drop { $0 != ":" }.dropFirst(2).filter { !"[]".contains($0) }
    #expect(try float.wholeMatch(in: written) != nil, "\(line)")
  }

  @Test("two configurations differ in the keys whose values differ, a list being one value")
  func differences() throws {
    var new = Fixture()
    new.agent.discount = 0.5
    new.agent.layers[1].stride = 3
    let found = StrictYAML.differences(from: Fixture(), to: new)
    #expect(found.map(\.key) == ["agent.discount", "agent.layers"])
    #expect(found.first?.description == "agent.discount is 0.5, not 0.99")
    #expect(StrictYAML.differences(from: new, to: new).isEmpty)
  }

  @Test("the resolved configuration has every key, in the order of declaration")
  func dumps() throws {
    #expect(
      StrictYAML.dump(Fixture()) == """
        name: reacher
        seed: 1
        horizon: 20
        isLearning: true
        scales: [0.1, 1.0]
        tags: []
        length: 2.0
        start:
          nearest: 0.1
          farthest: 0.5
        agent:
          discount: 0.99
          actorLearningRate: 3.0e-05
          encoder: shared
          layers:
            - channels: 32
              stride: 2
            - channels: 16
              stride: 1
          hidden: [256, 256]

        """)
  }

  @Test("a file of all keys has a comment above each: what it sets, its default, and what may be given")
  func comments() throws {
    let page = KeyPage(Fixture())
    #expect(
      try page.yaml() == """
        # What it is called. reacher; text
        name: reacher
        # What chance is drawn from. 1; a whole number from 0 to 18446744073709551615
        seed: 1
        # How far it looks. 20; a whole number from -9223372036854775808 to 9223372036854775807
        horizon: 20
        # Whether it learns. true; true, false
        isLearning: true
        # Numbers. [0.1, 1.0]; a list
        scales: [0.1, 1.0]
        # Words. []; a list
        tags: []
        # The length of the pen. 2 m; 1 … 20
        length: 2.0

        # Where it begins.
        start:
          # The least distance. 0.1 m; 0 … 1
          nearest: 0.1
          # The greatest distance. 0.5 m; nearest … length − 1
          farthest: 0.5

        # Who learns.
        agent:
          # What a later reward is worth. 0.99; 0 … 1
          discount: 0.99
          # A step size. 3.0e-05; 0 … discount
          actorLearningRate: 3.0e-05
          # Whose encoder it is. shared; one of
          #   shared    One for all.
          #   separate  Each its own.
          encoder: shared
          # The layers. The items below; a list, each with
          #   channels  Outputs. 1 … 64
          #   stride    Pixels between outputs. 1 … 8
          layers:
            - channels: 32
              stride: 2
            - channels: 16
              stride: 1
          # Hidden units. [256, 256]; positive numbers
          hidden: [256, 256]

        """)
    #expect(try load(page.yaml()) == Fixture())
  }

  @Test("a key or a section alone stands below the names above it")
  func parts() throws {
    let page = KeyPage(Fixture())
    #expect(
      try page.yaml(of: "start.nearest") == """
        # Where it begins.
        start:
          # The least distance. 0.1 m; 0 … 1
          nearest: 0.1

        """)
    #expect(try page.yaml(of: "start").hasSuffix("\n  farthest: 0.5\n"))
    let error = #expect(throws: ConfigurationError.self) { try page.yaml(of: "agent.discont") }
    #expect(
      error?.description
        == "keys: unknown key 'agent.discont'; did you mean 'agent.discount'? "
        + "Keys here: discount, actorLearningRate, encoder, layers, hidden")
  }

  @Test("the page of keys has a table for each section")
  func tables() {
    let page = KeyPage(Fixture()).markdown()
    for line in [
      "| key | default | allowed | meaning |\n|---|---|---|---|\n| `name` | `reacher` | text | What it is called. |",
      "## start\n\nWhere it begins.\n\n| key |", "## agent\n\nWho learns.\n",
      "| `farthest` | `0.5 m` | nearest … length − 1 | The greatest distance. |",
      "| `encoder` | `shared` | one of these | Whose encoder it is.<br>`shared`: One for all.<br>`separate`: Each its own. |",
    ] { #expect(page.contains(line), "\(line)") }
  }

  @Test("one parsed file can be laid over several defaults")
  func isParsedOnce() throws {
    let file = ConfigurationFile(text: "seed: 5", name: "f.yaml")
    var other = Fixture()
    other.name = "mover"
    #expect(try file.read(over: other, ["horizon=3"]).horizon == 3)
    let read = try file.read(over: other)
    #expect(read.name == "mover" && read.seed == 5 && read.horizon == 20)
  }

  @Test(
    "any text comes back as it was",
    arguments: [
      "", "yes", "5", "1e5", "~", "null", "a: b", "# no", " x ", "it's \"so\"\\", "a\nb\tc\r", "ä–→😀",
      "/dev/video0",
      "- a", "[x]", "\u{2028}\u{85}\u{7F}", "true", "-", "a#b", "0x10", "1:30",
    ])
  func textsComeBack(text: String) throws {
    var fixture = Fixture()
    fixture.name = text
    fixture.tags = [text, "b"]
    #expect(try load(StrictYAML.dump(fixture)) == fixture)
  }

  @Test("the nearest key is found by the letters that differ")
  func distances() {
    #expect(editDistance("discount", "discont") == 1)
    #expect(editDistance("trian", "train") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "") == 3)
  }
}
