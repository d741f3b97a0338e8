import Foundation

/// The C library (glibc): the installed version, and the oldest with which this program runs.
struct CLibrary {
  /// The installed version, such as "glibc 2.36".
  static var version: String {
    var text = [UInt8](repeating: 0, count: 64)
    let count = text.withUnsafeMutableBytes { buffer in
      confstr(
        Int32(_CS_GNU_LIBC_VERSION), buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    return String(decoding: text.prefix(max(0, min(count, text.count) - 1)), as: UTF8.self)
  }

  /// The newest symbol version that the program requires; nil if its file cannot be read.
  static func needed(by path: String = "/proc/self/exe") -> String? {
    guard let file = try? Data(contentsOf: URL(filePath: path), options: .alwaysMapped) else { return nil }
    let mark = Data("GLIBC_2.".utf8)
    var newest = 0
    var place = file.startIndex
    while let found = file.range(of: mark, in: place..<file.endIndex) {
      let digits = file[found.upperBound...].prefix(3).prefix { (0x30...0x39).contains($0) }
      newest = max(newest, Int(String(decoding: digits, as: UTF8.self)) ?? 0)
      place = found.upperBound
    }
    return newest > 0 ? "2.\(newest)" : nil
  }
}
