package import AVGCore
package import AVGDashboard
package import AVGPlots
package import AVGSimulation
import Foundation

/// The pen from above, with the robot and its path: the wall with the target is on the right.
package struct PenView {
  private let pen: PenOutline
  private let scale: Double

  /// Shows a pen in a number of points from the near wall to the far one.
  package init(_ pen: PenOutline, width: Double) {
    self.pen = pen
    scale = width / pen.lengthMeters
  }

  /// The points from one side wall to the other.
  package var height: Double { pen.widthMeters * scale }

  /// Draws it.
  ///
  /// - Parameters:
  ///   - path: the places of the robot's centre.
  ///   - robot: where it is now.
  ///   - color: of the robot.
  ///   - corner: the upper left one of the pen.
  package func draw(
    path: some Collection<Pose>, robot: Pose, _ color: AVGPlots.Color = .ink, at corner: Point,
    into scene: inout Scene
  ) {
    func place(_ pose: Pose) -> Point {
      Point(corner.x + pose.x * scale, corner.y + (pen.widthMeters - pose.y) * scale)
    }
    let floor = Rectangle(x: corner.x, y: corner.y, width: pen.lengthMeters * scale, height: height)
    scene.shapes.append(.rectangle(floor, color: .grid))
    let wall = [pen.widthMeters - pen.targetWidthMeters, pen.widthMeters + pen.targetWidthMeters]
      .map { place(Pose(x: pen.lengthMeters, y: $0 / 2, heading: 0)) }
    if pen.targetWidthMeters > 0 {
      scene.shapes.append(.polyline(points: wall, width: 7, color: .green))
    }
    scene.shapes.append(.polyline(points: path.map(place), width: 1.6, color: .blue))
    let (center, radius) = (place(robot), pen.robotRadiusMeters * scale)
    scene.shapes.append(.disc(center: center, radius: radius, color: color))
    let nose = Point(center.x + radius * cos(robot.heading), center.y - radius * sin(robot.heading))
    scene.line(from: center, to: nose, width: 3, color: .white)
  }

  /// A picture of its own of the robot at the end of its path; without a path, an empty one.
  package func picture(path: [Pose]) -> Frame {
    let margin = 12.0
    var scene = Scene(width: Int(pen.lengthMeters * scale + 2 * margin), height: Int(height + 2 * margin))
    if let robot = path.last { draw(path: path, robot: robot, at: Point(margin, margin), into: &scene) }
    return scene.raster()
  }
}
