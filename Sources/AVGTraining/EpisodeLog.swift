import Glibc

/// The file `episodes.csv`: a line for each episode, on its way to the disk before the next step is done.
public struct EpisodeLog: ~Copyable {
  private let file: OutputFile
  private let measure: EpisodeMeasure

  /// Begins the file, which must not exist, with the names of the columns.
  ///
  /// - Parameter measure: what the task's episodes are measured by; a distance has a column of its own.
  public init(creating path: String, measure: EpisodeMeasure = .success) throws(FileError) {
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Array((Self.header(measure) + "\n").utf8))
    self.file = file
    self.measure = measure
  }

  /// Goes on with the file behind its first `episodeCount` episodes: what came after the checkpoint comes again.
  public init(
    resuming path: String, after episodeCount: Int, measure: EpisodeMeasure = .success
  ) throws(FileError) {
    let kept = try Self.lines(of: path).prefix(episodeCount)
    try AtomicFile.write(([Self.header(measure)] + kept).map { $0 + "\n" }.joined(), to: path)
    file = try OutputFile(path: path, flags: O_APPEND)
    self.measure = measure
  }

  private static func header(_ measure: EpisodeMeasure) -> String {
    "step,episode,length,return,success" + (measure == .distance ? ",distance_mm" : "")
  }

  /// The episodes in the file at `path`, as far as it is whole; none where there is no file.
  public static func episodes(in path: String) throws(FileError) -> [EpisodeRecord] {
    try lines(of: path).compactMap(record)
  }

  /// Adds an episode.
  public func append(_ episode: EpisodeRecord) throws(FileError) {
    // Rewards are Float: more digits of their sum would be noise.
    let sum = Float(episode.return)
    let distance = measure == .distance ? ",\(Float(episode.distanceMillimeters))" : ""
    let line =
      "\(episode.step),\(episode.episode),\(episode.length),\(sum),\(episode.success ? 1 : 0)\(distance)\n"
    try file.write(Array(line.utf8))
  }

  /// Waits until the disk has every episode.
  public func synchronize() throws(FileError) { try file.synchronize() }

  /// The lines below the header, up to the first that is no episode: a full disk leaves half a line.
  private static func lines(of path: String) throws(FileError) -> [String] {
    let text: String
    do { text = try InputFile.text(at: path) } catch {
      guard error.code == ENOENT else { throw error }
      return []
    }
    let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return whole.dropFirst().map(String.init).prefix { record($0) != nil }.map { $0 }
  }

  private static func record(_ line: String) -> EpisodeRecord? {
    let columns = line.split(separator: ",", omittingEmptySubsequences: false)
    guard columns.count == 5 || columns.count == 6, let step = Int(columns[0]), let episode = Int(columns[1]),
      let length = Int(columns[2]), let sum = Double(columns[3]), let success = Int(columns[4]),
      let distance = columns.count == 5 ? 0 : Double(columns[5])
    else { return nil }
    return EpisodeRecord(
      step: step, episode: episode, length: length, return: sum, success: success != 0,
      distanceMillimeters: distance)
  }
}
