import AVGCore
import Testing

@testable import AVGGymnasium

@Suite("What is taken of foreign observations and actions")
struct MappingTests {
  private func settings(_ change: (inout GymnasiumSettings) -> Void = { _ in }) -> GymnasiumSettings {
    var settings = GymnasiumSettings()
    settings.id = "Test-v0"
    change(&settings)
    return settings
  }

  private func observation(_ mapping: ObservationMapping) -> Observation {
    Observation(
      for: EnvironmentSpecification(frames: mapping.frames, signalCount: mapping.signalCount, actionCount: 1))
  }

  /// An image array of rows × columns, whose sample of frame n, row y, column x, channel c is 100n + 20y + 5x + c.
  private func image(_ axes: String, frames: Int, rows: Int, columns: Int, channels: Int) -> (
    shape: [Int], bytes: [UInt8]
  ) {
    let lengths: [Character: Int] = ["N": frames, "H": rows, "W": columns, "C": channels]
    let shape = axes.map { lengths[$0] ?? 0 }
    var bytes: [UInt8] = []
    for place in 0..<shape.reduce(1, *) {
      var rest = place
      var index: [Character: Int] = [:]
      for (letter, length) in zip(axes, shape).reversed() {
        index[letter] = rest % length
        rest /= length
      }
      let (n, y, x, c) = (index["N"] ?? 0, index["H"] ?? 0, index["W"] ?? 0, index["C"] ?? 0)
      bytes.append(UInt8(truncatingIfNeeded: 100 * n + 20 * y + 5 * x + c))
    }
    return (shape, bytes.padded)
  }

