package import AVGCore

/// What every body promises, whatever moves it: `Body` says so.
package enum BodyPromise: String, CaseIterable, Sendable {
  case movesWhenTold = "it moves when it is told to"
  case holdsCommand = "a command holds until the next"
  case standsWhenTold = "told to stand it comes to rest within two seconds"
  case staysInSpeed = "no command moves it faster than it may"
  case refusesOtherThanNumbers = "speeds that are no numbers move nothing"
  case keepsTime = "a cycle lasts its period, or is counted as missed"
  case seesLater = "each fresh image is later than the one before, and none of the future"
  case leavesStaleFrames = "what is stale leaves the frame as it was"
  case comesBack = "it is fresh again within two seconds"
  case restsAfterReset = "a reset moves it, and it stands afterwards until it is told something"
  case forgetsOldImages = "after a reset no image of before is seen"
  case feelsNumbers = "what it feels is numbers"
  case needsNoFrames = "an observation without frames is filled too"
  case tellsOfFailure = "a failure is told of in one line and in time, and nothing is fresh after it"
}

/// The same assertions for every body: a list of the promises that one breaks.
package struct BodyContract<Command: BaseCommand, Senses: BaseSenses> {
  /// How the body fails, at the very end.
  package enum Failing {
    /// It cannot.
    case never
    /// At a command that is no number.
    case atBrokenCommand
    /// After what it is that this does, or without it at its own end.
    case after(() -> Void)
  }

  /// The length of its control cycle.
  package var period: Duration
  /// It moves and waits in real time.
  package var isReal = false
  /// What it sees; nil for a body without a camera.
  package var frames: FrameStack?
  /// A command at which it moves, slowly.
  package var go: Command
  /// The opposite command.
  package var back: Command
  /// The command for more than it may do.
  package var excess: Command
  /// A command whose numbers are none.
  package var broken: Command
  /// How far it has moved between two readings, never negative, by their senses.
  package var motion: (_ before: Senses, _ now: Senses) -> Double
  /// All that is felt.
  package var numbers: (Senses) -> [Double]
  /// How far it may move in a second.
  package var topSpeed: Double
  /// How far it moves in a cycle, at most, when it stands.
  package var still: Double
  /// How it fails.
  package var failing = Failing.never

  /// Describes a body by how it is driven and what becomes of that.
  package init(
    period: Duration, frames: FrameStack?, go: Command, back: Command, excess: Command, broken: Command,
    topSpeed: Double, still: Double, motion: @escaping (_ before: Senses, _ now: Senses) -> Double,
    numbers: @escaping (Senses) -> [Double]
  ) {
    self.period = period
    self.frames = frames
    self.go = go
    self.back = back
    self.excess = excess
    self.broken = broken
    self.topSpeed = topSpeed
    self.still = still
    self.motion = motion
    self.numbers = numbers
  }

  /// The promises that the body breaks. What it does here is always the same, as far as what it senses is.
  ///
  /// - Throws: what the body throws before it is to fail.
  package func broken<B: Body & ~Copyable>(by body: inout B) throws -> Set<BodyPromise>
  where B.Command == Command, B.Senses == Senses {
    var examination = BodyExamination(self)
    try examination.examine(&body)
    return examination.broken
  }
}

private struct BodyExamination<Command: BaseCommand, Senses: BaseSenses>: ~Copyable {
  private(set) var broken: Set<BodyPromise> = []
  private let contract: BodyContract<Command, Senses>
  private var view: Observation
  private var senses = Senses()
  /// What was seen last.
  private var lastCaptured: MonotonicInstant?
  private var staleInARow = 0

  init(_ contract: BodyContract<Command, Senses>) {
    self.contract = contract
    view = Observation(frames: contract.frames)
  }

