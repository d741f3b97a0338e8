import AVGCore
import Foundation
import Yams

/// The files of a log: one, or those of a folder as rosbag2 leaves it.
public enum LogFiles {
  private static let endings = [".mcap", ".mcap.zstd", ".mcap.zst"]
  private static let metadataName = "metadata.yaml"
  private static let largestMetadata = 16 << 20

  /// Whether a path is a log's by its ending, or by what lies in the folder that it names.
  public static func isLog(_ path: String) -> Bool {
    hasEnding(path) ? !isFolder(path) || !logs(in: path).isEmpty : isFolder(path) && !logs(in: path).isEmpty
  }

  /// The files of a log, in their order.
  ///
  /// - Parameter path: a file, or a folder whose `metadata.yaml` names them; without that, all of the folder's MCAP files,
  ///   by name and number.
  public static func paths(of path: String) throws(LogError) -> [String] {
    guard isFolder(path) else { return [path] }
    let names = try named(in: path) ?? logs(in: path)
    guard !names.isEmpty else {
      throw .missing(
        file: path, what: "MCAP file",
        advice: "Name a file, or the folder that 'ros2 bag record -s mcap' made.")
    }
    return names.map { path + (path.hasSuffix("/") ? "" : "/") + $0 }
  }

  /// The only file of a log.
  static func onlyPath(of path: String) throws(LogError) -> String {
    let paths = try paths(of: path)
    guard paths.count == 1 else {
      throw .unsupported(
        file: path, what: "its folder holds \(paths.count) files",
        advice: "Name one of them: \(paths.joined(separator: ", ")).")
    }
    return paths[0]
  }

  private static func hasEnding(_ name: String) -> Bool {
    endings.contains { name.lowercased().hasSuffix($0) }
  }

  /// A file's name without the ending of a log.
  private static func stem(of name: String) -> String {
    endings.first { name.lowercased().hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// A folder's MCAP files, 10 behind 9; of one that also lies there decompressed, the latter alone.
  private static func logs(in folder: String) -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter(hasEnding)
    let plain = Set(names.map { $0.lowercased() })
    return names.filter { name in
      let lowered = name.lowercased()
      return lowered.hasSuffix(".mcap") || !plain.contains(stem(of: lowered) + ".mcap")
    }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  /// The files that a folder's metadata name; nil where there are none.
  private static func named(in folder: String) throws(LogError) -> [String]? {
    let path = folder + "/" + metadataName
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, size <= largestMetadata,
      let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8),
      let document = try? Yams.compose(yaml: text),
      let entries = document["rosbag2_bagfile_information"]?["relative_file_paths"]?.sequence
    else { return nil }
    // Older ones name the folder too.
    let names = entries.compactMap(\.string).map { URL(filePath: $0).lastPathComponent }
    guard !names.isEmpty, names.allSatisfy(hasEnding) else { return nil }
    // What was decompressed, or compressed, since.
    return try names.map { (name: String) throws(LogError) -> String in
      guard
        let found = ([name] + endings.map { stem(of: name) + $0 }).first(where: {
          access(folder + "/" + $0, F_OK) == 0
        })
      else {
        throw LogError.missing(
          file: folder, what: "file '\(name)', which its \(metadataName) names",
          advice: "Bring it back, or name one of the files that are there.")
      }
      return found
    }
  }
}