  @Test(
    "images are found in every order of axes",
    arguments: [
      ("HW", 1, 1), ("HWC", 1, 1), ("CHW", 1, 1), ("HWC", 1, 3), ("CHW", 1, 3), ("NHWC", 2, 3),
      ("NCHW", 2, 3),
      ("NHWC", 2, 1), ("NCHW", 2, 1),
    ])
  func axes(_ order: String, _ frames: Int, _ channels: Int) throws {
    let (rows, columns) = (5, 20)
    let (shape, bytes) = image(order, frames: frames, rows: rows, columns: columns, channels: channels)
    let mapping = try ObservationMapping(
      .box(.uint8, shape, low: 0, high: 255), settings { $0.frameStack = 1 })
    #expect(mapping.frames == FrameStack(count: frames, shape: FrameShape(height: rows, width: columns)))
    #expect(mapping.signalCount == 0)
    var observation = observation(mapping)
    try bytes.withUnsafeBytes { try mapping.read($0, into: &observation) }
    for n in 0..<frames {
      for (y, x) in [(0, 0), (4, 0), (1, 7), (4, 19)] {
        for color in 0..<3 {
          let expected = 100 * n + 20 * y + 5 * x + (channels == 3 ? color : 0)
          #expect(
            observation.frames[n].pixels[3 * (y * columns + x) + color] == UInt8(truncatingIfNeeded: expected)
          )
        }
      }
    }
  }

  @Test("frames stacked along the channels are taken apart, oldest first")
  func stackedChannels() throws {
    let colors = try ObservationMapping(.box(.uint8, [90, 160, 9], low: 0, high: 255), settings())
    #expect(colors.frames == FrameStack(count: 3, shape: FrameShape(height: 90, width: 160)))
    let grey = try ObservationMapping(.box(.uint8, [4, 84, 84], low: 0, high: 255), settings())
    #expect(grey.frames == FrameStack(count: 4, shape: FrameShape(height: 84, width: 84)))
    let told = try ObservationMapping(
      .box(.uint8, [84, 84, 3], low: 0, high: 255), settings { $0.frameChannels = 1 })
    #expect(told.frames == FrameStack(count: 3, shape: FrameShape(height: 84, width: 84)))

    let mapping = try ObservationMapping(
      .box(.uint8, [1, 2, 6], low: 0, high: 255), settings { $0.frameAxes = "HWC" })
    var observation = observation(mapping)
    try [UInt8](0..<16).withUnsafeBytes { try mapping.read($0, into: &observation) }
    #expect(observation.frames[0].pixels == [0, 1, 2, 6, 7, 8])
    #expect(observation.frames[1].pixels == [3, 4, 5, 9, 10, 11])
  }

  @Test("the parts of a Dict become frames and signals, in the order that the settings name")
  func dict() throws {
    let space = Space.dict([
      .init(name: "pixels", space: .box(.uint8, [4, 20, 3], low: 0, high: 255)),
      .init(name: "a", space: .box(.float64, [2])), .init(name: "b", space: .box(.int16, [])),
    ])
    let all = try ObservationMapping(space, settings())
    #expect(all.frames?.shape == FrameShape(height: 4, width: 20))
    #expect(all.signalCount == 3)
    let chosen = try ObservationMapping(
      space,
      settings {
        $0.frames = "none"
        $0.signals = ["b", "a"]
      })
    #expect(chosen.frames == nil)
    var observation = observation(chosen)
    let bytes = [UInt8](repeating: 9, count: 240) + [1.5, -2.5].padded + [Int16(-7)].padded
    try bytes.withUnsafeBytes { try chosen.read($0, into: &observation) }
    #expect(observation.proprioception == [-7, 1.5, -2.5])
  }

  @Test(
    "what cannot be learned from is refused by name, with what is supported",
    arguments: [
      (Space.other(type: "Discrete", description: "Discrete(4)"), "Discrete(4)"),
      (.dict([.init(name: "text", space: .other(type: "Text", description: "Text(1, 5)"))]), "'text'"),
      (.dict([]), "nothing is left"), (.box(.float32, [0]), "nothing is left"),
    ])
  func unsupported(_ space: Space, _ words: String) {
    let error = #expect(throws: GymnasiumError.self) { try ObservationMapping(space, settings()) }
    #expect(error?.description.contains(words) == true)
    #expect(error?.description.contains("Supported are") == true)
  }

  @Test("a part that is named and is not there is refused with those that are")
  func absentParts() {
    let space = Space.dict([.init(name: "a", space: .box(.float64, [2]))])
    for settings in [settings { $0.frames = "camera" }, settings { $0.signals = ["b"] }] {
      let error = #expect(throws: GymnasiumError.self) { try ObservationMapping(space, settings) }
      #expect(error?.description.contains("There are 'a'") == true)
    }
  }

  @Test("a number that is not finite is refused by its place", arguments: [Double.nan, .infinity, 1e300])
  func notFinite(_ value: Double) throws {
    let mapping = try ObservationMapping(.box(.float64, [3]), settings())
    var observation = observation(mapping)
    let error = #expect(throws: GymnasiumError.self) {
      try [0, value, 0].withUnsafeBytes { try mapping.read($0, into: &observation) }
    }
    #expect(error?.description.contains("number 1 of its observation") == true)
  }

  private func written(_ action: [Float], _ space: Space, _ scaling: GymnasiumSettings.ActionScaling) throws
    -> [UInt8]
  {
    let mapping = try ActionMapping(space, settings { $0.actions = scaling })
    var bytes = [UInt8](repeating: 0, count: mapping.byteCount)
    bytes.withUnsafeMutableBytes { mapping.write(action, to: $0) }
    return bytes
  }

  @Test("an action is stretched to the bounds, or clipped by them, in the space's own type")
  func actions() throws {
    let action: [Float] = [-1, 0, 0.5, 1]
    let wide = Space.box(.float32, [4], low: -2, high: 2)
    #expect(try written(action, wide, .scale) == [Float](arrayLiteral: -2, 0, 1, 2).padded)
    #expect(try written(action, wide, .clip) == action.padded)
    let narrow = Space.box(.float64, [4], low: -0.25, high: 0.25)
    #expect(try written(action, narrow, .scale) == [-0.25, 0, 0.125, 0.25].padded)
    #expect(try written(action, narrow, .clip) == [-0.25, 0, 0.25, 0.25].padded)
    let oneSided = Space.box(
      BoxSpace(dtype: .float32, shape: [4], low: Bounds([0, 0, 0, 0]), high: Bounds([1, 2, 3, 4])))
    #expect(try written(action, oneSided, .scale) == [Float](arrayLiteral: 0, 1, 2.25, 4).padded)
  }

  @Test("an action without bounds is not scaled, and clipping is advised")
  func boundlessAction() throws {
    let space = Space.box(.float32, [2], low: -.infinity, high: .infinity)
    let error = #expect(throws: GymnasiumError.self) { try written([1, -1], space, .scale) }
    #expect(error?.description.contains("gymnasium.actions: clip") == true)
    #expect(try written([1, -1], space, .clip) == [Float](arrayLiteral: 1, -1).padded)
  }

  @Test(
    "an action that is no vector of real numbers is refused",
    arguments: [
      Space.other(type: "Discrete", description: "Discrete(2)"), .dict([]), .box(.int32, [2]),
      .box(.float32, [0]),
      .box(.float32, [2], low: 1, high: -1), .box(.float32, [2], low: .nan, high: 1),
    ])
  func unsupportedActions(_ space: Space) {
    #expect(throws: GymnasiumError.self) { try ActionMapping(space, settings { $0.actions = .clip }) }
  }
}
