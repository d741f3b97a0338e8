/// A short text of fixed size, as a datagram between two processes carries it.
package struct GuardText: BitwiseCopyable, Sendable {
  private var bytes = InlineArray<240, UInt8>(repeating: 0)
  private var count: UInt8 = 0

  /// Keeps as many bytes of `text` as there is room for.
  package init(_ text: String = "") {
    for byte in text.utf8.prefix(bytes.count) {
      bytes[Int(count)] = byte
      count += 1
    }
  }

  /// Whether there is no text.
  package var isEmpty: Bool { count == 0 }

  /// The text; of a character that was cut in two, a replacement.
  package var text: String {
    String(decoding: (0..<min(Int(count), bytes.count)).map { bytes[$0] }, as: UTF8.self)
  }
}
