import AVGCore
import AVGGymnasium
import Testing

@Suite("An environment of somebody else's")
struct GymnasiumEnvironmentTests {
  private let vector = EnvironmentDescription(
    observationSpace: .box(.float32, [2]), actionSpace: .box(.float32, [2]))

  private func settings(_ change: (inout GymnasiumSettings) -> Void = { _ in }) -> GymnasiumSettings {
    var settings = GymnasiumSettings()
    settings.id = "Test-v0"
    change(&settings)
    return settings
  }

  private func result(
    _ first: Float, reward: Double = 0, _ flags: EnvironmentMessage.ResultFlags = []
  ) -> (result: StepResult, observation: [UInt8]) {
    (StepResult(reward: reward, flags: flags), [first, 0].padded)
  }

  @Test(
    "the first episode begins with the seed, those that follow go on with the environment's random numbers")
  func seeds() throws {
    let journal = LinkJournal()
    var environment = try GymnasiumEnvironment(
      ScriptedLink(vector, [result(0)], journal), settings(), seed: 7)
    var observation = environment.makeObservation()
    try environment.reset(into: &observation)
    try environment.reset(into: &observation)
    #expect(journal.questions == ["reset 7", "reset"])
  }

  @Test("an environment whose starts differ for one seed is found out")
  func repetition() throws {
    for (script, repeats) in [([result(1)], true), ([result(1), result(2)], false)] {
      var environment = try GymnasiumEnvironment(ScriptedLink(vector, script), settings(), seed: 3)
      let isRepeated = try environment.repeatsStarts()
      #expect(isRepeated == repeats)
    }
  }

  @Test(
    "a time limit cuts an episode off, or ends its task, as the settings have it",
    arguments: GymnasiumSettings.TimeLimit.allCases)
  func timeLimit(_ timeLimit: GymnasiumSettings.TimeLimit) throws {
    let script = [
      result(0), result(1, reward: 2, .truncated), result(0), result(1, .terminated), result(0),
      result(1, [.terminated, .truncated, .success]),
    ]
    var environment = try GymnasiumEnvironment(
      ScriptedLink(vector, script), settings { $0.timeLimit = timeLimit }, seed: 1)
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    var outcomes: [Outcome] = []
    for _ in 0..<3 {
      try environment.reset(into: &current)
      outcomes.append(try environment.step([0, 0], from: current, into: &next))
    }
    let terminates = timeLimit == .terminates
    #expect(outcomes[0] == Outcome(reward: 2, terminated: terminates, truncated: !terminates))
    #expect(outcomes[1] == Outcome(reward: 0, terminated: true))
    #expect(outcomes[2] == Outcome(reward: 0, terminated: true, reachedGoal: true))
  }

  @Test("an action that is under way is not sent again after a pause, and its answer is let go by a reset")
  func pauses() throws {
    let journal = LinkJournal()
    var environment = try GymnasiumEnvironment(
      ScriptedLink(vector, [result(1), result(2), result(3), result(4)], journal), settings(), seed: 1)
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    try environment.begin([0.5, -0.5])
    try environment.stop()
    try environment.begin([0.5, -0.5])
    #expect(journal.questions == ["reset 1", "step", "stop"])
    #expect(journal.actions == [[Float(0.5), -0.5].padded])
    _ = try environment.finish(from: current, into: &next)
    #expect(next.proprioception[0] == 2)
    try environment.begin([0, 0])
    try environment.reset(into: &current)
    #expect(current.proprioception[0] == 4)
  }

  @Test("single frames are stacked here, those that come stacked are taken as they are")
  func frames() throws {
    func image(_ value: UInt8) -> (result: StepResult, observation: [UInt8]) {
      (StepResult(reward: 0), [UInt8](repeating: value, count: 24))
    }
    let single = EnvironmentDescription(
      observationSpace: .box(.uint8, [2, 4, 3], low: 0, high: 255), actionSpace: .box(.float32, [1]))
    var environment = try GymnasiumEnvironment(
      ScriptedLink(single, [image(1), image(2), image(3)]), settings { $0.frameAxes = "HWC" }, seed: 1)
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    #expect(current.frames.map { $0.pixels[0] } == [1, 1, 1])
    _ = try environment.step([0], from: current, into: &next)
    #expect(next.frames.map { $0.pixels[0] } == [1, 1, 2])
    _ = try environment.step([0], from: next, into: &current)
    #expect(current.frames.map { $0.pixels[0] } == [1, 2, 3])

    let stacked = EnvironmentDescription(
      observationSpace: .box(.uint8, [2, 2, 2, 3], low: 0, high: 255), actionSpace: .box(.float32, [1]))
    let pair = (StepResult(reward: 0), [UInt8](repeating: 5, count: 12) + [UInt8](repeating: 6, count: 12))
    var other = try GymnasiumEnvironment(ScriptedLink(stacked, [pair]), settings(), seed: 1)
    var observation = other.makeObservation()
    try other.reset(into: &observation)
    #expect(observation.frames.map { $0.pixels[0] } == [5, 6])
  }

  @Test(
    "a reward that is not finite, and an episode that begins with its end, end the run with the environment's name"
  )
  func impossibleResults() throws {
    for (script, words) in [
      ([result(0), result(0, reward: .nan)], "its reward is not finite: nan"),
      ([result(0), result(0, reward: 1e300)], "its reward is not finite: 1e+300"),
      ([result(0, .terminated)], "began with its end"),
    ] {
      var environment = try GymnasiumEnvironment(ScriptedLink(vector, script), settings(), seed: 1)
      var current = environment.makeObservation()
      var next = environment.makeObservation()
      let error = #expect(throws: GymnasiumError.self) {
        try environment.reset(into: &current)
        _ = try environment.step([0, 0], from: current, into: &next)
      }
      #expect(error?.description.contains("Test-v0") == true)
      #expect(error?.description.contains(words) == true)
    }
  }

  @Test("measures, capture times, missed cycles and steps without sight are those of the environment")
  func realTime() throws {
    var description = vector
    description.pace = .environment
    description.periodNanoseconds = 40_000_000
    description.measures = [DescribedMeasure(name: "distance", unit: "millimeters", symbol: "mm")]
    let script = [
      result(0),
      (StepResult(reward: 1, captured: 5, missedCycles: 2, flags: .stale), [Float(1), 0].padded),
    ]
    var environment = try GymnasiumEnvironment(ScriptedLink(description, script), settings(), seed: 1)
    let (isReal, specification) = (environment.isReal, environment.specification)
    #expect(isReal)
    #expect(specification.controlPeriod == .milliseconds(40))
    #expect(specification.measures.map(\.key) == ["distanceMillimeters"])
    var current = environment.makeObservation()
    var next = environment.makeObservation()
    try environment.reset(into: &current)
    let outcome = try environment.step([0, 0], from: current, into: &next)
    #expect(outcome == Outcome(reward: 1, missedCycles: 2, isStale: true))
    let measurements = environment.measurements
    #expect(measurements == [2])
  }
}
