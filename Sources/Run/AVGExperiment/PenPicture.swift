import AVGCore
import AVGLearning
package import AVGPlots
package import AVGRunFolder
package import AVGSimulation
import AVGTasks
import AVGTraining
import Foundation

/// The pen from above, with the paths of episodes in it.
package struct PenPicture {
  /// An episode's way.
  package struct Path {
    /// The places of the robot's centre, from the start on, in metres.
    var places: [Point]
    var reachedGoal: Bool
  }

  /// The heading.
  package var title: String
  /// The pen.
  package var pen: PenConfiguration
  /// Whose paths they are, and the paths.
  package var runs: [(name: String, paths: [Path])]

  /// Makes a picture.
  package init(title: String, pen: PenConfiguration, runs: [(name: String, paths: [Path])]) {
    self.title = title
    self.pen = pen
    self.runs = runs
  }

  private static let width = 900.0
  private static let margin = 64.0
  private static let heading = 72.0
  private static let textSize = 13.0

  private var scale: Double { (Self.width - 2 * Self.margin) / pen.penLengthMeters }

  /// A place in the pen on the paper. What is left of the robot is above in the picture, as y is in the pen.
  private func place(_ x: Double, _ y: Double) -> Point {
    Point(Self.margin + x * scale, Self.heading + (pen.penWidthMeters - y) * scale)
  }

  /// The drawing; the wall with the target is on the right.
  package var drawing: Scene {
    var scene = Scene(
      width: Int(Self.width), height: Int(pen.penWidthMeters * scale + Self.heading + Self.margin))
    drawPen(into: &scene)
    for (index, run) in runs.enumerated() {
      for path in run.paths { draw(path, runs.count == 1 ? .blue : .distinct(index), into: &scene) }
    }
    drawRobot(into: &scene)
    drawHeading(into: &scene)
    return scene
  }

  private func drawPen(into scene: inout Scene) {
    let (length, width) = (pen.penLengthMeters, pen.penWidthMeters)
    let corner = place(0, width)
    let floor = Rectangle(x: corner.x, y: corner.y, width: length * scale, height: width * scale)
    scene.shapes.append(.rectangle(floor, color: Color(0xF6F7F9)))
    let (across, along) = (Axis(from: 0, to: length, spacing: 0.2), Axis(from: 0, to: width, spacing: 0.2))
    for x in across.ticks {
      scene.line(from: place(x, 0), to: place(x, width), color: .grid)
      scene.text(
        across.label(of: x), at: place(x, 0).moved(0, 20), size: Self.textSize, anchor: .middle,
        color: .faintInk)
    }
    for y in along.ticks {
      scene.line(from: place(0, y), to: place(length, y), color: .grid)
      scene.text(
        along.label(of: y), at: place(0, y).moved(-10, 4.5), size: Self.textSize, anchor: .end,
        color: .faintInk)
    }
    scene.text(
      "metres", at: place(length / 2, 0).moved(0, 42), size: Self.textSize, anchor: .middle, color: .ink)
    scene.text(
      "metres", at: place(0, width / 2).moved(-42, 0), size: Self.textSize, anchor: .middle, isUpright: true,
      color: .ink)
    let walls = [place(0, 0), place(length, 0), place(length, width), corner, place(0, 0)]
    scene.shapes.append(.polyline(points: walls, width: 2, color: .faintInk))
    guard pen.targetWidthMeters > 0 else { return }
    let (low, high) = (
      place(length, (width - pen.targetWidthMeters) / 2), place(length, (width + pen.targetWidthMeters) / 2)
    )
    scene.shapes.append(.polyline(points: [low, high], width: 9, color: .green))
    scene.text(
      "target", at: place(length, width / 2).moved(24, 0), size: Self.textSize, anchor: .middle,
      isUpright: true,
      color: .green)
  }

  private func draw(_ path: Path, _ color: Color, into scene: inout Scene) {
    let points = path.places.map { place($0.x, $0.y) }
    guard let first = points.first, let last = points.last else { return }
    scene.shapes.append(.polyline(points: points, width: 1.6, color: color.opacity(0.55)))
    scene.shapes.append(.disc(center: first, radius: 4, color: color))
    scene.shapes.append(.disc(center: last, radius: 6, color: path.reachedGoal ? .green : .vermilion))
  }

  /// The robot's body to scale, at the start that is farthest from all others: paths are those of its centre.
  private func drawRobot(into scene: inout Scene) {
    let starts = runs.flatMap(\.paths).compactMap(\.places.first)
    let distances = starts.map { one in
      starts.map { hypot($0.x - one.x, $0.y - one.y) }.filter { $0 > 0 }.min() ?? 0
    }
    guard let (start, _) = zip(starts, distances).max(by: { $0.1 < $1.1 }) else { return }
    let (center, radius) = (place(start.x, start.y), pen.robotRadiusMillimeters / 1000 * scale)
    let outline = (0...72).map { step in
      let angle = Double(step) * .pi / 36
      return center.moved(radius * Elementary.cos(angle), radius * Elementary.sin(angle))
    }
    scene.shapes.append(.polyline(points: outline, width: 1.4, color: .ink))
    // Above it, or below where the wall is near.
    let isHigh = center.y - radius - 24 < Self.heading
    scene.text(
      "robot, \(grouped(2 * pen.robotRadiusMillimeters / 1000, decimals: 2)) m",
      at: center.moved(0, isHigh ? radius + 18 : -radius - 8), size: Self.textSize, anchor: .middle,
      color: .ink)
  }

  private func drawHeading(into scene: inout Scene) {
    scene.text(title, at: Point(Self.margin, 28), size: 17, color: .ink)
    let reached = runs.map { run in
      "\(run.name): \(run.paths.count { $0.reachedGoal }) of \(run.paths.count) at the goal"
    }
    var x = Self.margin
    func add(_ color: Color?, _ radius: Double, _ text: String) {
      if let color {
        scene.shapes.append(.disc(center: Point(x + 6, 48), radius: radius, color: color))
        x += 18
      }
      scene.text(text, at: Point(x, 52.5), size: Self.textSize, color: .faintInk)
      x += Scene.width(of: text, size: Self.textSize) + 20
    }
    add(runs.count == 1 ? .blue : .faintInk, 4, "start")
    add(.green, 6, "at the goal")
    add(.vermilion, 6, "not at the goal")
    for (index, text) in reached.enumerated() { add(runs.count == 1 ? nil : .distinct(index), 4, text) }
  }
}

extension Point {
  /// The place so much further right and down.
  fileprivate func moved(_ right: Double, _ down: Double) -> Point { Point(x + right, y + down) }
}

extension PenPicture {
  /// The paths of a run's sampled policy in its simulated world, from starts that no training has.
  ///
  /// - Parameter onEpisode: is told before each episode how many are done.
  package static func paths(
    of folder: RunFolder, episodes: Int, seed: UInt64, onEpisode: (Int) -> Void = { _ in }
  ) throws -> [Path] {
    let origin = try RunOrigin(folder.path)
    let experiment = try origin.measuredConfiguration()
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    var agent = try experiment.makeEvaluatedAgent(for: experiment.specification, seed: seed)
    try origin.restore(&agent)
    return try (0..<episodes).map { index in
      onEpisode(index)
      var places: [Point] = []
      let report = try evaluate(in: &environment, episodes: 1) { world, observation, action in
        // An episode that began without sight was none.
        if world.stepsDone == 0 { places.removeAll() }
        places.append(Point(world.body.pose.x, world.body.pose.y))
        agent.act(on: observation, into: &action)
      }
      places.append(Point(environment.body.pose.x, environment.body.pose.y))
      return Path(places: places, reachedGoal: report.successRate == 1)
    }
  }
}
