import AVGCore
import Foundation
import Testing

@Suite("Arbitrary bytes")
struct FuzzTests {
  private static let corpus: [(name: String, bytes: [UInt8])] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      (try? Data(contentsOf: folder.appending(path: name))).map { (name, [UInt8]($0)) }
    }
  }()

  @Test("every seed that is a complete image decodes, and a truncated one does not")
  func seeds() {
    #expect(Self.corpus.count >= 16)
    for (name, bytes) in Self.corpus {
      let isImage = !name.hasPrefix("driver-") && name != "jpeg-cut"
      #expect(bytes.withUnsafeBytes(FuzzInput.run) == isImage, "\(name)")
    }
  }

  @Test("1,000 mutations of the seeds neither crash nor leave a frame half decoded")
  func mutations() throws {
    var random = RandomSource(seed: 5, purpose: "fuzz")
    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    try #require(!Self.corpus.isEmpty)
    var images = 0
    for round in 0..<1_000 {
      var bytes = Self.corpus[round % Self.corpus.count].bytes
      for _ in 0...below(4) where !bytes.isEmpty {
        // Half of the mutations hit the header, which holds sizes and tables.
        let index = below(below(2) == 0 ? min(600, bytes.count) : bytes.count)
        switch below(5) {
        case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes[index] ^= 1 << UInt8(below(8))
        case 2: bytes.remove(at: index)
        case 3: bytes.removeSubrange(index...)
        default: bytes.insert(contentsOf: bytes[index..<min(bytes.count, index + 1 + below(16))], at: index)
        }
      }
      if bytes.withUnsafeBytes(FuzzInput.run) { images += 1 }
    }
    // Some mutations are refused and some decode; otherwise the test shows little.
    #expect((50..<950).contains(images))
  }
}
