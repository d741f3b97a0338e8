import AVGCore
import Foundation
import Yams

/// The files of a log: a single file, or those of a folder written by rosbag2.
public enum LogFiles {
  private static let extensions = [".mcap", ".mcap.zstd", ".mcap.zst"]
  private static let metadataName = "metadata.yaml"
  private static let largestMetadata = 16 << 20

  /// Whether a path is a log, judged by its extension or by the contents of the folder.
  public static func isLog(_ path: String) -> Bool {
    hasLogExtension(path)
      ? !isFolder(path) || !logs(in: path).isEmpty : isFolder(path) && !logs(in: path).isEmpty
  }

  /// Returns the files of a log in order.
  ///
  /// - Parameter path: a file, or a folder whose `metadata.yaml` lists the files; without that, all MCAP files in the
  ///   folder, sorted by name and number.
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

  /// Returns the file of a log that must consist of one.
  static func onlyPath(of path: String) throws(LogError) -> String {
    let paths = try paths(of: path)
    guard paths.count == 1 else {
      throw .unsupported(
        file: path, what: "its folder contains \(paths.count) files",
        advice: "Name one of them: \(paths.joined(separator: ", ")).")
    }
    return paths[0]
  }

  private static func hasLogExtension(_ name: String) -> Bool {
    extensions.contains { name.lowercased().hasSuffix($0) }
  }

  /// The file name without the log extension.
  private static func stem(of name: String) -> String {
    extensions.first { name.lowercased().hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The MCAP files of a folder, 10 after 9. If a file is also there decompressed, only that is used.
  private static func logs(in folder: String) -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter(hasLogExtension)
    let plain = Set(names.map { $0.lowercased() })
    return names.filter { name in
      let lowered = name.lowercased()
      return lowered.hasSuffix(".mcap") || !plain.contains(stem(of: lowered) + ".mcap")
    }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  /// The files listed in the folder's metadata; nil if there are none.
  private static func named(in folder: String) throws(LogError) -> [String]? {
    let path = folder + "/" + metadataName
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let size = attributes[.size] as? Int, size <= largestMetadata,
      let text = try? String(contentsOf: URL(filePath: path), encoding: .utf8),
      let document = try? Yams.compose(yaml: text),
      let entries = document["rosbag2_bagfile_information"]?["relative_file_paths"]?.sequence
    else { return nil }
    // Older metadata include the folder in the names.
    let names = entries.compactMap(\.string).map { URL(filePath: $0).lastPathComponent }
    guard !names.isEmpty, names.allSatisfy(hasLogExtension) else { return nil }
    // A listed file may have been decompressed or compressed since.
    return try names.map { (name: String) throws(LogError) -> String in
      guard
        let found = ([name] + extensions.map { stem(of: name) + $0 }).first(where: {
          access(folder + "/" + $0, F_OK) == 0
        })
      else {
        throw LogError.missing(
          file: folder, what: "file '\(name)', which its \(metadataName) names",
          advice: "Restore it, or name one of the files that are there.")
      }
      return found
    }
  }
}
