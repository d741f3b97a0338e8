import Testing

@testable import AVGConfiguration

@Suite("Configurations as text: files, keys, their page")
struct KeyPageTests {
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
    #expect(try Fixture.load(page.yaml()) == Fixture())
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
}
