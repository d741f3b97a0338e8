import AVGCore
import AVGTestSupport
import Foundation
import Testing

@testable import AVGReplay

@Suite("A ring's files")
struct ReplayLogTests {
  /// Everything that a ring holds.
  private struct Contents: Hashable {
    var rows: [[UInt8]] = []
    var frames: [[UInt8]] = []
    var places: [Int] = []
  }

  private func contents(of ring: borrowing ReplayRing) -> Contents {
    var contents = Contents()
    for number in ring.rows.first..<ring.rows.end {
      let bytes = UnsafeRawBufferPointer(start: ring.rows.record(number), count: ring.rows.stride)
      contents.rows.append([UInt8](bytes))
    }
    for number in ring.frames.first..<ring.frames.end {
      let bytes = UnsafeRawBufferPointer(start: ring.frames.record(number), count: ring.frames.stride)
      contents.frames.append([UInt8](bytes))
    }
    contents.places = [ring.rows.first, ring.rows.end, ring.frames.first, ring.frames.end, ring.count]
    return contents
  }

  private func log(_ folder: TemporaryFolder, kept: Int = 3, fileBytes: Int = 1500) -> ReplayLog {
    ReplayLog(folder: folder.path + "/replay", checkpointsKept: kept, fileBytes: fileBytes)
  }

  @Test(
    "a ring that was saved and loaded goes on as if it had not been, whatever came between two saves",
    arguments: [Stream.pixels, Stream.vectors], [1, 20, 300])
  func goesOn(specification: EnvironmentSpecification, steps: Int) throws {
    let folder = try TemporaryFolder()
    var ring = try ReplayRing(for: specification, steps: steps)
    var log = log(folder)
    var stream = Stream(specification, seed: 4)
    for save in 0..<12 {
      // Between two saves as much comes as the small rings hold many times.
      for _ in 0..<(save % 4 * 30) {
        stream.step()
        ring.append(stream.transition)
      }
      let mark = try log.save(ring)
      #expect(ReplayMark(numbers: mark.numbers) == mark)
      guard save % 3 == 2 else { continue }
      try goOn(&ring, &log, folder, mark) { () throws(ReplayError) in
        try ReplayRing(for: specification, steps: steps)
      }
    }
  }

  /// Puts a ring that is read from the files in the place of the one that wrote them.
  ///
  /// A function to itself: where a value that cannot be copied is replaced in a loop, Swift 6.3.1's debug information
  /// takes for ever to come to an end.
  private func goOn(
    _ ring: inout ReplayRing, _ log: inout ReplayLog, _ folder: TemporaryFolder, _ mark: ReplayMark,
    _ make: () throws(ReplayError) -> ReplayRing
  ) throws {
    var loaded = try make()
    var continued = self.log(folder)
    try continued.load(mark, into: &loaded)
    #expect(contents(of: loaded) == contents(of: ring))
    ring = loaded
    log = continued
  }

  @Test(
    "a run that was killed finds what its last checkpoints' marks name, wherever the save after them stopped")
  func killed() throws {
    let folder = try TemporaryFolder()
    var ring = try ReplayRing(for: Stream.pixels, steps: 40)
    var log = log(folder)
    var stream = Stream(Stream.pixels, seed: 9)
    var marks: [(mark: ReplayMark, contents: Contents)] = []
    var random = RandomSource(seed: 1, purpose: "kills")
    for _ in 0..<30 {
      let before = try lengths(folder)
      for _ in 0..<25 {
        stream.step()
        ring.append(stream.transition)
      }
      let mark = try log.save(ring)
      marks.append((mark, contents(of: ring)))
      if marks.count > 4 { marks.removeFirst() }
      let after = try lengths(folder)
      // Any part of what the save wrote is there, or not, or a half.
      let killed = try TemporaryFolder()
      try FileManager.default.createDirectory(
        atPath: killed.path + "/replay", withIntermediateDirectories: true)
      for (name, length) in after {
        let least = before[name] ?? 0
        let kept = least + Int(random.uniform() * Double(length - least + 1))
        try killed.write(try folder.data("replay/" + name).prefix(kept), to: "replay/" + name)
      }
      // The newest mark's checkpoint has not been put in place yet: the three before it are those that are kept.
      for (mark, contents) in marks.dropLast() {
        var loaded = try ReplayRing(for: Stream.pixels, steps: 40)
        var reader = self.log(killed)
        try reader.load(mark, into: &loaded)
        #expect(self.contents(of: loaded) == contents)
      }
    }
    // Files that no checkpoint needs are gone.
    let kept: Int = try lengths(folder).values.reduce(0, +)
    #expect(kept < 27_000)
    #expect(!folder.holds("replay/frames-0"))
  }

