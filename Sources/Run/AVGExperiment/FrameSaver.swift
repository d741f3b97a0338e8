package import AVGCore
import AVGRunFolder
package import AVGSystem

/// Saves what the agent saw beside what the camera sent.
package final class FrameSaver {
  private let folder: RunFolder
  private let lock: FolderLock
  private var count = 0

  /// Makes the folder, which must be new or empty.
  package init(folder: String) throws {
    self.folder = try RunFolder(creating: folder)
    lock = try FolderLock(folder)
  }

  /// Writes `NNNNNN.ppm`, the frame, and `NNNNNN.jpg`, `.yuyv`, …, the image as it came.
  package func save(_ frame: borrowing Frame, _ image: SourceImage) throws(FileError) {
    let digits = String(count)
    count += 1
    let name = folder.path + "/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let header = Array("P6\n\(frame.shape.width) \(frame.shape.height)\n255\n".utf8)
    try AtomicFile.write(header + frame.pixels, to: name + ".ppm")
    switch image {
    case .compressed(let bytes, _):
      // By what it is, whatever it is called.
      try AtomicFile.write(bytes, to: name + (bytes.starts(with: [0xFF, 0xD8]) ? ".jpg" : ".png"))
    case .raw(let bytes, _, _, _, let encoding):
      let letters = encoding.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      try AtomicFile.write(bytes, to: name + "." + (letters.isEmpty ? "raw" : letters))
    }
  }
}
