public import AVGCore

/// The newest transitions of a stream, in the least memory: each frame is kept once as bytes, each vector of signals once
/// in single precision.
///
/// | | bytes of a transition |
/// |---|---|
/// | HalfCheetah-v4, 17 signals, 6 numbers an action | 100 |
/// | three stacked frames of 160 × 90 | 43,200 + 32 + 4 for each signal and number of an action |
///
/// An observation is a *row*: its signals, the places of its frames, and the action, reward and end of the step that led
/// there; the row before is that step's S. A row without such a step begins an episode. A frame that the row before has
/// too, or this one has twice, is kept once, whatever the reason: so stacks come out as they went in, at the beginnings of
/// episodes, at their last observations, and where an image was missing.
///
/// A transition is named by its row's number. One whose S, or any frame of it, has made room for a new one is not in the
/// ring any more: what is drawn is whole.
public struct ReplayRing: ~Copyable, Sendable {
  /// What the environment is like that the transitions come from.
  public let specification: EnvironmentSpecification
  /// The most transitions that are kept.
  public let steps: Int
  /// The most bytes that rows and frames take.
  public let byteLimit: Int
  /// The transitions that can be drawn.
  public private(set) var count = 0

  var rows: RecordQueue
  var frames: RecordQueue
  let layout: RowLayout

  /// Makes an empty ring.
  ///
  /// - Parameters:
  ///   - steps: the most transitions to keep, at least 1.
  ///   - megabytes: the most memory to keep them in, in 10⁶ bytes; nil for no limit but that of `steps`.
  /// - Throws: `noMemory`, `tooSmall`.
  public init(
    for specification: EnvironmentSpecification, steps: Int, megabytes: Int? = nil
  ) throws(ReplayError) {
    precondition(steps >= 1 && steps <= 1 << 40, "a ring cannot keep \(steps) transitions")
    let layout = RowLayout(specification)
    let byteLimit = megabytes.map { max(0, min($0, 1 << 40)) * 1_000_000 } ?? .max
    let frameBytes = specification.frames?.shape.byteCount ?? 0
    // Of two rows, no frame of which is the other's.
    let needed = 2 * (layout.stride + layout.frameCount * frameBytes)
    guard needed <= byteLimit else { throw .tooSmall(megabytes: megabytes ?? 0, needed: needed) }
    // At the worst every transition has a row of its own for S, and the new one comes before the oldest goes.
    let rowCount = min(2 * steps + 4, byteLimit / layout.stride + 4)
    let frameCount =
      layout.frameCount == 0
      ? 0 : min(rowCount * layout.frameCount, byteLimit / frameBytes + 2 * layout.frameCount)
    let rows = try RecordQueue(stride: layout.stride, capacity: rowCount)
    let frames = try RecordQueue(stride: frameBytes, capacity: frameCount)
    self.specification = specification
    self.steps = steps
    self.layout = layout
    self.byteLimit = byteLimit
    self.rows = rows
    self.frames = frames
  }

  /// The bytes of all rows and frames that are kept.
  public var byteCount: Int { rows.count * rows.stride + frames.count * frames.stride }

  /// The bytes of memory that the system holds for the ring at this moment.
  public var residentBytes: Int { rows.residentBytes + frames.residentBytes }

  /// Adds a transition as a learner takes it, and lets the oldest go that find no room any more.
  ///
  /// One that nobody may learn from (`isLearnable`), or with a number that is not finite, is not added.
  ///
  /// - Parameter action: what is kept as A, if not the transition's own.
  /// - Returns: whether it was added.
  @discardableResult
  public mutating func append(_ transition: borrowing Transition, action: [Float]? = nil) -> Bool {
    let action = action ?? transition.action
    guard transition.isLearnable, Self.isFinite(transition), action.allSatisfy(\.isFinite) else {
      return false
    }
    if !lastRowIs(transition.state) { appendRow(transition.state) }
    let row = appendRow(transition.next)
    layout.write(transition.outcome, action, to: row)
    count += 1
    while count > steps || byteCount > byteLimit { dropOldest() }
    return true
  }

  /// Lets all transitions go.
  public mutating func removeAll() {
    rows.drop(before: rows.end)
    frames.drop(before: frames.end)
    count = 0
  }

  private static func isFinite(_ transition: borrowing Transition) -> Bool {
    transition.outcome.reward.isFinite && transition.state.proprioception.allSatisfy(\.isFinite)
      && transition.next.proprioception.allSatisfy(\.isFinite)
  }

