public import AVGConfiguration
public import AVGImaging
import AVGPlots
public import AVGSystem
import Glibc

/// The folder that a run leaves behind.
public struct RunFolder: Hashable, Sendable {
  /// Where it lies.
  public let path: String

  /// The configuration with every key, as the run used it.
  public var configurationPath: String { path + "/configuration.yaml" }
  /// One line for each episode.
  public var episodesPath: String { path + "/episodes.csv" }
  /// One line of JSON for each episode.
  public var metricsPath: String { path + "/metrics.jsonl" }
  /// The agent's weights and statistics.
  public var checkpointPath: String { path + "/checkpoint.safetensors" }
  /// How often each stage of a step took how long.
  public var latenciesPath: String { path + "/latencies.csv" }
  /// The picture of how the run went.
  public var learningCurvePath: String { path + "/learning-curve.png" }

  /// The folder of a run that exists.
  public init(existing path: String) {
    self.path = path
  }

  /// Makes the folder at `path`, and those above it; an empty one is taken as it is.
  ///
  /// - Throws: if it holds anything: no run overwrites another, nor anyone's files.
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

  /// Makes the folder of a run that is told no other, at `defaultPath`; runs that begin within one second have a number
  /// behind it, from 2 on.
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

  /// Makes folders, each in the one before.
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

  /// Where a run lies unless it is told otherwise: `runs/<name>-<seed>-<date>-<time>`, in local time.
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

  /// Writes the resolved configuration, which loads again.
  public func writeConfiguration(_ configuration: some Encodable) throws(RunFolderError) {
    let text: String
    do { text = try StrictYAML.dump(configuration) } catch { throw .configuration(error) }
    do { try AtomicFile.write(text, to: configurationPath) } catch { throw .file(error) }
  }

  /// Draws the episodes' learning curve.
  public func writeLearningCurve(_ curve: LearningCurve) throws(RunFolderError) {
    let bytes: [UInt8]
    do { bytes = try PNG.encode(curve.drawing.raster(scale: 1.5)) } catch { throw .image(error) }
    do { try AtomicFile.write(bytes, to: learningCurvePath) } catch { throw .file(error) }
  }
}

/// What can go wrong with the folder of a run.
public enum RunFolderError: Error, Hashable, CustomStringConvertible {
  /// There is something in the folder already.
  case notEmpty(path: String)
  /// Another process writes into the folder; nil if the system does not tell which.
  case inUse(path: String, process: Int32?)
  /// The system refused a file.
  case file(FileError)
  /// The configuration could not be put into words.
  case configuration(ConfigurationError)
  /// The picture could not be made.
  case image(PNGError)

  /// The folder or file, what failed, and what to do.
  public var description: String {
    switch self {
    case .notEmpty(let path):
      "\(path): the folder holds files already. Name a new or an empty folder with --output."
    case .inUse(let path, let process?):
      "\(path): process \(process) is writing into this folder. Wait for its end, or end it with 'kill \(process)'."
    case .inUse(let path, nil):
      "\(path): another process is writing into this folder. Wait for its end, or name another folder."
    case .file(let error): error.description
    case .configuration(let error): error.description
    case .image(let error): error.description
    }
  }
}
