import AVGCore
import AVGSystem
import Foundation

/// Information that the kernel provides in files.
enum SystemFile {
  /// The text of a file; nil if it cannot be read.
  static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  /// The value in the first line `key : value` of a text.
  static func value(of key: String, in text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { continue }
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
    return nil
  }

  /// The serial ports of adapters and of the board, by their stable names if they have any.
  static func serialPorts() -> [String] {
    let links = names(in: "/dev/serial/by-id").map { "/dev/serial/by-id/" + $0 }
    guard links.isEmpty else { return links }
    return names(in: "/dev").filter { name in
      ["ttyUSB", "ttyACM", "ttyAMA", "ttyTHS"].contains { name.hasPrefix($0) }
    }.map { "/dev/" + $0 }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}

/// The write speed of the disk with a folder.
struct DiskSpeed {
  var mebibytesPerSecond: Double
  /// The time to write and synchronise 2 MiB, the size of a checkpoint.
  var synchronization: Duration
  var freeMebibytes: Int

  private static let mebibyte = 1 << 20

  /// Writes and removes a file; nil if it cannot be written.
  static func measured(in folder: String) -> DiskSpeed? {
    let path = folder + "/.avg-vision-doctor-\(getpid())"
    defer { unlink(path) }
    guard let file = try? OutputFile(replacing: path), let small = try? time(file, mebibytes: 2),
      let large = try? time(file, mebibytes: 32)
    else { return nil }
    var system = statvfs()
    statvfs(folder, &system)
    return DiskSpeed(
      mebibytesPerSecond: 32 / large.seconds, synchronization: small,
      freeMebibytes: Int(system.f_bavail) * Int(system.f_frsize) / mebibyte)
  }

  private static func time(_ file: borrowing OutputFile, mebibytes: Int) throws(FileError) -> Duration {
    let block = [UInt8](repeating: 0x5A, count: mebibyte)
    let began = MonotonicInstant.now
    for _ in 0..<mebibytes { try file.write(block) }
    try file.synchronize()
    return began.duration(to: .now)
  }
}
