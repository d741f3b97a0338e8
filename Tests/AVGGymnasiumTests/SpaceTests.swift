import AVGGymnasium
import Foundation
import Testing

@Suite("Spaces and messages of the environment protocol")
struct SpaceTests {
  private func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }

  /// The first block of docs/environment-protocol.md that holds `text`, without its fence.
  private func block(holding text: String) throws -> String {
    let page = try String(contentsOfFile: "docs/environment-protocol.md", encoding: .utf8)
    let blocks = page.matches(of: /(?s)```(?:json)?\n(.*?)```/).map { String($0.1) }
    return try #require(blocks.first { $0.contains(text) })
  }

  @Test("the specification in docs/environment-protocol.md is read as it is meant")
  func documentedSpecification() throws {
    let description = try decode(EnvironmentDescription.self, block(holding: "observationSpace"))
    #expect(description.name == "HalfCheetah-v4")
    #expect(description.maximumEpisodeSteps == 1000)
    #expect(description.pace == .unpaced)
    #expect(description.lateAction == .wait)
    guard case .box(let observation) = description.observationSpace,
      case .box(let action) = description.actionSpace
    else {
      Issue.record("both are Boxes")
      return
    }
    #expect(
      observation
        == BoxSpace(dtype: .float64, shape: [17], low: Bounds([-.infinity]), high: Bounds([.infinity])))
    #expect(action == BoxSpace(dtype: .float32, shape: [6], low: -1.0, high: 1.0))
  }

  @Test("the hello in docs/environment-protocol.md is what is said")
  func documentedHello() throws {
    let hello = try decode(EnvironmentHello.self, block(holding: "\"make\""))
    var made = EnvironmentHello(
      program: "avg-vision 0.1.0",
      make: EnvironmentRequest(id: "HalfCheetah-v4", keywords: ["forward_reward_weight=1.0"]))
    made.protocol = 1
    #expect(hello == made)
  }

  @Test("the bytes in docs/environment-protocol.md are those of a step and its result")
  func documentedBytes() throws {
    let text = try block(holding: "08 00 00 00")
    let documented = text.split(whereSeparator: \.isWhitespace).map { UInt8($0, radix: 16) }
    var bytes = [UInt8](repeating: 0, count: 24 + 48)
    bytes.withUnsafeMutableBytes { bytes in
      EnvironmentMessage.Header(length: 8, kind: .step, sequence: 7).write(to: bytes)
      bytes.storeBytes(of: 0.5, toByteOffset: 16, as: Float.self)
      bytes.storeBytes(of: -1, toByteOffset: 20, as: Float.self)
      let answer = UnsafeMutableRawBufferPointer(rebasing: bytes[24...])
      EnvironmentMessage.Header(length: 32, kind: .result, sequence: 7).write(to: answer)
      StepResult(reward: -1).write(to: UnsafeMutableRawBufferPointer(rebasing: answer[16...]))
      answer.storeBytes(of: 0.25, toByteOffset: 40, as: Float.self)
    }
    #expect(documented == bytes)
    bytes.withUnsafeBytes { bytes in
      let header = EnvironmentMessage.Header(reading: UnsafeRawBufferPointer(rebasing: bytes[24...]))
      #expect(header == EnvironmentMessage.Header(length: 32, kind: .result, sequence: 7))
      let result = StepResult(reading: UnsafeRawBufferPointer(rebasing: bytes[40...]), flags: .terminated)
      #expect(result == StepResult(reward: -1, flags: .terminated))
    }
  }

  @Test("what a space is written as is read as the same space")
  func roundTrip() throws {
    let space = Space.dict([
      .init(
        name: "image", space: .box(BoxSpace(dtype: .uint8, shape: [90, 160, 9], low: 0.0, high: 255.0))),
      .init(
        name: "signals",
        space: .box(
          BoxSpace(dtype: .float32, shape: [2], low: Bounds([-1, -.infinity]), high: Bounds([1, .infinity])))),
      .init(name: "mode", space: .other(type: "Discrete", description: "Discrete(4)")),
    ])
    #expect(try JSONDecoder().decode(Space.self, from: JSONEncoder().encode(space)) == space)
  }

  @Test("every array of a Dict begins at a multiple of 8 bytes")
  func offsets() throws {
    func box(_ dtype: ElementType, _ shape: [Int]) -> Space {
      .box(BoxSpace(dtype: dtype, shape: shape, low: 0.0, high: 1.0))
    }
    let space = Space.dict([
      .init(name: "a", space: box(.uint8, [3])), .init(name: "b", space: box(.float32, [])),
      .init(
        name: "c",
        space: .dict([.init(name: "d", space: box(.float64, [2])), .init(name: "e", space: box(.bool, [9]))])),
    ])
    let layout = try SpaceLayout(space)
    #expect(layout.leaves.map(\.name) == ["a", "b", "c/d", "c/e"])
    #expect(layout.leaves.map(\.offset) == [0, 8, 16, 32])
    #expect(layout.byteCount == 48)
  }

  @Test(
    "a space that no memory holds, or with bounds that are not its elements', is refused",
    arguments: [[1 << 40], [1 << 20, 1 << 20], [-1]])
  func impossibleShapes(_ shape: [Int]) {
    #expect(throws: SpaceLayout.Problem.self) {
      try SpaceLayout(.box(BoxSpace(dtype: .uint8, shape: shape, low: 0.0, high: 1.0)))
    }
    #expect(throws: SpaceLayout.Problem.self) {
      try SpaceLayout(.box(BoxSpace(dtype: .uint8, shape: [3], low: Bounds([0, 0]), high: 1.0)))
    }
  }
}
