import AVGConfiguration
public import AVGCore
public import AVGImaging
import AVGPlots
public import AVGSystem
import Glibc

/// The folder with a run's files.
public struct RunFolder: Hashable, Sendable {
  /// The path of the folder.
  public let path: String

  /// The complete configuration of the run.
  public var configurationPath: String { path + "/configuration.yaml" }
  /// A row for each episode.
  public var episodesPath: String { path + "/episodes.csv" }
  /// A line of JSON for each episode.
  public var metricsPath: String { path + "/metrics.jsonl" }
  /// The agent's weights and statistics.
  public var checkpointPath: String { path + "/checkpoint.safetensors" }
  /// Histograms of the durations of a step's stages.
  public var latenciesPath: String { path + "/latencies.csv" }
  /// The chart of the learning curve.
  public var learningCurvePath: String { path + "/learning-curve.png" }

  /// Refers to the folder of an existing run.
  public init(existing path: String) {
    self.path = path
  }

  /// Creates the folder at `path` and its parents; an empty existing folder is accepted.
  ///
  /// - Throws: `notEmpty` if it contains anything, so that no run overwrites another, or other files.
  public init(creating path: String) throws(RunFolderError) {
    try Self.makeFolders(path.split(separator: "/"), isAbsolute: path.hasPrefix("/"))
    guard let folder = opendir(path) else { throw .file(FileError(path: path, action: "open the folder")) }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // "." and ".." are always there.
    guard count <= 2 else { throw .notEmpty(path: path) }
    self.path = path
  }

  /// Creates the folder of a run without a given path, at `defaultPath`. Runs that start in the same second get a
  /// number appended, from 2 on.
  public init(named name: String, seed: UInt64, time: Int? = nil) throws(RunFolderError) {
    let wanted = Self.defaultPath(name: name, seed: seed, time: time)
    try Self.makeFolders(wanted.split(separator: "/").dropLast(), isAbsolute: false)
    for number in 1...10_000 {
      let path = number == 1 ? wanted : "\(wanted)-\(number)"
      if mkdir(path, 0o755) == 0 {
        self.path = path
        return
      }
      guard errno == EEXIST else { break }
    }
    throw .file(FileError(path: wanted, action: "make the folder"))
  }

  /// Creates the folder at `path` and its parents, where they are missing.
  public static func makeFolders(_ path: String) throws(RunFolderError) {
    try makeFolders(path.split(separator: "/"), isAbsolute: path.hasPrefix("/"))
    do { _ = try OutputFile(folder: path) } catch { throw .file(error) }
  }

  /// Creates nested folders.
  private static func makeFolders(
    _ names: some Sequence<Substring>, isAbsolute: Bool
  ) throws(RunFolderError) {
    var made = isAbsolute ? "/" : ""
    for name in names {
      made += name
      if mkdir(made, 0o755) != 0, errno != EEXIST {
        throw .file(FileError(path: made, action: "make the folder"))
      }
      made += "/"
    }
  }

  /// The default path of a run: `runs/<name>-<seed>-<date>-<time>`, in local time.
  ///
  /// - Parameter time: seconds since 1970; nil means now.
  public static func defaultPath(name: String, seed: UInt64, time: Int? = nil) -> String {
    let kept = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" }
    var seconds = time ?? Glibc.time(nil)
    var parts = tm()
    localtime_r(&seconds, &parts)
    var date = [CChar](repeating: 0, count: 16)
    strftime(&date, date.count, "%Y%m%d-%H%M%S", &parts)
    let digits = String(decoding: date.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "runs/\(String(kept))-\(seed)-\(digits)"
  }

  /// Writes the resolved configuration, which can be loaded again, under a comment of one line.
  public func writeConfiguration(
    _ configuration: some ConfigurationSection, comment: String
  ) throws(RunFolderError) {
    let text = "# \(comment)\n" + StrictYAML.dump(configuration)
    do { try AtomicFile.write(text, to: configurationPath) } catch {
      throw .file(error)
    }
  }

  /// Writes the chart of the learning curve.
  public func writeLearningCurve(_ curve: LearningCurve) throws(RunFolderError) {
    let bytes: [UInt8]
    do { bytes = try PNG.encode(curve.drawing.raster(scale: 1.5)) } catch { throw .image(error) }
    do { try AtomicFile.write(bytes, to: learningCurvePath) } catch { throw .file(error) }
  }
}

/// An error of a run's folder.
public enum RunFolderError: Error, Hashable, CustomStringConvertible {
  /// The folder is not empty.
  case notEmpty(path: String)
  /// Another process is writing to the folder; `process` is nil if it could not be found.
  case inUse(path: String, process: Int32?)
  /// A file could not be read or written.
  case file(FileError)
  /// The picture could not be encoded.
  case image(PNGError)

  /// The folder or file, what failed, and what to do.
  public var description: String {
    switch self {
    case .notEmpty(let path):
      "\(path): the folder is not empty. Name a new or empty folder with --output."
    case .inUse(let path, let process?):
      "\(path): process \(process) is writing to this folder. Wait until it ends, or end it with 'kill \(process)'."
    case .inUse(let path, nil):
      "\(path): another process is writing to this folder. Wait until it ends, or name another folder."
    case .file(let error): error.description
    case .image(let error): error.description
    }
  }
}