  /// Whether the newest row is this very observation: no episode has begun in between.
  private func lastRowIs(_ observation: borrowing Observation) -> Bool {
    guard rows.count > 0 else { return false }
    let row = rows.record(rows.end - 1)
    for slot in 0..<layout.frameCount
    where !isFrame(layout.frame(slot, of: row), observation.frames[slot].pixels) { return false }
    return layout.hasSignals(observation.proprioception, row)
  }

  private func isFrame(_ number: Int, _ pixels: [UInt8]) -> Bool {
    let kept = frames.record(number)
    return pixels.withUnsafeBytes { pixels in
      pixels.baseAddress.map { ReplayRing.areEqual(kept, $0, pixels.count) } ?? true
    }
  }

  /// Adds an observation to which no step has led yet.
  @discardableResult
  private mutating func appendRow(_ observation: borrowing Observation) -> UnsafeMutableRawPointer {
    let count = layout.frameCount
    precondition(
      observation.frames.count == count && observation.proprioception.count == layout.signalCount,
      "an observation of \(count) frames and \(layout.signalCount) signals expected")
    let before = rows.count > 0 ? rows.record(rows.end - 1) : nil
    let row = rows.append()
    layout.clear(row)
    for slot in 0..<count {
      layout.setFrame(slot, keep(observation.frames[slot], slot: slot, of: row, after: before), of: row)
    }
    layout.setSignals(observation.proprioception, row)
    return row
  }

  /// The number of a frame: that of the same one in the row before or in this one, or a new one.
  private mutating func keep(
    _ frame: Frame, slot: Int, of row: UnsafeMutableRawPointer, after before: UnsafeRawPointer?
  ) -> Int {
    precondition(frame.pixels.count == frames.stride, "a frame of \(frames.stride) bytes expected")
    if let before {
      // As a rule the stack has moved on by one.
      for older in [slot + 1, slot] where older < layout.frameCount {
        let number = layout.frame(older, of: before)
        if isFrame(number, frame.pixels) { return number }
      }
    }
    if slot > 0 {
      let number = layout.frame(slot - 1, of: UnsafeRawPointer(row))
      if isFrame(number, frame.pixels) { return number }
    }
    let target = frames.append()
    frame.pixels.withUnsafeBytes { pixels in
      if let source = pixels.baseAddress { target.copyMemory(from: source, byteCount: pixels.count) }
    }
    return frames.end - 1
  }

  /// Lets the oldest row go, and those behind it that are no transition's S any more.
  mutating func dropOldest() {
    repeat {
      let second = rows.first + 1
      if second < rows.end, layout.isStep(rows.record(second)) { count -= 1 }
      rows.drop(before: second)
    } while rows.count > 1 && !layout.isStep(rows.record(rows.first + 1))
    guard rows.count > 0 else { return frames.drop(before: frames.end) }
    // Later rows have no older frames.
    if layout.frameCount > 0 { frames.drop(before: layout.oldestFrame(of: rows.record(rows.first))) }
  }

  /// Counts the transitions of rows and frames that came from a file.
  mutating func recount() {
    count = 0
    for number in rows.first..<rows.end where isTransition(number) { count += 1 }
  }
}

extension ReplayRing {
  /// Whether this is the number of a transition in the ring.
  public func isTransition(_ number: Int) -> Bool {
    number > rows.first && number < rows.end && layout.isStep(rows.record(number))
  }

  /// Writes the numbers of all transitions, the oldest first.
  ///
  /// - Parameter numbers: has room for as many as there are; what is behind them stays.
  public func collect(into numbers: inout [Int]) {
    var place = 0
    for row in rows.first..<rows.end where isTransition(row) {
      numbers[place] = row
      place += 1
    }
  }

  /// Draws transitions, each with the same probability, any of them more than once.
  ///
  /// - Parameters:
  ///   - numbers: receives a number for each of its entries. The ring must not be empty.
  ///   - newest: the first so many entries are not drawn: they are the newest transitions, the newest first, again from the
  ///     beginning where there are too few.
  ///   - appends: how many transitions will come while those that are drawn are still needed: none is drawn that could make
  ///     room for them, as long as there are others.
  ///   - random: decides, on every processor alike.
  public func draw(
    _ numbers: inout [Int], newest: Int = 0, during appends: Int = 0, random: inout RandomSource
  ) {
    precondition(count > 0, "there is no transition to draw")
    let spared = min(rowsThatMayGo(during: appends), rows.count - 2)
    var row = rows.end
    for index in numbers.indices {
      if index < newest {
        repeat { row = row > rows.first + 1 ? row - 1 : rows.end - 1 } while !isTransition(row)
        numbers[index] = row
      } else {
        // Rows that begin an episode are drawn too, and passed over.
        repeat {
          let share = random.next().multipliedFullWidth(by: UInt64(rows.count - 1 - spared)).high
          numbers[index] = rows.first + 1 + spared + Int(share)
        } while !isTransition(numbers[index])
      }
    }
  }

