import AVGCore
import Testing

@testable import AVGReplay

@Suite("The replay ring")
struct ReplayRingTests {
  @Test(
    "it gives back the newest transitions, as a store of whole copies does",
    arguments: [1, 2, 7, 150], [Stream.pixels, Stream.vectors])
  func everything(steps: Int, specification: EnvironmentSpecification) throws {
    var ring = try ReplayRing(for: specification, steps: steps)
    var stream = Stream(specification, seed: UInt64(steps))
    var copies: [Copied] = []
    for _ in 0..<600 {
      stream.step()
      let isAdded = ring.append(stream.transition)
      #expect(
        isAdded == (stream.transition.isLearnable && stream.transition.outcome.reward.isFinite))
      if isAdded { copies.append(Copied(stream.transition)) }
      if copies.count > steps { copies.removeFirst() }
      #expect(ring.count == copies.count)
      let expected: [Copied] = copies.reversed()
      #expect(newest(of: ring) == expected)
    }
    #expect(ring.rows.end > 2 * steps)
  }

  /// All transitions of a ring, the newest first.
  private func newest(of ring: borrowing ReplayRing) -> [Copied] {
    guard ring.count > 0 else { return [] }
    var numbers = [Int](repeating: 0, count: ring.count)
    var random = RandomSource(seed: 0, purpose: "none")
    ring.draw(&numbers, newest: numbers.count, random: &random)
    var transition = Transition(for: ring.specification)
    return numbers.map { number in
      ring.read(number, into: &transition)
      return Copied(transition)
    }
  }

  @Test("a limit in megabytes keeps the newest transitions that find room, in no more memory")
  func megabytes() throws {
    var specification = Stream.pixels
    specification.frames = FrameStack(count: 3, shape: FrameShape(height: 60, width: 80))
    var ring = try ReplayRing(for: specification, steps: 1000, megabytes: 1)
    var stream = Stream(specification, seed: 3)
    var copies: [Copied] = []
    for step in 0..<300 {
      stream.step()
      if ring.append(stream.transition) { copies.append(Copied(stream.transition)) }
      #expect(ring.byteCount <= 1_000_000)
      guard step % 50 == 49 else { continue }
      let expected: [Copied] = copies.suffix(ring.count).reversed()
      #expect(newest(of: ring) == expected)
    }
    // A row and a frame more would not have found room.
    #expect(ring.byteCount > 940_000)
    #expect(ring.count > 40)
  }

  @Test("a transition of HalfCheetah takes 100 bytes")
  func vectorBytes() throws {
    var ring = try ReplayRing(for: Stream.vectors, steps: 50_000)
    for step in 0..<60_000 { ring.append(try makeStep(step, of: ring)) }
    #expect(ring.count == 50_000)
    #expect(ring.byteCount == 5_000_100)
    // A block at each end.
    #expect(ring.residentBytes < 5_000_100 + 540_000)
  }

  /// The transition number `step` of one long episode of vectors.
  private func makeStep(_ step: Int, of ring: borrowing ReplayRing) throws -> Transition {
    var transition = Transition(for: ring.specification)
    transition.state.proprioception[3] = Float(step)
    transition.next.proprioception[3] = Float(step + 1)
    return transition
  }

  @Test("each frame is kept once")
  func frameBytes() throws {
    let specification = EnvironmentSpecification(signalCount: 8, actionCount: 2)
    var ring = try ReplayRing(for: specification, steps: 400)
    var transition = Transition(for: specification)
    for step in 1...500 {
      transition.next.shiftFrames(from: transition.state)
      Self.number(&transition.next.frames[2].pixels, step)
      ring.append(transition)
      transition.advance()
    }
    #expect(ring.count == 400)
    // A frame for each S′, and the three of the first S.
    #expect(ring.frames.count == 403)
    let bytes: Int = 403 * 43_200 + 401 * 72
    #expect(ring.byteCount == bytes)
  }

  private static func number(_ pixels: inout [UInt8], _ step: Int) {
    pixels[0] = UInt8(step % 256)
    pixels[1] = UInt8(step / 256)
  }

  @Test(
    "the memory that the system holds stays within the promise, however long the run and its episodes are")
  func resident() throws {
    let specification = EnvironmentSpecification(signalCount: 8, actionCount: 2)
    var ring = try ReplayRing(for: specification, steps: 100_000, megabytes: 20)
    #expect(ring.residentBytes < 100_000)
    var transition = Transition(for: specification)
    var random = RandomSource(seed: 1, purpose: "images")
    for step in 0..<2500 {
      if step % 33 == 0 {
        transition.state.frames[2].pixels[7] = UInt8(truncatingIfNeeded: random.next())
        transition.state.frames[2].pixels[11] = UInt8(truncatingIfNeeded: random.next())
        transition.state.repeatNewestFrame()
      } else {
        transition.advance()
      }
      transition.next.shiftFrames(from: transition.state)
      for index in 0..<8 {
        transition.next.frames[2].pixels[index] = UInt8(truncatingIfNeeded: random.next())
      }
      transition.outcome.terminated = step % 33 == 32
      ring.append(transition)
    }
    #expect(ring.byteCount > 19_900_000)
    #expect(ring.residentBytes > 19_800_000)
    #expect(ring.residentBytes <= 21_100_000)
  }

  @Test("each transition is drawn as often as another; the newest come first where they are wanted")
  func uniform() throws {
    var ring = try ReplayRing(for: Stream.pixels, steps: 12)
    var stream = Stream(Stream.pixels, seed: 8)
    for _ in 0..<100 {
      stream.step()
      ring.append(stream.transition)
    }
    var random = RandomSource(seed: 5, purpose: "draws")
    var numbers = [Int](repeating: 0, count: 64)
    var counts: [Int: Int] = [:]
    for _ in 0..<600 {
      ring.draw(&numbers, newest: 4, random: &random)
      #expect(numbers[0] > numbers[1] && numbers[1] > numbers[2] && numbers[2] > numbers[3])
      for number in numbers.dropFirst(4) { counts[number, default: 0] += 1 }
    }
    #expect(counts.count == 12)
    // 3,000 each, with a deviation of 52.
    #expect(counts.values.allSatisfy { abs($0 - 3000) < 220 })

    // More of the newest than there are: again from the beginning.
    var all = [Int](repeating: 0, count: 30)
    ring.draw(&all, newest: 30, random: &random)
    #expect(all[12..<24] == all[0..<12])
  }

  @Test("what is read for a batch is what is read one by one")
  func batch() throws {
    var ring = try ReplayRing(for: Stream.pixels, steps: 50)
    var stream = Stream(Stream.pixels, seed: 2)
    for _ in 0..<200 {
      stream.step()
      ring.append(stream.transition)
    }
    var numbers = [Int](repeating: 0, count: 20)
    var random = RandomSource(seed: 6, purpose: "draws")
    ring.draw(&numbers, random: &random)
    var batch = ReplayBatch(for: Stream.pixels, count: 20)
    ring.read(numbers, into: &batch)
    var transition = Transition(for: Stream.pixels)
    for (index, number) in numbers.enumerated() {
      ring.read(number, into: &transition)
      let signals = 2 * index..<2 * index + 2
      let actions = 3 * index..<3 * index + 3
      #expect(Array(batch.signals[signals]) == transition.state.proprioception)
      #expect(Array(batch.nextSignals[signals]) == transition.next.proprioception)
      #expect(Array(batch.actions[actions]) == transition.action)
      #expect(batch.rewards[index] == transition.outcome.reward)
      #expect(batch.terminated[index] == transition.outcome.terminated)
      #expect(batch.cycles[index] == 1 + transition.outcome.missedCycles)
      for slot in 0..<3 {
        let state = ring.withPixels(of: number, isNext: false, slot: slot) { Array($0) }
        let next = ring.withPixels(of: number, isNext: true, slot: slot) { Array($0) }
        #expect(state == transition.state.frames[slot].pixels)
        #expect(next == transition.next.frames[slot].pixels)
      }
    }
  }

  @Test("a ring that is too small for a transition, or too large for any computer, is refused")
  func refused() {
    let specification = EnvironmentSpecification(
      frames: FrameStack(count: 3, shape: FrameShape(height: 480, width: 640)), signalCount: 0, actionCount: 1
    )
    let needed: Int = 2 * (40 + 3 * 921_600)
    #expect(throws: ReplayError.tooSmall(megabytes: 5, needed: needed)) {
      _ = try ReplayRing(for: specification, steps: 10, megabytes: 5).count
    }
    #expect(throws: ReplayError.self) {
      _ = try ReplayRing(for: specification, steps: 1 << 30).count
    }
  }
}
