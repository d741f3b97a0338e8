import AVGCore
import AVGImaging
import CTurboJPEG
import Testing

@Suite("Unusual JPEG images that are intact")
struct UnusualJPEGTests {
  private func decode(_ jpeg: [UInt8]) throws -> [UInt8] {
    var decoder = JPEGDecoder()
    var frame = Frame()
    try jpeg.withUnsafeBytes { try decoder.decode($0, into: &frame) }
    return frame.pixels
  }

  @Test(
    "every chroma subsampling decodes, including those that TurboJPEG has no name for",
    arguments: [
      ("4:4:4", [(1, 1), (1, 1), (1, 1)]), ("4:2:0", [(2, 2), (1, 1), (1, 1)]),
      ("4:1:1", [(4, 1), (1, 1), (1, 1)]), ("4:1:0", [(4, 2), (1, 1), (1, 1)]),
      ("4:4:1", [(1, 4), (1, 1), (1, 1)]), ("3x1", [(3, 1), (1, 1), (1, 1)]),
      ("mixed", [(2, 2), (2, 1), (1, 2)]), ("mixed, finer Cb", [(2, 1), (2, 1), (1, 1)]),
      ("2x1 all", [(2, 1), (2, 1), (2, 1)]),
    ] as [(String, [(across: Int, down: Int)])])
  func samplings(name: String, sampling: [(across: Int, down: Int)]) throws {
    let image = BlockJPEG(sampling: sampling)
    let pixels = try decode(image.bytes)
    for row in 0..<90 {
      for column in 0..<160 {
        // At a quarter of the size a block is two pixels wide.
        for (channel, expected) in BlockJPEG.color(row: row / 2, column: column / 2).enumerated() {
          let found = Double(pixels[3 * (160 * row + column) + channel])
          try #require(abs(found - min(255, max(0, expected))) <= 1.5, "\(name), \(row), \(column)")
        }
      }
    }
    #expect(JPEGDecoder.shape(of: image.bytes) == FrameShape(height: 360, width: 640))
  }

  @Test(
    "up to eight extraneous bytes of any value before a restart or end marker change no pixel",
    arguments: 1...8, [0, 12, 40])
  func surplus(count: Int, restartInterval: Int) throws {
    var random = RandomSource(seed: 7, purpose: "surplus")
    var image = BlockJPEG(restartInterval: restartInterval)
    let plain = try decode(image.bytes)
    let fillings: [[UInt8]] = [
      [0], [0x55], [0xA7, 0x12, 0xFF, 0x00, 0x03, 0x80, 0x41],
      (0..<8).map { _ in UInt8(random.next() % 255) },
    ]
    for filling in fillings {
      image.surplus = (0..<count).map { filling[$0 % filling.count] }
      // FF is data only if a zero follows.
      if image.surplus.last == 0xFF { image.surplus[count - 1] = 1 }
      for filler in [0, 1] as [UInt8] {
        image.filler = filler
        #expect(try decode(image.bytes) == plain, "\(image.surplus)")
      }
    }
  }

  @Test("alignment bytes before the end marker of an encoder's image change no pixel", arguments: 1...8)
  func alignment(count: Int) throws {
    for subsampling in [TJSAMP_420, TJSAMP_422, TJSAMP_GRAY] {
      let jpeg = try testJPEG(width: 640, height: 360, subsampling: subsampling)
      var aligned = jpeg
      aligned.insert(contentsOf: [UInt8](repeating: 0, count: count), at: jpeg.count - 2)
      #expect(try decode(aligned) == decode(jpeg))
    }
  }

  @Test("unusual header numbers change no pixel: JFIF version 3, a spectral selection of 0 to 0")
  func headers() throws {
    let jpeg = try testJPEG(width: 640, height: 360)
    let plain = try decode(jpeg)
    var image = jpeg
    let name = try #require(image.indices.first { image[$0...].starts(with: Array("JFIF".utf8)) })
    image[name + 5] = 3
    #expect(try decode(image) == plain)
    let scan = try #require(image.indices.first { image[$0] == 0xFF && image[$0 + 1] == 0xDA })
    image[scan + 12] = 0
    #expect(try decode(image) == plain)
  }
}

@Suite("Damage and extraneous bytes")
struct DamageAndSurplusTests {
  private func isAccepted(_ image: [UInt8], _ frame: inout Frame) -> Bool {
    var decoder = JPEGDecoder()
    return (try? image.withUnsafeBytes { try decoder.decode($0, into: &frame) }) != nil
  }

  @Test("more than eight extraneous bytes before a marker are damage", arguments: [9, 16, 100, 1_000])
  func tooMany(count: Int) {
    var frame = Frame()
    for restartInterval in [0, 40] {
      let surplus = [UInt8](repeating: 0x55, count: count)
      let image = BlockJPEG(restartInterval: restartInterval, surplus: surplus)
      #expect(!isAccepted(image.bytes, &frame))
    }
  }

  @Test("of 3,000 damaged images, with and without extraneous bytes, few pass with wrong pixels")
  func corpus() throws {
    var random = RandomSource(seed: 3, purpose: "damage")
    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    let picture = try testJPEG(width: 640, height: 360, subsampling: TJSAMP_422)
    var aligned = picture
    aligned.insert(contentsOf: [0, 0, 0, 0, 0, 0], at: picture.count - 2)
    let originals = [
      picture, aligned, BlockJPEG(restartInterval: 40, surplus: [0x55, 0x55, 0x55]).bytes,
    ]
    // Counts by kind of damage: cut and closed with an end marker, a run of junk, a lost run, a run of zeros.
    var passed = [0, 0, 0, 0]
    for original in originals {
      var whole = Frame()
      try #require(isAccepted(original, &whole))
      for round in 0..<1_000 {
        var image = original
        let at = 700 + below(image.count - 2_800)
        let end = at + 100 + below(1_900)
        switch round % 4 {
        case 0: image = image[..<at] + [0xFF, 0xD9]
        case 1: for index in at..<end { image[index] = UInt8(below(256)) }
        case 2: image.removeSubrange(at..<end)
        default: for index in at..<end { image[index] = 0 }
        }
        var frame = Frame()
        if isAccepted(image, &frame), frame.pixels != whole.pixels { passed[round % 4] += 1 }
      }
    }
    #expect(passed[0] == 0)
    // Zeros can be valid codes: about one run in twenty decodes to blocks that give no sign of damage.
    #expect(passed[1] <= 10 && passed[2] <= 10 && passed[3] <= 45, "\(passed) of 750 each")
  }
}
