package import Foundation

/// A folder that is gone, with all that is in it, when the test is.
package final class TemporaryFolder {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "avg-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// What is in it.
  package var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }

  package func bytes(_ name: String) throws -> [UInt8] { [UInt8](try data(name)) }

  package func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + name)) }

  package func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

  package func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

  package func create(_ name: String) throws -> FileHandle {
    try write("", to: name)
    return try FileHandle(forWritingTo: URL(filePath: path + "/" + name))
  }

  package func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

  package func write(_ bytes: [UInt8], to name: String) throws { try write(Data(bytes), to: name) }

  package func write(_ contents: Data, to name: String) throws {
    let file = URL(filePath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: file)
  }
}
