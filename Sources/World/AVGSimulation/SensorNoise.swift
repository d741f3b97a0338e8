import AVGCore

/// The noise of a camera's sensor: normal, independent from sample to sample.
struct SensorNoise {
  /// Ready noise; every row of every frame starts somewhere else in it.
  private let samples: [Int8]

  /// Far beyond six rows of the standard frame, so that rows rarely overlap.
  private static let leastCount = 1 << 16

  init(levels: Double, shape: FrameShape) {
    // The table does not depend on the seed, so that a body's state is whole without it.
    var random = RandomSource(seed: 0, purpose: "sensor noise")
    let count = max(Self.leastCount, 8 * shape.width * 3)
    samples = (0..<count).map { _ in
      Int8(max(-127, min(127, (levels * random.normal()).rounded())))
    }
  }

  /// Adds noise to `pixels` [height, width, 3], clamping to 0…255.
  func add(to pixels: inout [UInt8], _ shape: FrameShape, _ random: inout RandomSource) {
    let rowCount = shape.width * 3
    let placeCount = UInt64(samples.count - rowCount)
    samples.withUnsafeBufferPointer { samples in
      pixels.withUnsafeMutableBufferPointer { pixels in
        for row in 0..<shape.height {
          // Bounds: the place is below the table's length less one row; rows tile the pixels.
          let place = Int(random.next() % placeCount)
          let noise = UnsafeBufferPointer(rebasing: samples[place..<place + rowCount])
          let line = UnsafeMutableBufferPointer(rebasing: pixels[row * rowCount..<(row + 1) * rowCount])
          // Plain comparisons and a plain loop: unlike `min` and a range they are quick in a debug build too.
          var index = 0
          while index < rowCount {
            let level = Int16(line[index]) &+ Int16(noise[index])
            line[index] = level < 0 ? 0 : level > 255 ? 255 : UInt8(level)
            index &+= 1
          }
        }
      }
    }
  }
}
