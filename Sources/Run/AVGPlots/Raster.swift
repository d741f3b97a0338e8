public import AVGCore

extension Scene {
  /// Renders the drawing to anti-aliased pixels: an RGB image [height × scale, width × scale, 3].
  ///
  /// - Parameter scale: pixels per point.
  public func raster(scale: Double = 1) -> Frame {
    let shape = FrameShape(
      height: Int((Double(height) * scale).rounded()), width: Int((Double(width) * scale).rounded()))
    var canvas = Canvas(shape: shape)
    for item in shapes {
      canvas.draw(item, scale: scale)
    }
    return canvas.frame
  }
}

/// A canvas with a mask of how much of each pixel the current shape covers. Each shape is first added to the mask and
/// then blended in one colour, so that its overlapping parts are not blended twice.
private struct Canvas {
  var frame: Frame
  /// The coverage of each pixel, 0…1 [height, width]; zero between shapes.
  var coverage: [Float]
  /// The rows and columns in which the mask may be nonzero.
  var coveredRows = 0..<0, coveredColumns = 0..<0

  init(shape: FrameShape) {
    frame = Frame(shape: shape)
    frame.pixels.withUnsafeMutableBufferPointer { $0.update(repeating: 255) }
    coverage = [Float](repeating: 0, count: shape.height * shape.width)
  }

  mutating func draw(_ shape: Shape, scale: Double) {
    func scaled(_ point: Point) -> Point { Point(point.x * scale, point.y * scale) }
    switch shape {
    case .polyline(let points, let width, let color):
      stroke(points.map(scaled), width: width * scale)
      blend(color)
    case .area(let outline, let color):
      fill(outline.map(scaled))
      blend(color)
    case .rectangle(let box, let color):
      let corners = [
        Point(box.x, box.y), Point(box.x + box.width, box.y),
        Point(box.x + box.width, box.y + box.height), Point(box.x, box.y + box.height),
      ]
      fill(corners.map(scaled))
      blend(color)
    case .disc(let center, let radius, let color):
      stroke([scaled(center)], width: 2 * radius * scale)
      blend(color)
    case .text(let text, let place, let size, let anchor, let isUpright, let color):
      let width = StrokeFont.width(of: text, size: size)
      let offset =
        switch anchor {
        case .start: 0.0
        case .middle: width / 2
        case .end: width
        }
      for points in StrokeFont.strokes(of: text, size: size) {
        let placed = points.map { point in
          let along = point.x - offset
          return isUpright
            ? Point(place.x + point.y, place.y - along) : Point(place.x + along, place.y + point.y)
        }
        stroke(placed.map(scaled), width: StrokeFont.penWidth(at: size) * scale)
      }
      blend(color)
    }
  }

  /// Adds a line with round joins and caps to the mask. A pixel's coverage follows from the distance of its centre to
  /// the line.
  private mutating func stroke(_ points: [Point], width: Double) {
    // A line thinner than a pixel is drawn one pixel wide, but fainter.
    guard points.allSatisfy(\.isFinite) else { return }
    let radius = max(width, 1) / 2
    let strength = min(width, 1)
    for index in points.indices.dropLast(points.count > 1 ? 1 : 0) {
      let (start, end) = (points[index], points[min(index + 1, points.count - 1)])
      let along = Point(end.x - start.x, end.y - start.y)
      let lengthSquared = along.x * along.x + along.y * along.y
      let rows = clipped(min(start.y, end.y) - radius, max(start.y, end.y) + radius, to: frame.shape.height)
      let columns = clipped(min(start.x, end.x) - radius, max(start.x, end.x) + radius, to: frame.shape.width)
      touch(rows: rows, columns: columns)
      for y in rows {
        for x in columns {
          let offset = Point(Double(x) + 0.5 - start.x, Double(y) + 0.5 - start.y)
          let nearest =
            lengthSquared == 0
            ? 0 : min(1, max(0, (offset.x * along.x + offset.y * along.y) / lengthSquared))
          let (dx, dy) = (offset.x - nearest * along.x, offset.y - nearest * along.y)
          let depth = radius + 0.5 - (dx * dx + dy * dy).squareRoot()
          // The maximum, not the sum, so that joins do not become darker.
          let pixel = y * frame.shape.width + x
          coverage[pixel] = max(coverage[pixel], Float(strength * min(1, max(0, depth))))
        }
      }
    }
  }

  /// Adds the inside of a closed line (even-odd rule) to the mask: exact along rows, with four samples per pixel down
  /// columns.
  private mutating func fill(_ outline: [Point]) {
    let samples = 4
    guard outline.allSatisfy(\.isFinite), let top = outline.map(\.y).min(),
      let bottom = outline.map(\.y).max()
    else { return }
    let rows = clipped(top, bottom, to: frame.shape.height)
    touch(rows: rows, columns: 0..<frame.shape.width)
    for y in rows {
      for sample in 0..<samples {
        let height = Double(y) + (Double(sample) + 0.5) / Double(samples)
        let crossings = zip(outline, outline.dropFirst() + outline.prefix(1)).compactMap { start, end in
          (start.y <= height) == (end.y <= height)
            ? nil : start.x + (height - start.y) / (end.y - start.y) * (end.x - start.x)
        }.sorted()
        for index in stride(from: 0, to: crossings.count - 1, by: 2) {
          for x in clipped(crossings[index], crossings[index + 1], to: frame.shape.width) {
            let share = min(Double(x) + 1, crossings[index + 1]) - max(Double(x), crossings[index])
            coverage[y * frame.shape.width + x] += Float(max(0, share) / Double(samples))
          }
        }
      }
    }
  }

  /// Blends the masked pixels with a colour and clears the mask.
  private mutating func blend(_ color: Color) {
    let channels = [color.red, color.green, color.blue].map(Float.init)
    for y in coveredRows {
      for x in coveredColumns where coverage[y * frame.shape.width + x] > 0 {
        let pixel = y * frame.shape.width + x
        let share = min(1, coverage[pixel]) * Float(color.opacity)
        for channel in 0..<3 {
          let old = Float(frame.pixels[3 * pixel + channel])
          frame.pixels[3 * pixel + channel] = UInt8((old + share * (channels[channel] - old)).rounded())
        }
        coverage[pixel] = 0
      }
    }
    (coveredRows, coveredColumns) = (0..<0, 0..<0)
  }

  /// Records that a part of the mask may be nonzero.
  private mutating func touch(rows: Range<Int>, columns: Range<Int>) {
    coveredRows = union(coveredRows, rows)
    coveredColumns = union(coveredColumns, columns)
  }

  private func union(_ first: Range<Int>, _ second: Range<Int>) -> Range<Int> {
    if first.isEmpty { return second }
    if second.isEmpty { return first }
    return min(first.lowerBound, second.lowerBound)..<max(first.upperBound, second.upperBound)
  }

  /// The pixels in 0 ..< count that low…high touches.
  private func clipped(_ low: Double, _ high: Double, to count: Int) -> Range<Int> {
    let first = Int(min(max(low.rounded(.down) - 1, 0), Double(count)))
    return first..<max(first, Int(min(max(high.rounded(.up) + 1, 0), Double(count))))
  }
}
