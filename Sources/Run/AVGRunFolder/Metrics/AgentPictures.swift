import AVGCore

/// Pictures of an agent's view and features.
enum AgentPictures {
  private static let scale = 3
  private static let gap = 1

  /// An enlarged frame with the policy's image points as small crosses.
  ///
  /// - Parameter points: x₀ y₀ x₁ y₁ … in pixels of the frame.
  static func view(_ frame: borrowing Frame, points: [Float]) -> Frame {
    let shape = frame.shape
    var picture = Frame(shape: FrameShape(height: shape.height * scale, width: shape.width * scale))
    for row in 0..<picture.shape.height {
      for column in 0..<picture.shape.width {
        let source = (row / scale * shape.width + column / scale) * 3
        picture.paint(
          row, column, frame.pixels[source], frame.pixels[source + 1], frame.pixels[source + 2])
      }
    }
    for point in stride(from: 0, to: points.count - 1, by: 2) {
      let (x, y) = (points[point], points[point + 1])
      // Points outside the frame are not drawn.
      guard (-1...Float(shape.width)).contains(x), (-1...Float(shape.height)).contains(y) else { continue }
      // The centre of the point's pixel in the enlarged picture.
      let column = Int((x + 0.5) * Float(scale))
      let row = Int((y + 0.5) * Float(scale))
      for offset in -3...3 {
        picture.paint(row + offset, column, 255, 0, 255)
        picture.paint(row, column + offset, 255, 0, 255)
      }
    }
    return picture
  }

  /// All channels in grey, each from its minimum (black) to its maximum (white), tiled in rows.
  static func mosaic(_ maps: FeatureMaps) -> Frame {
    let columns = max(1, Int(Double(maps.channels).squareRoot().rounded(.up)))
    let rows = (maps.channels + columns - 1) / columns
    let (height, width) = (maps.height + gap, maps.width + gap)
    var picture = Frame(
      shape: FrameShape(height: max(1, rows * height - gap), width: max(1, columns * width - gap)))
    for channel in 0..<maps.channels {
      let start = channel * maps.height * maps.width
      let values = maps.values[start..<start + maps.height * maps.width]
      let least = values.min() ?? 0
      let spread = (values.max() ?? 0) - least
      for row in 0..<maps.height {
        for column in 0..<maps.width {
          let value = spread > 0 ? (values[start + row * maps.width + column] - least) / spread : 0
          let grey = value.isFinite ? UInt8(min(max(0, value * 255), 255)) : 0
          picture.paint(
            channel / columns * height + row, channel % columns * width + column, grey, grey, grey)
        }
      }
    }
    return picture
  }
}

extension Frame {
  /// Sets a pixel if it lies in the frame.
  fileprivate mutating func paint(_ row: Int, _ column: Int, _ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    guard 0..<shape.height ~= row, 0..<shape.width ~= column else { return }
    let place = (row * shape.width + column) * 3
    pixels[place] = red
    pixels[place + 1] = green
    pixels[place + 2] = blue
  }
}
