import AVGCore
import AVGGymnasium
import AVGSystem

/// Observations as the protocol has them: `image`, the stacked frames beside each other in each pixel, the oldest first
/// [rows, columns, 3 · frames], and `proprioception`.
struct ObservationCoding {
  /// The space of observations.
  let space: Space
  /// The bytes of one.
  let byteCount: Int
  private let signalOffset: Int

  /// Makes the coding of an environment with frames and signals.
  init(_ specification: EnvironmentSpecification) throws(SpaceLayout.Problem) {
    let frames = specification.frames ?? FrameStack()
    space = .dict([
      .init(
        name: "image",
        space: .box(
          BoxSpace(
            dtype: .uint8, shape: [frames.shape.height, frames.shape.width, 3 * frames.count], low: 0.0,
            high: 255.0))),
      .init(
        name: "proprioception",
        space: .box(BoxSpace(dtype: .float32, shape: [specification.signalCount], low: -1.0, high: 1.0))),
    ])
    let layout = try SpaceLayout(space)
    byteCount = layout.byteCount
    signalOffset = layout.leaves[1].offset
  }

  /// Writes an observation into at least `byteCount` bytes.
  func write(_ observation: borrowing Observation, to bytes: UnsafeMutableRawBufferPointer) {
    for index in observation.frames.indices {
      interleave(observation.frames[index].pixels, at: index, of: observation.frames.count, to: bytes)
    }
    for (index, signal) in observation.proprioception.enumerated() {
      bytes.store(signal.bitPattern, at: signalOffset + 4 * index)
    }
  }

  /// Puts a frame's pixels at their place among those of `count` frames.
  private func interleave(
    _ pixels: [UInt8], at index: Int, of count: Int, to bytes: UnsafeMutableRawBufferPointer
  ) {
    let stride = 3 * count
    precondition(pixels.count * count <= bytes.count, "no room for \(count) frames")
    pixels.withUnsafeBytes { source in
      guard var from = source.baseAddress, var to = bytes.baseAddress.map({ $0 + 3 * index }) else { return }
      // Bounds: as many steps as the frame has pixels, of 3 bytes here and `stride` there.
      for _ in 0..<source.count / 3 {
        to.storeBytes(of: from.loadUnaligned(as: UInt16.self), as: UInt16.self)
        to.storeBytes(of: from.load(fromByteOffset: 2, as: UInt8.self), toByteOffset: 2, as: UInt8.self)
        from += 3
        to += stride
      }
    }
  }
}