  /// The oldest rows that may make room for this many transitions.
  private func rowsThatMayGo(during appends: Int) -> Int {
    // At the worst an episode begins with each: a row of its own for S, and a whole stack of frames.
    let rows = appends * (layout.frameCount + 3)
    let bytes = rows * (layout.stride + frames.stride)
    return count + appends <= steps && byteCount <= byteLimit - bytes ? 0 : rows
  }

  /// Reads transitions, but for their frames.
  ///
  /// - Parameter batch: of as many transitions as there are numbers.
  public func read(_ numbers: [Int], into batch: inout ReplayBatch) {
    precondition(batch.count == numbers.count, "\(batch.count) transitions cannot take \(numbers.count)")
    for (index, number) in numbers.enumerated() {
      let (state, next) = places(of: number)
      layout.readSignals(state, into: &batch.signals, at: index * layout.signalCount)
      layout.readSignals(next, into: &batch.nextSignals, at: index * layout.signalCount)
      layout.readAction(next, into: &batch.actions, at: index * layout.actionCount)
      let outcome = layout.outcome(next)
      batch.rewards[index] = outcome.reward
      batch.terminated[index] = outcome.terminated
      batch.truncated[index] = outcome.truncated
      batch.cycles[index] = 1 + outcome.missedCycles
    }
  }

  /// Reads a whole transition. What has no meaning to a learner is not kept: measurements, the stamps of frames, and
  /// whether the goal was reached.
  public func read(_ number: Int, into transition: inout Transition) {
    let (state, next) = places(of: number)
    layout.readSignals(state, into: &transition.state.proprioception, at: 0)
    layout.readSignals(next, into: &transition.next.proprioception, at: 0)
    layout.readAction(next, into: &transition.action, at: 0)
    transition.outcome = layout.outcome(next)
    transition.isSkipped = false
    for slot in 0..<layout.frameCount {
      copyFrame(layout.frame(slot, of: state), into: &transition.state.frames[slot].pixels)
      copyFrame(layout.frame(slot, of: next), into: &transition.next.frames[slot].pixels)
    }
  }

  /// Lends out the pixels of one frame of a transition's S or S′, [height, width, 3].
  ///
  /// - Parameters:
  ///   - isNext: of S′.
  ///   - slot: its place in the stack, from the oldest on.
  public func withPixels<Result>(
    of number: Int, isNext: Bool, slot: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    let (state, next) = places(of: number)
    precondition(slot >= 0 && slot < layout.frameCount, "there is no frame \(slot)")
    let pixels = frames.record(layout.frame(slot, of: isNext ? next : state))
    return body(
      UnsafeBufferPointer(
        start: pixels.assumingMemoryBound(to: UInt8.self), count: frames.stride))
  }

  private func places(of number: Int) -> (state: UnsafeRawPointer, next: UnsafeRawPointer) {
    precondition(isTransition(number), "\(number) is no transition of the ring")
    return (rows.record(number - 1), rows.record(number))
  }

  private func copyFrame(_ number: Int, into pixels: inout [UInt8]) {
    let source = frames.record(number)
    pixels.withUnsafeMutableBytes { target in
      precondition(target.count == frames.stride, "a frame of \(frames.stride) bytes expected")
      target.copyMemory(from: UnsafeRawBufferPointer(start: source, count: frames.stride))
    }
  }
}

/// What transitions hold besides their frames, one after the other; the memory is its owner's.
public struct ReplayBatch: Sendable {
  /// How many there are.
  public let count: Int
  /// The signals of S: [count, signalCount].
  public var signals: [Float]
  /// The signals of S′: [count, signalCount].
  public var nextSignals: [Float]
  /// A: [count, actionCount].
  public var actions: [Float]
  /// R [count], as the environment gave it.
  public var rewards: [Float]
  /// Whether S′ is terminal, and has no value [count].
  public var terminated: [Bool]
  /// Whether the episode was cut off after S′, which has a value [count].
  public var truncated: [Bool]
  /// The control cycles that the step took [count]: 1 and those that it missed.
  public var cycles: [Int]

  /// Makes room for `count` transitions.
  public init(for specification: EnvironmentSpecification, count: Int) {
    self.count = count
    signals = [Float](repeating: 0, count: count * specification.signalCount)
    nextSignals = signals
    actions = [Float](repeating: 0, count: count * specification.actionCount)
    rewards = [Float](repeating: 0, count: count)
    terminated = [Bool](repeating: false, count: count)
    truncated = terminated
    cycles = [Int](repeating: 1, count: count)
  }
}
