public import AVGSystem
import Glibc

/// The most recent checkpoints of a run: the newest under a fixed name, the older ones numbered by age.
public struct CheckpointHistory: Hashable, Sendable {
  /// The path of the newest checkpoint.
  public let newestPath: String
  /// The number of checkpoints to keep, including the newest.
  public let capacity: Int

  /// The largest number of checkpoints that can be kept.
  public static let maximumCapacity = 100

  /// The checkpoints of the run in `folder`.
  public init(of folder: RunFolder, capacity: Int) {
    newestPath = folder.checkpointPath
    self.capacity = max(1, capacity)
  }

  /// The path of the checkpoint `age` before the newest.
  public func path(age: Int) -> String {
    guard age > 0 else { return newestPath }
    let suffix = ".safetensors"
    return newestPath.dropLast(suffix.count) + "-previous-\(age)" + suffix
  }

  /// The existing files, newest first, including those beyond the capacity from a run that kept more.
  public var existingPaths: [String] {
    (0..<Self.maximumCapacity).map(path(age:)).filter { access($0, F_OK) == 0 }
  }

  /// Makes `bytes` the newest checkpoint, and the previous newest the one before it.
  ///
  /// The order of the steps keeps a complete file under the newest name at all times: the bytes are first written to a
  /// temporary file and synchronised; then the older checkpoints are renamed; then the newest gets a second name (a
  /// hard link); last, the temporary file is renamed over the newest name. If writing the bytes fails, nothing has been
  /// renamed.
  public func append(_ bytes: [UInt8]) throws(FileError) {
    try AtomicFile.write(bytes, to: newestPath) { () throws(FileError) in
      for age in stride(from: capacity - 1, to: 1, by: -1) {
        try move(path(age: age - 1), to: path(age: age))
      }
      if capacity > 1 { try keepNewest() }
    }
  }

  /// Gives the newest file a second name, so that it survives when the next one takes over its own.
  private func keepNewest() throws(FileError) {
    let target = path(age: 1)
    unlink(target)
    guard link(newestPath, target) != 0, errno != ENOENT else { return }
    // On a file system without links (FAT), the file must be renamed, so for an instant only the previous checkpoint
    // exists.
    try move(newestPath, to: target)
  }

  private func move(_ source: String, to target: String) throws(FileError) {
    guard rename(source, target) == 0 || errno == ENOENT else {
      throw FileError(path: source, action: "keep the file as \(target)")
    }
  }
}
