import AVGCore
import Foundation
import Testing
@testable import AVGLearning

@Suite("Checkpoint")
struct CheckpointTests {
  private static let file = "runs/some/checkpoint.safetensors"

  private func trained(_ configuration: AVGConfiguration = .small) -> RandomRun {
    var run = RandomRun(configuration)
    run.run(20)
    return run
  }

  /// What reading `contents` into an agent of `configuration` fails with; nil if it does not.
  private func failure(
    _ contents: Data, _ configuration: AVGConfiguration = .small
  ) -> CheckpointError? {
    do throws(CheckpointError) {
      try restore(try Safetensors(contents, name: Self.file), configuration)
      return nil
    } catch {
      return error
    }
  }

  private func restore(_ file: Safetensors, _ configuration: AVGConfiguration) throws(CheckpointError) {
    let run = RandomRun(configuration, seed: 2)
    try run.agent.restore(file, name: Self.file)
  }

  private func expectNamesFile(_ error: CheckpointError?, _ comment: Comment) {
    #expect(error?.description.hasPrefix(Self.file + ": ") == true, comment)
  }

  @Test(
    "an agent restored from its file has the same bytes and does the same from there on",
    arguments: AVGConfiguration.EncoderSharing.allCases, [0, 0.9])
  func roundTrip(sharing: AVGConfiguration.EncoderSharing, firstMomentDecay: Double) throws {
    var configuration = AVGConfiguration.small
    configuration.encoderSharing = sharing
    configuration.firstMomentDecay = firstMomentDecay
    var first = RandomRun(configuration)
    first.run(50)
    let contents = try first.bytes()
    var second = RandomRun(configuration, seed: 2)
    try second.agent.restore(try Safetensors(contents, name: Self.file), name: Self.file)
    let copied = try second.bytes()
    #expect(copied == contents)

    first.enterWorld(seed: 6)
    second.enterWorld(seed: 6)
    for _ in 0..<50 {
      let (update, twin) = (first.step(), second.step())
      #expect(update == twin && !update.isRefused)
      #expect(first.action == second.action)
    }
    let (end, twinEnd) = (try first.bytes(), try second.bytes())
    #expect(end == twinEnd && end != contents)
  }

  @Test(
    "an agent that has answered, and is still to learn how it came there, goes on in its copy as by itself",
    arguments: AVGConfiguration.EncoderSharing.allCases)
  func pendingTransition(sharing: AVGConfiguration.EncoderSharing) throws {
    var configuration = AVGConfiguration.small
    configuration.encoderSharing = sharing
    var first = RandomRun(configuration)
    first.agent.act(on: first.current, into: &first.action)
    for _ in 0..<20 { _ = first.stepActingFirst() }
    let contents = try first.bytes()
    var second = RandomRun(configuration, seed: 2)
    try second.agent.restore(try Safetensors(contents, name: Self.file), name: Self.file)
    let copied = try second.bytes()
    #expect(copied == contents)

    first.enterWorld(seed: 6)
    second.enterWorld(seed: 6)
    for _ in 0..<20 {
      let (update, twin) = (first.stepActingFirst(), second.stepActingFirst())
      #expect(update == twin && !update.isRefused)
      #expect(first.action == second.action)
    }
    let (end, twinEnd) = (try first.bytes(), try second.bytes())
    #expect(end == twinEnd && end != contents)
  }

  @Test("metadata come back as they were written")
  func metadata() throws {
    let given = ["configuration": "agent:\n  discount: 0.97\n", "quote": "\"ä/\\\u{1}"]
    let contents = try trained().agent.checkpoint(metadata: given).encoded()
    let file = try Safetensors(contents, name: Self.file)
    for (key, text) in given {
      #expect(file.metadata[key] == text)
    }
  }

  @Test("a missing tensor is named")
  func missingTensor() {
    let whole = trained().agent.checkpoint()
    for name in whole.tensors.keys.sorted() {
      var file = whole
      file.tensors[name] = nil
      let error = failure(file)
      expectNamesFile(error, "\(name)")
      #expect(error?.description.contains(name + " should be") == true)
    }
  }

  private func failure(_ file: Safetensors, _ configuration: AVGConfiguration = .small) -> CheckpointError? {
    do throws(CheckpointError) {
      try restore(file, configuration)
      return nil
    } catch {
      return error
    }
  }

