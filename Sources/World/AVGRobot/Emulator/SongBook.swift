/// The songs of an emulated robot, of which it plays one at a time, silently.
///
/// Source: *iRobot Create 2 Open Interface (OI)*, "Song" and "Play".
struct SongBook {
  /// The song that was played last (packet 36).
  private(set) var selected: UInt8 = 0
  /// How long each lasts, in seconds.
  private var durations = [Double](repeating: 0, count: 5)
  private var secondsLeft = 0.0

  /// The unit of a note's duration.
  private static let noteSeconds = 1.0 / 64

  /// Whether one is played now (packet 37).
  var isPlaying: Bool { secondsLeft > 0 }

  /// Takes the arguments of the command Song: number, count of notes, and two bytes for each note.
  mutating func define(_ arguments: [UInt8]) {
    guard arguments.count >= 2, arguments[0] < durations.count, (1...16).contains(arguments[1]) else {
      return
    }
    let notes = arguments.dropFirst(2)
    durations[Int(arguments[0])] =
      stride(from: notes.startIndex + 1, to: notes.endIndex, by: 2).reduce(0) { $0 + Double(notes[$1]) }
      * Self.noteSeconds
  }

  /// Plays a song; while one is played the command is passed over, and so is a song that nobody has defined.
  mutating func play(_ number: UInt8) {
    guard !isPlaying, number < durations.count, durations[Int(number)] > 0 else { return }
    selected = number
    secondsLeft = durations[Int(number)]
  }

  /// Breaks off.
  mutating func stop() { secondsLeft = 0 }

  /// Lets time go by.
  mutating func advance(by seconds: Double) { secondsLeft = max(0, secondsLeft - seconds) }
}
