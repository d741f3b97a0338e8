import AVGCore
import AVGLearning
import AVGNetwork
import AVGPlots
import AVGTasks
import AVGTraining
import Foundation

/// How long a configuration's step takes here, beside its control cycle.
struct CycleTime: Encodable {
  var configuration: String
  var cycleMilliseconds: Double
  var inferenceMilliseconds: Double
  /// Acting and learning.
  var stepMilliseconds: Double

  /// Whether a step leaves the cycle room for the camera and for other programs.
  var fits: Bool { stepMilliseconds < 0.7 * cycleMilliseconds }

  private static let stepCount = 20

  /// Times the built-in configuration and those in `configs/`, if the program runs beside them.
  static func all() -> [CycleTime] {
    var times = [measured(ExperimentConfiguration(), name: "built-in")]
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: "configs")) ?? []).filter {
      $0.hasSuffix(".yaml")
    }
    for file in files.sorted() {
      guard let experiment = try? StrictYAML.load(ExperimentConfiguration(), path: "configs/" + file) else {
        continue
      }
      times.append(measured(experiment, name: String(file.dropLast(5))))
    }
    return times
  }

  private static func measured(_ experiment: ExperimentConfiguration, name: String) -> CycleTime {
    let learner = LearnerUnderTest(experiment.agent, experiment.agent.encoderSharing, .best)
    func median(_ run: () -> Void) -> Double {
      run()
      let durations = (0..<stepCount).map { _ in
        let began = MonotonicInstant.now
        run()
        return began.duration(to: .now)
      }
      return durations.sorted()[stepCount / 2].milliseconds
    }
    return CycleTime(
      configuration: name, cycleMilliseconds: experiment.task.controlPeriodSeconds * 1000,
      inferenceMilliseconds: median(learner.infer), stepMilliseconds: median(learner.learn))
  }

  /// The times as lines for a reader.
  static func table(_ times: [CycleTime]) -> [String] {
    let width = 2 + (times.map(\.configuration.count).max() ?? 0)
    return times.map { time in
      let name = time.configuration.padding(toLength: width, withPad: " ", startingAt: 0)
      let verdict =
        time.fits
        ? ""
        : "  → too slow: take fewer channels, larger strides, a shared encoder, or a longer task.controlPeriodSeconds"
      return
        "\(name)inference \(grouped(time.inferenceMilliseconds, decimals: 2)) ms, a step "
        + "\(grouped(time.stepMilliseconds, decimals: 2)) ms of a cycle of "
        + "\(grouped(time.cycleMilliseconds, decimals: 0)) ms\(verdict)"
    }
  }
}
