import AVGLearning
import AVGTraining
import Foundation

/// A run that is to go on, or to be started from: its folder, and one of its checkpoints.
struct RunOrigin {
  /// The run's folder.
  let folder: RunFolder
  /// Where the run was broken off; nil if that was before its first checkpoint.
  let checkpoint: RunCheckpoint?

  /// Finds what is meant by a run's folder, or by one of the checkpoints in it.
  ///
  /// - Throws: for a checkpoint that cannot be read its reason, and which other can.
  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let isFile = exists && !isFolder.boolValue
    let parent = URL(filePath: path).deletingLastPathComponent().relativePath
    folder = RunFolder(existing: isFile ? parent : path)
    let others = CheckpointHistory(of: folder, capacity: 1).existingPaths
    // Between two names of a file system without links, the newest is the one before it.
    guard let chosen = isFile ? path : others.first else {
      checkpoint = nil
      return
    }
    do { checkpoint = try RunCheckpoint(reading: chosen) } catch {
      throw UnreadableCheckpoint(
        error: error,
        alternative: others.lazy.filter { $0 != chosen }.compactMap { try? RunCheckpoint(reading: $0) }.first)
    }
  }

  /// The configuration that the run went by, with `overrides`.
  func configuration(overrides: [String]) throws -> ExperimentConfiguration {
    try checkpoint?.configuration(overrides: overrides)
      ?? StrictYAML.load(
        ExperimentConfiguration(), path: folder.configurationPath, overrides: overrides)
  }

  /// The checkpoint's learner for `agent`.
  func restore(_ agent: inout some CheckpointedAgent & ~Copyable) throws(CheckpointError) {
    guard let checkpoint else {
      throw .unreadable(
        file: folder.checkpointPath, reason: "there is no such file, or it may not be opened")
    }
    try agent.restore(checkpoint.file, name: checkpoint.name)
  }
}

/// A checkpoint that was refused, with the one to use instead.
private struct UnreadableCheckpoint: Error, CustomStringConvertible {
  let error: CheckpointError
  let alternative: RunCheckpoint?

  var description: String {
    guard let alternative else { return error.description }
    let steps = alternative.file.metadata["steps"].map { " of step \($0)" } ?? ""
    return "\(error) The one before it\(steps) is whole: name \(alternative.name) instead."
  }
}
