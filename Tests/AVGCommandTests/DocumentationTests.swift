import Foundation
import Testing

/// The pages that explain the code.
@Suite("Documentation")
struct DocumentationTests {
  private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  @Test("every line of code that docs/avg.md quotes stands in the code, and every file it names is there")
  func avg() throws {
    let page = try text("docs/avg.md")
    let links = page.matches(of: /\]\(\.\.\/(Sources\/[^)]+)\)/).map { String($0.1) }
    #expect(Set(links).count >= 8)
    func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let code = words(try Set(links).map(text).joined(separator: "\n"))
    let quotes = page.matches(of: /`([^`]+)`/).map { String($0.1) }.filter {
      !$0.hasPrefix("configs/") && !$0.hasPrefix("datasets/") && !$0.hasSuffix(".swift")
    }
    #expect(quotes.count >= 20)
    for quote in quotes {
      let stands = code.contains(words(quote))
      #expect(stands, "\(quote)")
    }
  }

  @Test("the example is less than 60 lines")
  func example() throws {
    let lines = try text("Examples/Sources/FaceTheStripe/main.swift").split(separator: "\n")
    #expect(lines.count < 60 && lines.count > 10)
  }
}
