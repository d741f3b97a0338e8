import Foundation
import Testing

@testable import AVGLearning

@Suite("Safetensors")
struct SafetensorsTests {
  /// A file of this header and so many bytes.
  private func contents(_ header: String, bodyCount: Int) -> Data {
    Data(withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }) + Data(header.utf8)
      + Data(count: bodyCount)
  }

  /// What a file of this header and so many bytes is refused with; nil if it is read.
  private func refusal(_ header: String, bodyCount: Int) -> String? {
    do throws(CheckpointError) {
      _ = try Safetensors(contents(header, bodyCount: bodyCount), name: "f")
      return nil
    } catch { return error.description }
  }

  private func entry(_ name: String, _ shape: String, _ offsets: String, type: String = "U8") -> String {
    #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test("tensors in any order, empty ones too, fill a file from its beginning to its end")
  func whole() {
    let header =
      "{"
      + [entry("b", "[3]", "[2,5]"), entry("c", "[0]", "[2,2]"), entry("a", "[1,2]", "[0,2]")]
      .joined(separator: ",") + "}"
    #expect(refusal(header, bodyCount: 5) == nil)
  }

  @Test(
    "tensors that overlap, or leave holes, are refused with their name",
    arguments: [
      ("overlap", "[4]", "[0,4]", "[4]", "[2,6]", 6), ("same place", "[4]", "[0,4]", "[4]", "[0,4]", 4),
      ("hole", "[4]", "[0,4]", "[4]", "[5,9]", 9), ("hole at the start", "[4]", "[1,5]", "[4]", "[5,9]", 9),
      ("beyond the end", "[4]", "[0,4]", "[4]", "[4,8]", 7),
      ("three offsets", "[4]", "[0,4]", "[4]", "[4,8,9]", 8),
      ("no offset", "[4]", "[0,4]", "[4]", "[]", 8), ("negative", "[4]", "[-4,0]", "[4]", "[0,4]", 4),
      ("backwards", "[4]", "[4,0]", "[4]", "[4,8]", 8),
      ("larger than any", "[4]", "[0,4]", "[9223372036854775807,2]", "[4,8]", 8),
      ("negative size", "[4]", "[0,4]", "[-1]", "[4,8]", 8),
    ])
  func misplaced(
    _ what: String, _ shapeA: String, _ offsetsA: String, _ shapeB: String, _ offsetsB: String, bodyCount: Int
  ) {
    let header = "{\(entry("a", shapeA, offsetsA)),\(entry("b", shapeB, offsetsB))}"
    let words = refusal(header, bodyCount: bodyCount)
    #expect(words?.contains("said to lie at") == true, "\(what): \(words ?? "read")")
  }

  @Test("bytes behind the last tensor are refused")
  func surplus() {
    #expect(refusal("{\(entry("a", "[4]", "[0,4]"))}", bodyCount: 6)?.contains("2 of its bytes") == true)
  }

  @Test("20,000 tensors that all claim the same million bytes are refused at once")
  func manyOverlaps() {
    let header =
      "{" + (0..<20_000).map { entry("t\($0)", "[1000000]", "[0,1000000]") }.joined(separator: ",") + "}"
    let start = ContinuousClock.now
    #expect(refusal(header, bodyCount: 1_000_000) != nil)
    // It took more than 40 s.
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  @Test("tensors of half precision are called by their type", arguments: ["BF16", "F16", "I8", "F8_E4M3"])
  func otherTypes(type: String) {
    let words = refusal("{\(entry("actor.mu.weight", "[2]", "[0,4]", type: type))}", bodyCount: 4)
    #expect(words?.contains("actor.mu.weight is stored as \(type); float32") == true, "\(words ?? "read")")
  }

  @Test("text is called text, whatever length it would be as a number")
  func text() {
    for text in [
      "version https://git-lfs.github.com/spec/v1\n", "\n\n\n\n\n\n\n\n", "task:\n  targetColor:\n",
    ] {
      do throws(CheckpointError) {
        _ = try Safetensors(Data(text.utf8), name: "f")
        Issue.record("read \(text)")
      } catch { #expect(error.description.contains("f: not a whole checkpoint: it is text"), "\(error)") }
    }
  }

  @Test("a header longer than any is refused before it is read")
  func longHeader() {
    let words = refusal("{" + String(repeating: " ", count: 9 << 20) + "}", bodyCount: 0)
    #expect(words?.contains("its header is 9437186 bytes long") == true, "\(words ?? "read")")
  }
}