  mutating func examine<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    try checkReset(&body)
    try checkMotion(&body)
    try checkStop(&body, after: contract.back)
    try checkTime(&body)
    try checkExcess(&body)
    try checkStop(&body, after: contract.go)
    try checkBrokenCommand(&body)
    try checkBlind(&body)
    // It moves while it is reset.
    for _ in 0..<3 { _ = try cycle(&body, contract.go) }
    try checkReset(&body)
    checkFailure(&body)
  }

  private mutating func expect(_ isKept: Bool, _ promise: BodyPromise) {
    if !isKept { broken.insert(promise) }
  }

  /// The cycles of `seconds`.
  private func cycles(in seconds: Double) -> Int { Int((seconds / contract.period.seconds).rounded(.up)) }

  /// Drives, unless there is no command, waits and senses.
  ///
  /// - Returns: how far the body has moved since it was last sensed; nil if that is stale.
  private mutating func cycle<B: Body & ~Copyable>(_ body: inout B, _ command: Command?) throws -> Double?
  where B.Command == Command, B.Senses == Senses {
    if let command { try body.drive(command) }
    expect(try body.awaitCycle() >= 0, .keepsTime)
    return try sense(&body)
  }

  private mutating func sense<B: Body & ~Copyable>(_ body: inout B) throws -> Double?
  where B.Command == Command, B.Senses == Senses {
    let before = senses
    let shown = view.frames
    guard try body.sense(into: &view, &senses) == .fresh else {
      expect(zip(view.frames, shown).allSatisfy { $0.pixels == $1.pixels }, .leavesStaleFrames)
      staleInARow += 1
      expect(staleInARow < cycles(in: 2), .comesBack)
      return nil
    }
    staleInARow = 0
    expect(contract.numbers(senses).allSatisfy(\.isFinite), .feelsNumbers)
    if let captured = view.frames.last?.stamp.captured {
      if let lastCaptured { expect(captured > lastCaptured, .seesLater) }
      if contract.isReal { expect(captured <= .now, .seesLater) }
      lastCaptured = captured
    }
    return contract.motion(before, senses)
  }

  /// Resets, and lets some cycles go by in which it is told nothing.
  private mutating func checkReset<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    let before = lastCaptured
    expect(try body.reset(), .restsAfterReset)
    let isThere = MonotonicInstant.now
    lastCaptured = nil
    for _ in 0..<cycles(in: 2) where staleInARow > 0 || lastCaptured == nil {
      if try sense(&body) != nil { break }
      _ = try body.awaitCycle()
    }
    if let lastCaptured {
      expect(
        contract.isReal ? lastCaptured >= isThere : before.map { lastCaptured >= $0 } ?? true,
        .forgetsOldImages)
    }
    for _ in 0..<4 { expect(try cycle(&body, nil) ?? 0 <= contract.still, .restsAfterReset) }
  }

  /// To and fro, and on without a new command in every other cycle.
  private mutating func checkMotion<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    var (told, held) = (0.0, 0.0)
    for command in [contract.go, contract.back] {
      for number in 0..<10 {
        let moved = try cycle(&body, number % 2 == 0 ? command : nil) ?? 0
        // What lies between the first command and its effect.
        if number > 3 { if number % 2 == 0 { told += moved } else { held += moved } }
      }
    }
    expect(told > 4 * contract.still, .movesWhenTold)
    // What has not moved has not gone on moving either.
    if told > 4 * contract.still { expect(held > told / 4, .holdsCommand) }
  }

  private mutating func checkStop<B: Body & ~Copyable>(_ body: inout B, after command: Command) throws
  where B.Command == Command, B.Senses == Senses {
    for _ in 0..<4 { _ = try cycle(&body, command) }
    var restful = 0
    for _ in 0..<cycles(in: 2) where restful < 3 {
      guard let moved = try cycle(&body, .stopped) else { continue }
      restful = moved <= contract.still ? restful + 1 : 0
    }
    expect(restful == 3, .standsWhenTold)
  }

  /// Ten cycles by the clock of the body, which is that of its images where it is none of this computer's. A computer that is
  /// busy has three tries.
  private mutating func checkTime<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    guard contract.isReal || contract.frames != nil else { return }
    for _ in 0..<3 {
      _ = try cycle(&body, .stopped)
      var (began, periods) = (MonotonicInstant.now, 0)
      if !contract.isReal, let lastCaptured { began = lastCaptured }
      for _ in 0..<10 {
        try body.drive(.stopped)
        periods += 1 + (try body.awaitCycle())
        _ = try sense(&body)
      }
      let end = contract.isReal ? MonotonicInstant.now : lastCaptured ?? began
      let difference = began.duration(to: end).seconds / contract.period.seconds - Double(periods)
      if abs(difference) < 1 { return }
    }
    broken.insert(.keepsTime)
  }

  private mutating func checkExcess<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    let began = MonotonicInstant.now
    var moved = 0.0
    for _ in 0..<8 { moved += try cycle(&body, contract.excess) ?? 0 }
    // Readings are older than the present, by no more than that of the moment before.
    let seconds = contract.isReal ? began.duration(to: .now).seconds + 0.2 : 9 * contract.period.seconds
    expect(moved <= contract.topSpeed * seconds, .staysInSpeed)
  }

  private mutating func checkBrokenCommand<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    for _ in 0..<4 {
      // It may refuse it, too.
      try? body.drive(contract.broken)
      expect(try cycle(&body, nil) ?? 0 <= contract.still, .refusesOtherThanNumbers)
    }
    try body.drive(.stopped)
  }

  private mutating func checkBlind<B: Body & ~Copyable>(_ body: inout B) throws
  where B.Command == Command, B.Senses == Senses {
    var blind = Observation(frames: nil)
    var felt = Senses()
    var isFilled = false
    for _ in 0..<cycles(in: 2) where !isFilled {
      try body.drive(.stopped)
      _ = try body.awaitCycle()
      isFilled = try body.sense(into: &blind, &felt) == .fresh
    }
    expect(isFilled && contract.numbers(felt).allSatisfy(\.isFinite), .needsNoFrames)
  }

  private mutating func checkFailure<B: Body & ~Copyable>(_ body: inout B)
  where B.Command == Command, B.Senses == Senses {
    switch contract.failing {
    case .never: break
    case .atBrokenCommand:
      expect(Self.isTold { () throws(B.Failure) in try body.drive(contract.broken) }, .tellsOfFailure)
    case .after(let strike):
      strike()
      var fresh = 0
      let count = cycles(in: 2)
      var seen = Observation(frames: contract.frames)
      var felt = Senses()
      let isTold = Self.isTold { () throws(B.Failure) in
        for _ in 0..<count {
          try body.drive(.stopped)
          _ = try body.awaitCycle()
          if try body.sense(into: &seen, &felt) == .fresh { fresh += 1 }
        }
        // Who waits for a robot that does not answer loses patience on the way to a start.
        _ = try body.reset()
      }
      // Half a second of what was on its way.
      expect(isTold && fresh <= cycles(in: 0.5), .tellsOfFailure)
    }
  }

  /// Whether something fails, and says so in one line.
  private static func isTold<F: Error>(_ action: () throws(F) -> Void) -> Bool {
    do { try action() } catch {
      let line = "\(error)"
      return line.count > 10 && !line.contains("\n")
    }
    return false
  }
}
