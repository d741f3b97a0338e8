import AVGLearning
import AVGPlots
import AVGSimulation
import AVGTasks
import AVGTraining
import Foundation

/// The pen from above, with the paths of episodes in it.
struct PenPicture {
  /// An episode's way.
  struct Path {
    /// The places of the robot's centre, from the start on, in metres.
    var places: [Point]
    var reachedGoal: Bool
  }

  /// The heading.
  var title: String
  /// The pen.
  var pen: PenConfiguration
  /// Whose paths they are, and the paths.
  var runs: [(name: String, paths: [Path])]

  private static let width = 900.0
  private static let margin = 48.0
  private static let heading = 64.0

  /// The drawing; the wall with the target is on the right.
  var drawing: Scene {
    let scale = (Self.width - 2 * Self.margin) / pen.penLengthMeters
    let height = pen.penWidthMeters * scale
    var scene = Scene(width: Int(Self.width), height: Int(height + Self.heading + Self.margin))
    // What is left of the robot is above in the picture, as y is in the pen.
    func place(_ x: Double, _ y: Double) -> Point {
      Point(Self.margin + x * scale, Self.heading + (pen.penWidthMeters - y) * scale)
    }
    let corner = place(0, pen.penWidthMeters)
    let floor = Rectangle(x: corner.x, y: corner.y, width: pen.penLengthMeters * scale, height: height)
    scene.shapes.append(.rectangle(floor, color: Color(0xF4F5F7)))
    let (low, high) = (
      place(pen.penLengthMeters, (pen.penWidthMeters - pen.targetWidthMeters) / 2),
      place(pen.penLengthMeters, (pen.penWidthMeters + pen.targetWidthMeters) / 2)
    )
    let corners = [
      place(0, 0), place(pen.penLengthMeters, 0), place(pen.penLengthMeters, pen.penWidthMeters),
      corner, place(0, 0),
    ]
    scene.shapes.append(.polyline(points: corners, width: 2, color: .faintInk))
    if pen.targetWidthMeters > 0 {
      scene.shapes.append(.polyline(points: [low, high], width: 9, color: .green))
    }
    for (index, run) in runs.enumerated() {
      let color = runs.count == 1 ? Color.blue : .distinct(index)
      for path in run.paths {
        let points = path.places.map { place($0.x, $0.y) }
        guard let first = points.first, let last = points.last else { continue }
        scene.shapes.append(.polyline(points: points, width: 1.6, color: color.opacity(0.55)))
        scene.shapes.append(.disc(center: first, radius: 4, color: color))
        // An open end is one that was not at the goal.
        scene.shapes.append(.disc(center: last, radius: 6, color: path.reachedGoal ? .green : .vermilion))
      }
    }
    let reached = runs.map { run in
      "\(run.name): \(run.paths.count { $0.reachedGoal }) of \(run.paths.count) at the goal"
    }
    scene.shapes += [
      .text(
        title, place: Point(Self.margin, 26), size: 17, anchor: .start, isUpright: false, color: .ink),
      .text(
        "disc: start; green end: at the goal; red end: not.  " + reached.joined(separator: ";  "),
        place: Point(Self.margin, 48), size: 13, anchor: .start, isUpright: false, color: .faintInk),
    ]
    return scene
  }
}

extension PenPicture {
  /// The paths of a run's sampled policy in its simulated world, from starts that no training has.
  static func paths(of folder: RunFolder, episodes: Int, seed: UInt64) throws -> [Path] {
    let origin = try RunOrigin(folder.path)
    let experiment = try origin.configuration()
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    var agent = experiment.makeEvaluatedAgent(seed: seed)
    try origin.restore(&agent)
    return try (0..<episodes).map { _ in
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
