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

  @Test("every piece of code in docs/your-own-robot-and-task.md stands in the example, which is built")
  func ownRobotAndTask() throws {
    func words(_ text: Substring) -> String {
      text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    let code = words(try text("Examples/Sources/FaceTheStripe/main.swift")[...])
    let blocks = try text("docs/your-own-robot-and-task.md").matches(of: /(?s)```swift\n(.*?)```/).map(\.1)
    #expect(blocks.count >= 8)
    for block in blocks {
      let stands = code.contains(words(block))
      #expect(stands, "\(block)")
    }
  }

  @Test("every link from one document to another file of the repository leads somewhere")
  func links() throws {
    let manager = FileManager.default
    let pages = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "AGENTS.md", "configs/README.md"]
    let documents = try manager.contentsOfDirectory(atPath: Self.root.appending(path: "docs").path)
      .filter { $0.hasSuffix(".md") }.map { "docs/" + $0 }
    var count = 0
    for page in pages + documents {
      let folder = Self.root.appending(path: page).deletingLastPathComponent()
      for link in try text(page).matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
        count += 1
        let exists = manager.fileExists(atPath: folder.appending(path: String(link.1)).path)
        #expect(exists, "\(page): \(link.1)")
      }
    }
    #expect(count >= 100)
  }

  @Test("the example is less than 60 lines")
  func example() throws {
    let lines = try text("Examples/Sources/FaceTheStripe/main.swift").split(separator: "\n")
    #expect(lines.count < 60 && lines.count > 10)
  }
}