  @Test("a tensor of another shape, length or type is named")
  func wrongShape() {
    let whole = trained().agent.checkpoint()
    for (name, tensor) in whole.tensors.sorted(by: { $0.key < $1.key }) {
      var file = whole
      file.tensors[name]?.shape = tensor.shape + [2]
      file.tensors[name]?.bytes = tensor.bytes + tensor.bytes
      expectNamesFile(failure(file), "\(name), longer")
      file = whole
      file.tensors[name]?.type = .uint8
      expectNamesFile(failure(file), "\(name), of another type")
    }
    var transposed = whole
    transposed.tensors["actor.mu.weight"]?.shape.reverse()
    #expect(
      failure(transposed)?.description.contains("actor.mu.weight should be of the shape [2, 7]") == true)
  }

  @Test("another configuration's checkpoint is refused")
  func otherNetwork() {
    let whole = trained().agent.checkpoint()
    var wider = AVGConfiguration.small
    wider.hiddenUnits = 8
    var separate = AVGConfiguration.small
    separate.encoderSharing = .separate
    var withMomentum = AVGConfiguration.small
    withMomentum.firstMomentDecay = 0.5
    for configuration in [wider, separate, withMomentum] {
      let error = failure(whole, configuration)
      expectNamesFile(error, "\(configuration)")
      #expect(error?.description.contains("Use the configuration that the run was trained with.") == true)
    }
  }

  @Test("a file cut off anywhere is refused")
  func truncated() throws {
    let whole = try trained().bytes()
    for length in stride(from: 0, to: whole.count, by: 97) {
      expectNamesFile(failure(whole.prefix(length)), "\(length) of \(whole.count) bytes")
    }
  }

  @Test("a header with a changed byte is refused")
  func changedHeader() throws {
    let whole = try trained().bytes()
    let headerLength = Int(whole[0]) + Int(whole[1]) << 8
    for index in 0..<8 + headerLength where index < 8 || index.isMultiple(of: 3) {
      var damaged = whole
      damaged[index] ^= 1
      expectNamesFile(failure(damaged), "byte \(index)")
      damaged[index] = 0xFF
      expectNamesFile(failure(damaged), "byte \(index) = 255")
    }
  }

  @Test(
    "a header that lies about places and shapes is refused",
    arguments: [
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,-9223372036854775808]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
      #"{"a":{"format":"avg-vision 1"}}"#,
      #"{"__metadata__":{"format":1}}"#, #"[]"#, #"{"#, "",
    ])
  func lyingHeader(header: String) {
    let contents = Data([UInt8(header.utf8.count)]) + Data(count: 7) + Data(header.utf8) + Data(count: 4)
    expectNamesFile(failure(contents), "\(header)")
  }

  @Test("a number that no run can have written is refused")
  func impossibleNumbers() {
    let whole = trained().agent.checkpoint()
    func expectRefused(_ name: String, _ number: [UInt8], at place: Int = 0) {
      var file = whole
      file.tensors[name]?.bytes.replaceSubrange(place..<place + number.count, with: number)
      let error = failure(file)
      expectNamesFile(error, "\(name) \(number)")
      #expect(error?.description.contains(name) == true)
    }
    func bytes<Number>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { [UInt8]($0) } }
    for (name, tensor) in whole.tensors {
      switch tensor.type {
      case .float32:
        expectRefused(name, bytes(Float.nan))
        expectRefused(name, bytes(Float.infinity), at: tensor.bytes.count - 4)
      case .float64:
        expectRefused(name, bytes(Double.nan))
        expectRefused(name, bytes(-Double.infinity), at: tensor.bytes.count - 8)
      case .uint8, .uint64: break
      }
    }
    expectRefused("optimizer.steps", bytes(UInt64.max))
    expectRefused("second_moment.actor.mu.bias", bytes(Float(-1)))
    expectRefused("normalizer.variance", bytes(-1.0))
    expectRefused("normalizer.count", bytes(-1.0))
    expectRefused("scaler", bytes(-1.0), at: 16)
  }

  @Test("a newer format is refused as such, and a file of another program as such")
  func otherFormat() {
    var file = trained().agent.checkpoint()
    file.metadata["format"] = "avg-vision 2"
    #expect(failure(file)?.description.contains("written by a newer program: format avg-vision 2") == true)
    for format in [
      nil, "", "pt", "other 1", "avg-vision", "avg-vision one", "avg-vision 0", "avg-vision 1 1",
    ] {
      file.metadata["format"] = format
      let error = failure(file)
      #expect(error?.description.contains("no checkpoint of avg-vision") == true, "\(format ?? "none")")
      expectNamesFile(error, "\(format ?? "none")")
    }
  }

  @Test("a bit that has turned anywhere in the file is noticed, or changes nothing")
  func turnedBits() throws {
    let file = trained().agent.checkpoint(metadata: ["steps": "20"])
    let contents = try file.encodedWithChecksum()
    try Safetensors(contents, name: Self.file).verifyChecksum(name: Self.file)
    var random = RandomSource(seed: 3, purpose: "bits")
    var refusals = 0
    for _ in 0..<300 {
      var damaged = contents
      damaged[Int(random.next() % UInt64(contents.count))] ^= 1 << UInt8(random.next() % 8)
      do throws(CheckpointError) {
        let read = try Safetensors(damaged, name: Self.file)
        try read.verifyChecksum(name: Self.file)
        #expect(read.tensors.mapValues(\.bytes) == file.tensors.mapValues(\.bytes))
        #expect(read.tensors.mapValues(\.shape) == file.tensors.mapValues(\.shape))
      } catch {
        refusals += 1
        expectNamesFile(error, "turned bit")
      }
    }
    #expect(refusals > 270)
  }

  @Test("a file that is not there is named")
  func noFile() {
    let error = #expect(throws: CheckpointError.self) { try Safetensors(reading: Self.file) }
    expectNamesFile(error, "no file")
  }
}
