package import AVGCore
import AVGImaging
import AVGSystem
import AVGTraining

/// A picture of what the agent saw: a few frames of one episode side by side, from the first to the last.
package struct FilmStrip {
  private var frames: [Frame] = []
  private static let scale = 2
  private static let gap = 4

  /// Makes an empty strip.
  package init() {}

  /// Adds the newest frame of an observation.
  package mutating func append(_ observation: borrowing Observation) {
    frames.append(observation.newestFrame)
  }

  /// Writes `count` frames, evenly spaced in time, as a PNG file.
  package func write(to path: String, count: Int = 4) throws {
    guard let shape = frames.first?.shape else { return }
    let chosen = (0..<count).map { frames[$0 * (frames.count - 1) / max(1, count - 1)] }
    let width = shape.width * Self.scale
    var picture = Frame(
      shape: FrameShape(height: shape.height * Self.scale, width: count * (width + Self.gap) - Self.gap))
    for index in picture.pixels.indices {
      picture.pixels[index] = 255
    }
    for (place, frame) in chosen.enumerated() {
      for row in 0..<picture.shape.height {
        for column in 0..<width {
          let target = (row * picture.shape.width + place * (width + Self.gap) + column) * 3
          let source = (row / Self.scale * shape.width + column / Self.scale) * 3
          for channel in 0..<3 {
            picture.pixels[target + channel] = frame.pixels[source + channel]
          }
        }
      }
    }
    try AtomicFile.write(try PNG.encode(picture), to: path)
  }
}
