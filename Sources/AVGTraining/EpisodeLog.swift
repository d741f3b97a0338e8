import Glibc

/// The file `episodes.csv`: a line for each episode, on its way to the disk before the next step is done.
public struct EpisodeLog: ~Copyable {
  private let file: OutputFile

  private static let header = "step,episode,length,return,success"

  /// Begins the file, which must not exist, with the names of the columns.
  public init(creating path: String) throws(FileError) {
    let file = try OutputFile(path: path, flags: O_CREAT | O_EXCL | O_APPEND)
    try file.write(Array((Self.header + "\n").utf8))
    self.file = file
  }

  /// Goes on with the file behind its first `episodeCount` episodes: what came after the checkpoint comes again.
  public init(resuming path: String, after episodeCount: Int) throws(FileError) {
    let kept = try Self.lines(of: path).prefix(episodeCount)
    try AtomicFile.write(([Self.header] + kept).map { $0 + "\n" }.joined(), to: path)
    file = try OutputFile(path: path, flags: O_APPEND)
  }

  /// The episodes in the file at `path`, as far as it is whole; none where there is no file.
  public static func episodes(in path: String) throws(FileError) -> [EpisodeRecord] {
    try lines(of: path).compactMap(record)
  }

  /// Adds an episode.
  public func append(_ episode: EpisodeRecord) throws(FileError) {
    // Rewards are Float: more digits of their sum would be noise.
    let sum = Float(episode.return)
    let line =
      "\(episode.step),\(episode.episode),\(episode.length),\(sum),\(episode.success ? 1 : 0)\n"
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
    guard columns.count == 5, let step = Int(columns[0]), let episode = Int(columns[1]),
      let length = Int(columns[2]), let sum = Double(columns[3]), let success = Int(columns[4])
    else { return nil }
    return EpisodeRecord(
      step: step, episode: episode, length: length, return: sum, success: success != 0)
  }
}
