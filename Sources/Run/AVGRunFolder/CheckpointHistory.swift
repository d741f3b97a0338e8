public import AVGSystem
import Glibc

/// The last checkpoints of a run: the newest under the name that everybody reads, those before it numbered by age.
public struct CheckpointHistory: Hashable, Sendable {
  /// The newest checkpoint's file.
  public let newestPath: String
  /// How many are kept, the newest included.
  public let capacity: Int

  /// The greatest number of checkpoints that can be kept.
  public static let maximumCapacity = 100

  /// The checkpoints of the run in `folder`.
  public init(of folder: RunFolder, capacity: Int) {
    newestPath = folder.checkpointPath
    self.capacity = max(1, capacity)
  }

  /// The file that holds the checkpoint `age` before the newest.
  public func path(age: Int) -> String {
    guard age > 0 else { return newestPath }
    let suffix = ".safetensors"
    return newestPath.dropLast(suffix.count) + "-previous-\(age)" + suffix
  }

  /// The files that are there, newest first; those beyond the capacity too, from a run that kept more.
  public var existingPaths: [String] {
    (0..<Self.maximumCapacity).map(path(age:)).filter { access($0, F_OK) == 0 }
  }

  /// Makes `bytes` the newest checkpoint, and the newest so far the one before it.
  ///
  /// At any instant the newest name belongs to a whole file. On an error all checkpoints are as they were.
  public func append(_ bytes: [UInt8]) throws(FileError) {
    try AtomicFile.write(bytes, to: newestPath) { () throws(FileError) in
      for age in stride(from: capacity - 1, to: 1, by: -1) {
        try move(path(age: age - 1), to: path(age: age))
      }
      if capacity > 1 { try keepNewest() }
    }
  }

  /// Gives the newest file a second name, so that it is still there when the next takes its own.
  private func keepNewest() throws(FileError) {
    let target = path(age: 1)
    unlink(target)
    guard link(newestPath, target) != 0, errno != ENOENT else { return }
    // A file system without links (FAT): for an instant the checkpoint before is the newest.
    try move(newestPath, to: target)
  }

  private func move(_ source: String, to target: String) throws(FileError) {
    guard rename(source, target) == 0 || errno == ENOENT else {
      throw FileError(path: source, action: "keep the file as \(target)")
    }
  }
}
