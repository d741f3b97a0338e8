import Testing

@testable import AVGConfiguration

@Suite("Strict YAML: what values come to")
struct ValueTests {
  @Test("an empty file leaves the defaults", arguments: ["", "# nothing\n", "{}"])
  func keepsDefaults(text: String) throws {
    #expect(try Fixture.load(text) == Fixture())
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
    let loaded = try Fixture.load(text, overrides: ["agent.discount=0.97", "seed=18446744073709551615"])
    #expect(loaded == expected)
  }

  @Test(
    "numbers come back to the last bit, from a file and from what is written",
    arguments: [
      0.1, 1.0 / 3, 1.5e-45, 3.4028234663852886e38, 3e-05, 0.30000000000000004, -0.0, 100,
    ])
  func numbersAreExact(number: Double) throws {
    #expect(try Fixture.load("scales: [\(number)]").scales.map(\.bitPattern) == [number.bitPattern])
    var fixture = Fixture()
    fixture.scales = [number]
    let back = try Fixture.load(StrictYAML.dump(fixture))
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
    #expect(try Fixture.load(StrictYAML.dump(fixture)) == fixture)
  }
}
