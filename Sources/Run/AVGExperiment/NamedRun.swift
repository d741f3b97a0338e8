import AVGRunFolder
import AVGTraining
import Foundation

extension RunFolder {
  /// The folder of the run that a user names by it, or by a checkpoint in it.
  ///
  /// - Throws: `NotARun` where a training has left nothing.
  package init(ofRun path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw NotARun(path: path, reason: "there is nothing of that name")
    }
    if isFolder.boolValue {
      self.init(existing: path)
    } else if path.hasSuffix(".safetensors") {
      self.init(existing: URL(filePath: path).deletingLastPathComponent().relativePath)
    } else {
      throw NotARun(path: path, reason: "it is a file")
    }
    guard
      FileManager.default.fileExists(atPath: configurationPath) || !isFolder.boolValue
        || !CheckpointHistory(of: self, capacity: 1).existingPaths.isEmpty
    else { throw NotARun(path: path, reason: "there is no configuration.yaml in it") }
  }
}

/// A path that names no run.
private struct NotARun: Error, CustomStringConvertible {
  package let path: String
  package let reason: String

  package var description: String {
    "\(path): no run: \(reason). Name the folder that a training has left, as runs/NAME."
  }
}
