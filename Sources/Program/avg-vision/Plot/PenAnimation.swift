import AVGCore
import AVGDashboard
import AVGExperiment
import AVGImaging
import AVGLearning
import AVGPlots
import AVGRunFolder
import AVGSimulation
import AVGTasks
import AVGTraining
import Foundation

/// An animation of policies: for each run the pen from above and the view of its camera.
struct PenAnimation {
  /// A frame of a run's animation.
  struct Snapshot {
    var pose: Pose
    var view: Frame
    /// The index of the frame at which this episode began.
    var start: Int
    /// The number of completed episodes, and of those that reached the goal.
    var ended: Int
    var reached: Int
    /// Whether the episode that has just ended reached the goal; nil during an episode.
    var reachedGoal: Bool?
  }

  /// The animation of a run's policy.
  struct Panel {
    var name: String
    var view: PenView
    var snapshots: [Snapshot]
  }

  /// The panels, from left to right.
  var panels: [Panel]

  /// The number of animation frames, and of control steps between two: 27 s of a robot with 45 ms a step.
  fileprivate static let snapshotCount = 150
  fileprivate static let stepsPerSnapshot = 4
  /// The number of frames for which the end of an episode is shown.
  fileprivate static let endCount = 5
  private static let delayHundredths: UInt16 = 8

  fileprivate static let panelWidth = 256.0
  private static let gap = 16.0
  private static let heading = 46.0

  private var penHeight: Double { panels.map(\.view.height).max() ?? 0 }
  private var viewTop: Int { Int(Self.heading + penHeight + Self.gap) }

  /// Encodes the animation as a GIF image.
  func encoded() throws -> [UInt8] {
    let viewHeight = panels.flatMap(\.snapshots).map(\.view.shape.height).max() ?? 0
    let shape = FrameShape(
      height: viewTop + viewHeight + Int(Self.gap),
      width: Int(Self.gap + Double(panels.count) * (Self.panelWidth + Self.gap)))
    // The palette is computed from every tenth picture.
    let places = stride(from: 0, to: Self.snapshotCount, by: 10)
    var sample = Frame(shape: FrameShape(height: Array(places).count * shape.height, width: shape.width))
    sample.pixels = places.flatMap { picture(at: $0, shape).pixels }
    var writer = try GIFWriter(shape: shape, colorsOf: sample, delayHundredths: Self.delayHundredths)
    for index in 0..<Self.snapshotCount { try writer.append(picture(at: index, shape)) }
    return try writer.finish()
  }

  private func picture(at index: Int, _ shape: FrameShape) -> Frame {
    var scene = Scene(width: shape.width, height: shape.height)
    for place in panels.indices { draw(panels[place], at: index, left: left(of: place), into: &scene) }
    var picture = scene.raster()
    for (place, panel) in panels.enumerated() {
      let view = panel.snapshots[index].view
      let left = left(of: place) + (Self.panelWidth - Double(view.shape.width)) / 2
      copy(view, to: &picture, left: Int(left))
    }
    return picture
  }

  private func left(of place: Int) -> Double { Self.gap + Double(place) * (Self.panelWidth + Self.gap) }

  private func draw(_ panel: Panel, at index: Int, left: Double, into scene: inout Scene) {
    let snapshot = panel.snapshots[index]
    scene.text(panel.name, at: Point(left, 20), size: 15, color: .ink)
    scene.text(
      "goal reached: \(snapshot.reached) of \(snapshot.ended)", at: Point(left, 38), size: 12,
      color: .faintInk)
    panel.view.draw(
      path: panel.snapshots[snapshot.start...index].map(\.pose), robot: snapshot.pose,
      snapshot.reachedGoal.map { $0 ? .green : .vermilion } ?? .ink, at: Point(left, Self.heading),
      into: &scene)
  }

  /// Copies a camera's image into the picture, below the pens.
  private func copy(_ view: borrowing Frame, to picture: inout Frame, left: Int) {
    for row in 0..<view.shape.height {
      let source = row * view.shape.width * 3
      let target = ((viewTop + row) * picture.shape.width + left) * 3
      for byte in 0..<view.shape.width * 3 { picture.pixels[target + byte] = view.pixels[source + byte] }
    }
  }
}

extension PenAnimation.Panel {
  /// Runs new episodes with a run's sampled policy in its simulated world, from starts that no training uses.
  init(of folder: RunFolder, seed: UInt64) throws {
    let origin = try RunOrigin(folder.path)
    let experiment = try origin.measuredConfiguration()
    var environment = try experiment.makeEvaluationWorld(seed: seed)
    var agent = try experiment.makeEvaluatedAgent(for: experiment.specification, seed: seed)
    try origin.restore(&agent)
    let name = URL(filePath: folder.path).lastPathComponent
    let steps = (origin.checkpoint?.stepCount).map {
      "after \(grouped(Double($0))) step\($0 == 1 ? "" : "s")"
    }
    self.init(
      name: steps ?? name, view: PenView(PenOutline(experiment.simulation), width: PenAnimation.panelWidth),
      snapshots: [])
    var reached = 0
    var line = CountLine("\(name): picture", of: PenAnimation.snapshotCount)
    defer { line.finish() }
    for episode in 0... {
      let start = snapshots.count
      guard start < PenAnimation.snapshotCount else { break }
      line.update(start)
      let report = try evaluate(in: &environment, episodes: 1) { world, observation, action in
        // An episode that began without an image was restarted; discard its frames.
        if world.stepsDone == 0 { snapshots.removeSubrange(start...) }
        if world.stepsDone % PenAnimation.stepsPerSnapshot == 0 {
          snapshots.append(
            .init(
              pose: world.body.pose, view: observation.newestFrame, start: start, ended: episode,
              reached: reached))
        }
        agent.act(on: observation, into: &action)
      }
      let reachedGoal = report.successRate == 1
      reached += reachedGoal ? 1 : 0
      guard var last = snapshots.last else { continue }
      (last.pose, last.ended, last.reached) = (environment.body.pose, episode + 1, reached)
      last.reachedGoal = reachedGoal
      snapshots += [PenAnimation.Snapshot](repeating: last, count: PenAnimation.endCount)
    }
  }
}
