import AVGConfiguration
import AVGCore
import AVGExperiment
import AVGLearning
import AVGNetwork
import AVGPlots
import AVGTasks
import AVGTraining
import Foundation

/// The time that a step of a configuration takes, compared with its control cycle: medians of the processor time, which
/// does not depend on other programs.
struct CycleTime: Encodable {
  var configuration: String
  var cycleMilliseconds: Double
  var inferenceMilliseconds: Double
  /// Inference and learning.
  var stepMilliseconds: Double

  /// The transitions of each update, of a learner from batches.
  var batchSamples: Int?

  /// Whether a step leaves enough of the cycle for the camera and other programs.
  var fits: Bool { stepMilliseconds < Self.share * cycleMilliseconds }

  /// The time that a transition of a batch takes; nil for a learner without batches.
  private var sampleMilliseconds: Double? {
    guard let batchSamples, stepMilliseconds > inferenceMilliseconds else { return nil }
    return (stepMilliseconds - inferenceMilliseconds) / Double(batchSamples)
  }

  /// The time that a step leaves for learning.
  private var learningMilliseconds: Double { Self.share * cycleMilliseconds - inferenceMilliseconds }

  /// The largest batch with which a step would fit; nil for a learner without batches.
  var fittingSamples: Int? { sampleMilliseconds.map { max(0, Int(learningMilliseconds / $0)) } }

  /// The control steps that an update from a batch of the usual size has to be spread over; nil for a learner without batches,
  /// and where not even inference fits.
  var spreadSteps: Int? {
    guard let sampleMilliseconds, learningMilliseconds > 0 else { return nil }
    let steps = (Double(Self.usualSamples) * sampleMilliseconds / learningMilliseconds).rounded(.up)
    return max(1, Int(min(steps, 10000)))
  }

  private static let usualSamples = BatchConfiguration().samples

  private static let share = 0.7
  /// What the built-in configuration is timed with besides.
  private static let batchLearners = [Algorithm.sac, .td3]

  private static let stepCount = 60
  private static let warmUp = 10
  /// The processor time to spend on the measurement, on a computer where two turns take less.
  private static let measurementMilliseconds = 2000.0

  /// Times the built-in configuration and those in `configs/`, if that folder exists.
  ///
  /// - Parameter tell: called with the completed share.
  static func all(tell: (Double) -> Void) -> [CycleTime] {
    var experiments = [(name: "built-in", experiment: ExperimentConfiguration())]
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: "configs")) ?? []).filter {
      $0.hasSuffix(".yaml")
    }
    for file in files.sorted() {
      guard let experiment = try? ExperimentConfiguration.load("configs/" + file) else {
        continue
      }
      experiments.append((String(file.dropLast(5)), experiment))
    }
    for algorithm in batchLearners {
      var experiment = ExperimentConfiguration(.createReacher, rehearses: false)
      experiment.agent.algorithm = algorithm
      experiments.append((algorithm.rawValue, experiment))
    }
    let subjects = experiments.flatMap { name, experiment in
      let learner = LearnerUnderTest(experiment.agent, experiment.agent.encoderSharing, .best)
      return [
        BenchmarkSubject(name: name, run: learner.infer), BenchmarkSubject(name: name, run: learner.learn),
      ]
    }
    // The subjects take turns, so that a short disturbance of the computer affects only a part of each median.
    // One turn may take seconds on a slow computer, and its time is then all that can be had at a reasonable price.
    let firstTurn = Stopwatch.time(subjects, times: 1, warmUp: 1, tell: tell)
    let milliseconds = firstTurn.map(\.median).reduce(0, +)
    let count = Int(min(measurementMilliseconds / max(milliseconds, 1e-3), Double(stepCount)))
    let timings =
      count > 1
      ? Stopwatch.time(subjects, times: count, warmUp: min(warmUp, count / 5), tell: tell) : firstTurn
    return experiments.enumerated().map { index, experiment in
      CycleTime(
        configuration: experiment.name,
        cycleMilliseconds: experiment.experiment.task.controlPeriodSeconds * 1000,
        inferenceMilliseconds: timings[2 * index].median, stepMilliseconds: timings[2 * index + 1].median,
        batchSamples: experiment.experiment.agent.algorithm.isBatch ? LearnerUnderTest.batchSamples : nil)
    }
  }

  /// The times as lines for a reader.
  static func table(_ times: [CycleTime]) -> [String] {
    let width = 2 + (times.map(\.configuration.count).max() ?? 0)
    return times.map { time in
      let name = time.configuration.padding(toLength: width, withPad: " ", startingAt: 0)
      let advice =
        time.fits
        ? ""
        : "  → too slow: take fewer channels, larger strides, a shared encoder, or a longer task.controlPeriodSeconds"
      let spread =
        time.spreadSteps.map {
          "; one of \(usualSamples) is to be spread over \($0) steps (agent.batch.stepsPerUpdate)"
        } ?? ""
      let batches =
        time.batchSamples.map {
          " with batches of \($0), of which up to \(time.fittingSamples ?? 0) fit\(spread)"
        } ?? ""
      return
        "\(name)inference \(grouped(time.inferenceMilliseconds, decimals: 2)) ms, a step "
        + "\(grouped(time.stepMilliseconds, decimals: 2)) ms of a cycle of "
        + "\(grouped(time.cycleMilliseconds, decimals: 0)) ms\(batches)\(time.batchSamples == nil ? advice : "")"
    }
  }
}
