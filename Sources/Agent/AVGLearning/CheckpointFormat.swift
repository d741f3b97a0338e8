import AVGCore
import AVGSystem
public import Foundation

extension Safetensors {
  /// The format of this program's checkpoints, as their metadata name it.
  public static let checkpointFormat = "\(formatName) \(formatNumber)"

  private static let formatName = "avg-vision"
  private static let formatNumber = 1
  private static let checksumKey = "checksum"

  /// Checks that the metadata name a format that this program can read.
  public func checkFormat(name: String) throws(CheckpointError) {
    let words = (metadata["format"] ?? "").split(separator: " ")
    guard words.count == 2, words[0] == Self.formatName, let number = Int(words[1]), number >= 1 else {
      throw .foreign(file: name)
    }
    guard number <= Self.formatNumber else { throw .newer(file: name, format: words.joined(separator: " ")) }
  }

  /// The contents of a checkpoint's file: the metadata hold the CRC-32 of all that is beside it, for a bit that the disk
  /// turned makes a number like any other.
  public func encodedWithChecksum() throws -> Data {
    var file = self
    file.metadata[Self.checksumKey] = nil
    file.metadata[Self.checksumKey] = try file.checksum()
    // As a rule all of a run's checkpoints have one size: where one had room, the next has.
    return try file.encoded(headerMultiple: 16384)
  }

  /// Reads a checkpoint's file, checks its format, and compares its checksum, if it has one, with its contents.
  public init(readingCheckpoint path: String) throws(CheckpointError) {
    try self.init(reading: path)
    try checkFormat(name: path)
    try verifyChecksum(name: path)
  }

  /// Compares the checksum, if there is one, with the contents.
  public func verifyChecksum(name: String) throws(CheckpointError) {
    guard let noted = metadata[Self.checksumKey] else { return }
    var file = self
    file.metadata[Self.checksumKey] = nil
    guard (try? file.checksum()) == noted else {
      throw .damaged(file: name, reason: "its contents do not match their checksum \(noted)")
    }
  }

  /// The checksum of what `encoded` would give.
  private func checksum() throws -> String {
    var checksum = CRC32()
    try encodedHeader(multiple: 8).withUnsafeBytes { checksum.update($0) }
    for (_, tensor) in sortedTensors { tensor.bytes.withUnsafeBytes { checksum.update($0) } }
    let digits = String(checksum.value, radix: 16)
    return "crc32:" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
