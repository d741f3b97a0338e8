public import AVGCore

/// A set of pixels of an image, one bit each.
public struct PixelMask: Sendable {
  /// Rows and columns.
  public let shape: FrameShape
  /// The bits, row-major, each row padded to whole words; bit 0 of a row's first word is column 0.
  var words: [UInt64]
  let wordsPerRow: Int
  /// Scratch space of `fillHoles`, kept so that it allocates nothing.
  private var outside: [UInt64]

  /// Makes an empty mask.
  public init(shape: FrameShape = .standard) {
    precondition(shape.height > 0 && shape.width > 0, "a mask needs pixels, not \(shape)")
    self.shape = shape
    wordsPerRow = (shape.width + 63) / 64
    words = [UInt64](repeating: 0, count: shape.height * wordsPerRow)
    outside = words
  }

  /// Whether the pixel is in the mask.
  public subscript(row: Int, column: Int) -> Bool {
    get {
      checkBounds(row, column)
      return (words[row * wordsPerRow + column / 64] >> UInt64(column % 64)) & 1 == 1
    }
    set {
      checkBounds(row, column)
      let bit: UInt64 = 1 << UInt64(column % 64)
      if newValue {
        words[row * wordsPerRow + column / 64] |= bit
      } else {
        words[row * wordsPerRow + column / 64] &= ~bit
      }
    }
  }

  /// The number of pixels in the mask.
  public var count: Int {
    var sum = 0
    for word in words { sum += word.nonzeroBitCount }
    return sum
  }

  /// The share of the image's pixels that are in the mask, 0…1.
  public var share: Double { Double(count) / Double(shape.height * shape.width) }

  /// The mean row and column of the mask's pixels, whose middles lie at halves; nil if it has none.
  public var centroid: (row: Double, column: Double)? {
    var (rows, columns, pixels) = (0, 0, 0)
    for row in 0..<shape.height {
      for word in 0..<wordsPerRow {
        var bits = words[row * wordsPerRow + word]
        let found = bits.nonzeroBitCount
        rows += row * found
        columns += word * 64 * found
        pixels += found
        while bits != 0 {
          columns += bits.trailingZeroBitCount
          bits &= bits - 1
        }
      }
    }
    guard pixels > 0 else { return nil }
    return (Double(rows) / Double(pixels) + 0.5, Double(columns) / Double(pixels) + 0.5)
  }

  /// Fills the holes: adds all pixels that cannot be reached from the image's border through 4-connected background.
  ///
  /// This equals OpenCV's filled outer contours (mask 8-connected, background 4-connected). It sweeps 64 pixels at a
  /// time, down and up, until nothing changes; most masks need two rounds.
  public mutating func fillHoles() {
    // There are no holes above the first row of the mask or below its last.
    guard let first = words.firstIndex(where: { $0 != 0 }).map({ $0 / wordsPerRow }),
      let last = words.lastIndex(where: { $0 != 0 }).map({ $0 / wordsPerRow })
    else { return }
    for row in first...last {
      for word in 0..<wordsPerRow {
        let isEdge = row == first || row == last
        outside[row * wordsPerRow + word] = background(row, word) & (isEdge ? ~0 : sideColumns(word))
      }
    }
    var changed = true
    while changed {
      changed = false
      for row in first...last where reach(row, from: max(row - 1, first)) { changed = true }
      for row in (first...last).reversed() where reach(row, from: min(row + 1, last)) { changed = true }
    }
    for row in first...last {
      for word in 0..<wordsPerRow {
        words[row * wordsPerRow + word] = validColumns(word) & ~outside[row * wordsPerRow + word]
      }
    }
  }

  /// Spreads the outside region from the row `neighbour` into `row`, then along it.
  ///
  /// - Returns: whether the region grew.
  private mutating func reach(_ row: Int, from neighbour: Int) -> Bool {
    let start = row * wordsPerRow
    var changed = false
    // To the right: adding the seeds to the background makes a carry run through its ones up to the next mask pixel.
    var carry: UInt64 = 0
    for word in 0..<wordsPerRow {
      let free = background(row, word)
      let before = outside[start + word]
      let seeds = before | (outside[neighbour * wordsPerRow + word] & free)
      let (sum, overflow) = free.addingReportingOverflow(seeds)
      let (total, secondOverflow) = sum.addingReportingOverflow(carry)
      carry = overflow || secondOverflow ? 1 : 0
      let after = seeds | (free & ~total)
      outside[start + word] = after
      changed = changed || after != before
    }
    // To the left, where carries do not run: in steps of 1, 2, 4, … pixels.
    var incoming: UInt64 = 0
    for word in (0..<wordsPerRow).reversed() {
      let free = background(row, word)
      var run = free
      let before = outside[start + word]
      var after = before | ((incoming << 63) & free)
      var distance: UInt64 = 1
      while distance < 64, after != free {
        after |= run & (after >> distance)
        run &= run >> distance
        distance *= 2
      }
      outside[start + word] = after
      incoming = after & 1
      changed = changed || after != before
    }
    return changed
  }

  private func background(_ row: Int, _ word: Int) -> UInt64 {
    ~words[row * wordsPerRow + word] & validColumns(word)
  }

  /// The bits of a row's `word` that are columns of the image, not padding.
  private func validColumns(_ word: Int) -> UInt64 {
    let columns = shape.width - word * 64
    return columns >= 64 ? ~0 : (1 << UInt64(columns)) - 1
  }

  /// The bits of a row's `word` that are the first and last column of the image.
  private func sideColumns(_ word: Int) -> UInt64 {
    let first: UInt64 = word == 0 ? 1 : 0
    let last: UInt64 = word == wordsPerRow - 1 ? 1 << UInt64((shape.width - 1) % 64) : 0
    return first | last
  }

  private func checkBounds(_ row: Int, _ column: Int) {
    precondition(
      0..<shape.height ~= row && 0..<shape.width ~= column,
      "pixel (\(row), \(column)) lies outside \(shape)")
  }
}
