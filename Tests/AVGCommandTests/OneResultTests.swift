import AVGLearning
import AVGNetwork
import AVGTestSupport
import Foundation
import Testing

/// Trainings end in the same bits on every computer, whatever its processor: those of `datasets/golden/trainings.txt`.
/// SSE2 alone has no fused multiply-add and comes to other results.
@Suite("One result on every computer", .enabled(if: InstructionSet.best.arithmetic == "fused 1"))
struct OneResultTests {
  /// A line of the file: what a training's tensors come to, and the arguments that it takes.
  struct Training: Sendable, CustomTestStringConvertible {
    var digest: String
    var arguments: [String]
    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static let trainings: [Training] = {
    let path = repository.appending(path: "datasets/golden/trainings.txt")
    let lines = (try? String(contentsOf: path, encoding: .utf8).split(separator: "\n")) ?? []
    return lines.filter { !$0.hasPrefix("#") }.map { line in
      let words = line.split(separator: " ").map(String.init)
      return Training(digest: words[0], arguments: Array(words.dropFirst()))
    }
  }()

  /// The instruction sets of this processor that must agree.
  private static let sets = InstructionSet.available.filter { $0 != .sse2 }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a training comes to the recorded bits, with every instruction set but SSE2", arguments: trainings, sets)
  func agrees(training: Training, set: InstructionSet) throws {
    let arguments = training.arguments.map {
      $0.hasPrefix("configs/") ? Self.repository.appending(path: $0).path : $0
    }
    let run = folder.path + "/run"
    let result = try BuiltProgram.run(
      ["train"] + arguments + ["--instruction-set", set.rawValue, "--output", run])
    #expect(result.status == 0, "\(result.errors)")
    let digest = try Self.digest(Safetensors(reading: run + "/checkpoint.safetensors"))
    #expect(digest == training.digest, "with \(set)")
  }

  /// FNV-1a, eight bytes at a time, over all tensors in the order of their names.
  private static func digest(_ file: Safetensors) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func take(_ bits: UInt64) { hash = (hash ^ bits) &* 0x100_0000_01B3 }
    for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
      for byte in name.utf8 { take(UInt64(byte)) }
      tensor.bytes.withUnsafeBytes { bytes in
        for place in stride(from: 0, to: bytes.count - 7, by: 8) {
          take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
        }
        for place in (bytes.count & ~7)..<bytes.count { take(UInt64(bytes[place])) }
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
