/// What a file is that is not the text that was expected, by its first bytes.
enum FileKind {
  /// The beginnings of files that people confuse with others.
  private static let beginnings: [(bytes: [UInt8], words: String)] = [
    ([0x7F, 0x45, 0x4C, 0x46], "a program"),
    ([0x89, 0x4D, 0x43, 0x41, 0x50], "an MCAP log"),
    ([0x89, 0x50, 0x4E, 0x47], "a PNG picture"),
    ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
    ([0x1F, 0x8B], "a compressed file"), ([0x28, 0xB5, 0x2F, 0xFD], "a compressed file"),
    ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive"),
    ([0x25, 0x50, 0x44, 0x46], "a PDF document"),
    ([0xFF, 0xFE], "text in UTF-16: save it as UTF-8"), ([0xFE, 0xFF], "text in UTF-16: save it as UTF-8"),
  ]

  /// What `bytes` are, in words; nil if they are text in UTF-8.
  static func notText(_ bytes: [UInt8]) -> String? {
    if let kind = beginnings.first(where: { bytes.starts(with: $0.bytes) }) { return kind.words }
    if bytes.count > 9, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) {
      return "a checkpoint"
    }
    if bytes.contains(0) { return "a file of binary data" }
    return String(validating: bytes, as: UTF8.self) == nil ? "no text in UTF-8" : nil
  }
}
