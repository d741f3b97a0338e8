import AVGCore
import AVGImaging
import Testing

@Suite("Pixel mask")
struct PixelMaskTests {
  /// Makes a mask from lines with `#` for its pixels.
  private func mask(_ rows: [String]) -> PixelMask {
    var mask = PixelMask(shape: FrameShape(height: rows.count, width: rows[0].count))
    for (row, line) in rows.enumerated() {
      for (column, character) in line.enumerated() where character == "#" {
        mask[row, column] = true
      }
    }
    return mask
  }

  private func rows(_ mask: PixelMask) -> [String] {
    (0..<mask.shape.height).map { row in
      String((0..<mask.shape.width).map { mask[row, $0] ? "#" : "." })
    }
  }

  @Test("the centroid is the mean of the pixels' middles, across words; an empty mask has none")
  func centroid() {
    #expect(PixelMask(shape: FrameShape(height: 2, width: 70)).centroid == nil)
    var mask = PixelMask(shape: FrameShape(height: 5, width: 150))
    mask[1, 2] = true
    #expect(mask.centroid.map { [$0.row, $0.column] } == [1.5, 2.5])
    mask[4, 63] = true
    mask[4, 149] = true
    mask[3, 64] = true
    #expect(mask.centroid.map { [$0.row, $0.column] } == [3.5, 70])
  }

  @Test("a ring is filled and an open bay is not")
  func fillsRings() {
    var drawn = mask([
      "..#####....",
      "..#...#.##.",
      "..#.#.#.#..",
      "..#...#.##.",
      "..#####....",
    ])
    drawn.fillHoles()
    #expect(
      rows(drawn) == [
        "..#####....",
        "..#####.##.",
        "..#####.#..",
        "..#####.##.",
        "..#####....",
      ])
  }

  @Test("pixels that touch at their corners enclose a hole")
  func diagonalsClose() {
    var drawn = mask([".#.", "#.#", ".#."])
    drawn.fillHoles()
    #expect(rows(drawn) == [".#.", "###", ".#."])
  }

  @Test("a gap at the image's border is not a hole")
  func borderIsOutside() {
    let lines = ["#.#", "#.#", "###"]
    var drawn = mask(lines)
    drawn.fillHoles()
    #expect(rows(drawn) == lines)
  }

  @Test("the inside of a spiral is not a hole")
  func leavesSpiralsOpen() {
    let lines = [
      ".........",
      ".#######.",
      ".#.....#.",
      ".#.###.#.",
      ".#.#.#.#.",
      ".#.#...#.",
      ".#.#####.",
      ".........",
    ]
    var drawn = mask(lines)
    drawn.fillHoles()
    // The inner bay opens to the corridor, the corridor to the outside.
    #expect(rows(drawn) == lines)
  }

  @Test("filling equals a flood fill of random masks, also over more than one word", arguments: 0..<20)
  func equalsFloodFill(seed: Int) {
    var random = RandomSource(seed: UInt64(seed), purpose: "mask test")
    let shape = FrameShape(height: 1 + seed * 2, width: 1 + seed * 9)
    var filled = PixelMask(shape: shape)
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        filled[row, column] = random.uniform() < 0.45
      }
    }
    let expected = naiveFill(filled)
    filled.fillHoles()
    #expect(rows(filled) == rows(expected))
    #expect(filled.count == rows(expected).joined().filter { $0 == "#" }.count)
  }

  private func naiveFill(_ mask: PixelMask) -> PixelMask {
    let (height, width) = (mask.shape.height, mask.shape.width)
    var isOutside = [Bool](repeating: false, count: height * width)
    var stack: [(Int, Int)] = []
    for row in 0..<height {
      for column in 0..<width
      where row == 0 || column == 0 || row == height - 1 || column == width - 1 {
        stack.append((row, column))
      }
    }
    while let (row, column) = stack.popLast() {
      guard 0..<height ~= row, 0..<width ~= column, !mask[row, column], !isOutside[row * width + column]
      else { continue }
      isOutside[row * width + column] = true
      stack += [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    }
    var filled = mask
    for row in 0..<height {
      for column in 0..<width { filled[row, column] = !isOutside[row * width + column] }
    }
    return filled
  }
}
