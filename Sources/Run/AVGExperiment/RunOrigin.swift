package import AVGConfiguration
import AVGCore
package import AVGLearning
import AVGPlots
package import AVGRunFolder
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// A run that is to go on, or to be started from: its folder, and one of its checkpoints.
package struct RunOrigin {
  /// The run's folder.
  package let folder: RunFolder
  /// Where the run was broken off; nil if that was before its first checkpoint.
  package let checkpoint: RunCheckpoint?
  /// Keeps others from writing into the folder; nil where it is only read.
  package private(set) var lock: FolderLock?

  /// Finds what is meant by a run's folder, or by one of the checkpoints in it.
  ///
  /// - Parameter isWriting: the run goes on in its folder, which no other process may write into meanwhile.
  /// - Throws: for a checkpoint that cannot be read its reason, and which other can.
  package init(_ path: String, isWriting: Bool = false) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let isFile = exists && !isFolder.boolValue
    let parent = URL(filePath: path).deletingLastPathComponent().relativePath
    folder = RunFolder(existing: isFile ? parent : path)
    // Before anything is read that another process may be writing.
    if isWriting, exists { lock = try FolderLock(folder.path) }
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

  /// As `init(_:isWriting:)`, of what must be a run that a training has left; to be read only.
  ///
  /// - Throws: `NotARun` besides.
  package init(run path: String) throws {
    _ = try RunFolder(ofRun: path)
    try self.init(path)
  }

  /// Makes the checkpoint the folder's newest, if an older one was named: the run goes on from it, whenever this process
  /// ends. What belongs to later ones, such as episodes and a replay buffer, is written over from now on.
  package func makeNewest(keeping capacity: Int) throws {
    guard let checkpoint else { return }
    let history = CheckpointHistory(of: folder, capacity: capacity)
    var (this, newest) = (stat(), stat())
    guard stat(checkpoint.name, &this) == 0, stat(history.newestPath, &newest) == 0,
      this.st_ino != newest.st_ino || this.st_dev != newest.st_dev
    else { return }
    try history.append(try InputFile.bytes(at: checkpoint.name))
  }

  /// Where a run goes on, in a line: its step, its episode, and the file that holds its state.
  ///
  /// - Parameter steps: the step that it is to come to; nil for none.
  package func beginning(steps: Int?) -> String {
    guard let checkpoint else { return "\(folder.path): there is no checkpoint yet; the run begins anew" }
    let step = checkpoint.stepCount
    let place = "step \(grouped(Double(step))), episode \(grouped(Double(checkpoint.episodeCount + 1)))"
    if let steps, step >= steps {
      return
        "\(checkpoint.name): nothing left to do: the run stands at \(place); --steps COUNT makes it longer"
    }
    return "\(checkpoint.name): going on from \(place)"
  }

  /// The configuration that the run goes by, with the changes of options: that in its folder, which may have been edited
  /// since; keys that were taken out of it have the checkpoint's values.
  ///
  /// What is not as it was when the checkpoint was written is said.
  ///
  /// - Parameter load: lays the file over defaults; nil stands for the built-in ones.
  package func configuration<Configuration: RunConfiguration>(
    load: (_ file: ConfigurationFile, _ defaults: Configuration?) throws -> Configuration
  ) throws -> Configuration {
    let path = folder.configurationPath
    // The checkpoint of another program has none.
    guard let checkpoint, checkpoint.hasConfiguration else {
      return try load(try ConfigurationFile(path: path), nil)
    }
    guard FileManager.default.fileExists(atPath: path) else {
      return try load(.none, try checkpoint.configuration())
    }
    let file = try ConfigurationFile(path: path)
    // One that this program does not know any more has been brought up to date in the file.
    let before: Configuration? = try? checkpoint.configuration()
    if let before {
      let differences = StrictYAML.differences(from: before, to: try file.read(over: before))
      if !differences.isEmpty {
        let words = differences.map(\.description).joined(separator: ", ")
        logger.notice("\(path): differs from the checkpoint's: \(words); the file is followed")
      }
    }
    return try load(file, before)
  }

  /// The same of a run in one of the program's own worlds.
  package func configuration(overrides: [ConfigurationOverride] = []) throws -> ExperimentConfiguration {
    try configuration { file, defaults in
      try ExperimentConfiguration.load(file, over: defaults, overrides: overrides)
    }
  }

  /// What a run in one of the program's own worlds is measured by: its configuration, in the world that it had come to.
  ///
  /// - Parameter world: the configuration whose world is taken; nil for the run's own.
  package func measuredConfiguration(
    world: String? = nil, overrides: [ConfigurationOverride] = []
  ) throws -> ExperimentConfiguration {
    let present = try configuration().inWorld(atStep: checkpoint?.stepCount ?? 0)
    return try ExperimentConfiguration.load(
      ConfigurationFile.none, over: present, world: world, overrides: overrides)
  }

  /// The checkpoint's learner for `agent`.
  package func restore(_ agent: inout some CheckpointedAgent & ~Copyable) throws(CheckpointError) {
    guard let checkpoint else {
      throw .unreadable(
        file: folder.checkpointPath, reason: "there is no such file, or it may not be opened")
    }
    try agent.restore(checkpoint.file, name: checkpoint.name)
  }
}

/// A checkpoint that was refused, with the one to use instead.
private struct UnreadableCheckpoint: Error, CustomStringConvertible {
  package let error: CheckpointError
  package let alternative: RunCheckpoint?

  package var description: String {
    guard let alternative else { return error.description }
    let steps = alternative.file.metadata["steps"].map { " of step \($0)" } ?? ""
    return "\(error) The one before it\(steps) is whole: name \(alternative.name) instead."
  }
}