  private func lengths(_ folder: TemporaryFolder) throws -> [String: Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/replay")) ?? []
    var lengths: [String: Int] = [:]
    for name in names { lengths[name] = try folder.data("replay/" + name).count }
    return lengths
  }

  @Test("a byte that is not as it was written is found, wherever it is; so is a file that is gone or short")
  func damage() throws {
    let folder = try TemporaryFolder()
    var ring = try ReplayRing(for: Stream.pixels, steps: 30)
    var log = log(folder, kept: 1)
    var stream = Stream(Stream.pixels, seed: 5)
    for _ in 0..<30 {
      stream.step()
      ring.append(stream.transition)
    }
    let mark = try log.save(ring)
    #expect(ring.rows.first == 0)
    for name in try lengths(folder).keys {
      let whole = try folder.data("replay/" + name)
      for place in stride(from: 0, to: whole.count, by: 7) {
        // The checksum in front of the first record is that of none.
        guard !name.hasSuffix("-0") || place >= 4 else { continue }
        var bytes = whole
        bytes[place] ^= 0x10
        try folder.write(bytes, to: "replay/" + name)
        try expectDamage(folder, mark)
      }
      try folder.write(whole.dropLast(), to: "replay/" + name)
      try expectDamage(folder, mark)
      try FileManager.default.removeItem(atPath: folder.path + "/replay/" + name)
      #expect(throws: ReplayError.self) { try self.load(folder, mark) }
      try folder.write(whole, to: "replay/" + name)
    }
    try load(folder, mark)
  }

  private func load(_ folder: TemporaryFolder, _ mark: ReplayMark) throws(ReplayError) {
    var ring = try ReplayRing(for: Stream.pixels, steps: 30)
    var log = log(folder)
    try log.load(mark, into: &ring)
  }

  private func expectDamage(_ folder: TemporaryFolder, _ mark: ReplayMark) throws {
    do throws(ReplayError) {
      try load(folder, mark)
      Issue.record("nothing was found")
    } catch {
      guard case .damaged = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("what another continuation of the run has left is not taken for the checkpoint's own")
  func continuations() throws {
    let folder = try TemporaryFolder()
    var ring = try ReplayRing(for: Stream.pixels, steps: 30)
    var log = log(folder)
    var stream = Stream(Stream.pixels, seed: 5)
    func run(_ ring: inout ReplayRing, _ stream: inout Stream) {
      for _ in 0..<20 {
        stream.step()
        ring.append(stream.transition)
      }
    }
    run(&ring, &stream)
    let first = try log.save(ring)
    run(&ring, &stream)
    let second = try log.save(ring)

    var continued = try ReplayRing(for: Stream.pixels, steps: 30)
    var other = self.log(folder)
    try other.load(first, into: &continued)
    var otherStream = Stream(Stream.pixels, seed: 77)
    run(&continued, &otherStream)
    let third = try other.save(continued)
    try expectDamage(folder, second)
    try load(folder, third)
    try load(folder, first)
  }

  @Test("a folder that cannot be made, and a ring that has become smaller, are said")
  func refused() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "replay")
    var ring = try ReplayRing(for: Stream.pixels, steps: 100_000)
    var log = log(folder)
    #expect(throws: ReplayError.self) { try log.save(ring) }

    var stream = Stream(Stream.pixels, seed: 5)
    for _ in 0..<30_000 {
      stream.step()
      ring.append(stream.transition)
    }
    let other = try TemporaryFolder()
    var whole = self.log(other, fileBytes: 1 << 24)
    let mark = try whole.save(ring)
    var small = try ReplayRing(for: Stream.pixels, steps: 10)
    #expect(throws: ReplayError.shrunk(folder: other.path + "/replay")) {
      try whole.load(mark, into: &small)
    }
  }
}
