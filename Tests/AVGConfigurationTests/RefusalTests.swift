import AVGCore
import AVGSystem
import AVGTestSupport
import Testing

@testable import AVGConfiguration

@Suite("Strict YAML: what is refused, and in which words")
struct RefusalTests {
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

  @Test("the nearest key is found by the letters that differ")
  func distances() {
    #expect(editDistance("discount", "discont") == 1)
    #expect(editDistance("trian", "train") == 1)
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "") == 3)
  }
}
