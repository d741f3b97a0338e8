/// The way back to the start on which the tool stays in its box, for the two joints of the task.
///
/// The straight way of both angles may lead the tool out of its box. So the angles' plane is cut into cells, and from the start
/// every cell that leaves the tool in its box learns how far it is, by a search in breadth.
struct WayToStart: Sendable {
  private let low: SIMD2<Double>
  private let columns: Int
  private let rows: Int
  /// Cells to the start; `far` for those that lead nowhere, or out of the box.
  private var distances: [Int32]

  private static let cell = 0.04
  private static let far = Int32.max
  /// More than a cell's own extent at the end of the arm.
  private static let margin = 0.02
  /// So many cells ahead there may be a shorter way.
  private static let sight = 60

  init(_ bounds: ArmBounds) {
    let (one, other) = (ReachingArm.joints[0], ReachingArm.joints[1])
    low = SIMD2(bounds.lowest[one], bounds.lowest[other])
    columns = Int((bounds.highest[one] - bounds.lowest[one]) / Self.cell)
    rows = Int((bounds.highest[other] - bounds.lowest[other]) / Self.cell)
    distances = [Int32](repeating: Self.far, count: columns * rows)
    var isFree = [Bool](repeating: false, count: columns * rows)
    var angles = ReachingArm.start
    for index in isFree.indices {
      let centre = centre(of: index)
      (angles[one], angles[other]) = (centre.x, centre.y)
      isFree[index] = bounds.contains(angles, margin: Self.margin)
    }
    search(isFree)
  }

  private mutating func search(_ isFree: [Bool]) {
    guard let start = index(of: Self.point(ReachingArm.start)) else { return }
    distances[start] = 0
    var open = [start]
    var next = 0
    while next < open.count {
      let index = open[next]
      next += 1
      for neighbour in neighbours(of: index) where isFree[neighbour] && distances[neighbour] == Self.far {
        distances[neighbour] = distances[index] + 1
        open.append(neighbour)
      }
    }
  }

  /// The angles to head for: the start itself if nothing lies between, else as far on the way as the straight line is free.
  func waypoint(from angles: JointVector) -> JointVector {
    var waypoint = ReachingArm.start
    let here = Self.point(angles)
    guard !isFree(from: here, to: Self.point(waypoint)), var index = nearest(to: here) else {
      return waypoint
    }
    var best = centre(of: index)
    for _ in 0..<Self.sight {
      guard let next = neighbours(of: index).min(by: { distances[$0] < distances[$1] }),
        distances[next] < distances[index], isFree(from: here, to: centre(of: next))
      else { break }
      index = next
      best = centre(of: index)
    }
    for (place, joint) in ReachingArm.joints.enumerated() { waypoint[joint] = best[place] }
    return waypoint
  }

  private func isFree(from start: SIMD2<Double>, to end: SIMD2<Double>) -> Bool {
    let way = end - start
    let looks = Int((max(abs(way.x), abs(way.y)) / (Self.cell / 2)).rounded(.up))
    return stride(from: 0, through: max(1, looks), by: 1).allSatisfy {
      let point = start + way * (Double($0) / Double(max(1, looks)))
      return index(of: point).map { distances[$0] < Self.far } ?? false
    }
  }

  /// The cell of a point that leads to the start, or the nearest one that does.
  private func nearest(to point: SIMD2<Double>) -> Int? {
    func square(_ index: Int) -> Double {
      let way = centre(of: index) - point
      return way.x * way.x + way.y * way.y
    }
    return distances.indices.filter { distances[$0] < Self.far }.min { square($0) < square($1) }
  }

  private func neighbours(of index: Int) -> [Int] {
    let (column, row) = (index % columns, index / columns)
    var found: [Int] = []
    for (x, y) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
      let (column, row) = (column + x, row + y)
      if (0..<columns).contains(column), (0..<rows).contains(row) { found.append(row * columns + column) }
    }
    return found
  }

  private func centre(of index: Int) -> SIMD2<Double> {
    low + Self.cell * SIMD2(Double(index % columns) + 0.5, Double(index / columns) + 0.5)
  }

  private func index(of point: SIMD2<Double>) -> Int? {
    let place = (point - low) / Self.cell
    guard place.x >= 0, place.y >= 0, place.x < Double(columns), place.y < Double(rows) else { return nil }
    return Int(place.y) * columns + Int(place.x)
  }

  private static func point(_ angles: JointVector) -> SIMD2<Double> {
    SIMD2(angles[ReachingArm.joints[0]], angles[ReachingArm.joints[1]])
  }
}
