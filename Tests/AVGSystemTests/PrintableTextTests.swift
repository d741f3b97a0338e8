import AVGCore
import AVGSystem
import Testing

/// What a terminal is shown of names that files bring along.
@Suite("Printable text")
struct PrintableTextTests {
  @Test(
    "what would steer a terminal or reorder text is shown as an escape",
    arguments: [
      ("/camera", "/camera"), ("größe ✓ 👩‍🚀", "größe ✓ 👩‍🚀"), ("\u{1B}[2J", "\\u{1B}[2J"),
      ("a\r\nb", "a\\u{D}\\u{A}b"),
      ("\u{9B}31m\u{7F}", "\\u{9B}31m\\u{7F}"), ("\u{202E}txt", "\\u{202E}txt"),
      ("a\u{2028}b", "a\\u{2028}b"),
      ("tab\t", "tab\\u{9}"), ("", ""), ("\0", "\\u{0}"),
    ])
  func escapes(text: String, expected: String) {
    #expect(text.printable() == expected)
  }

  @Test("lines and tabs stay where text may have several lines")
  func lines() {
    #expect("a\u{1B}bc".printable(limit: 2) == "a\\u{1B}…" && "ab".printable(limit: 2) == "ab")
    #expect("a:\n\tb\r\u{1B}".printable(keepsLines: true) == "a:\n\tb\\u{D}\\u{1B}")
  }
}
