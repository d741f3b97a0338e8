import AVGCore
import AVGExperiment
import AVGRunFolder
import AVGSystem
import AVGTasks
import AVGTraining
import Logging

/// A run on devices, as options ask for it.
struct LiveRun {
  /// What the run goes by.
  let experiment: ExperimentConfiguration
  private let devices: Devices
  /// The command line that names them.
  private let words: [String]
  private let options: DeviceRunOptions
  private let origin: RunOrigin?

  /// A run that may learn, be gone on with, and be recorded.
  init(
    _ devices: Devices, _ words: [String], _ settings: RunOptions, _ learning: LearningOptions,
    saveFrames: String? = nil
  ) throws {
    let recording = learning.recording
    try self.init(
      devices, words, settings, isLearning: learning.learn, record: recording.record,
      quality: recording.frames.recordQuality, saveFrames: saveFrames,
      origin: try learning.resuming.resume.map { try RunOrigin($0, isWriting: true) },
      learner: try learning.remote.choice)
  }

  /// A run that is recorded, and learns nothing.
  init(
    _ devices: Devices, _ words: [String], _ settings: RunOptions, recordingTo log: String, quality: Int?,
    saveFrames: String?
  ) throws {
    try self.init(
      devices, words, settings, isLearning: false, record: log, quality: quality, saveFrames: saveFrames,
      origin: nil)
  }

  private init(
    _ devices: Devices, _ words: [String], _ settings: RunOptions, isLearning: Bool, record: String?,
    quality: Int?, saveFrames: String?, origin: RunOrigin?, learner: LearnerChoice? = nil
  ) throws {
    settings.verbosity.apply()
    self.devices = devices
    self.words = words
    self.origin = origin
    var options = DeviceRunOptions(
      TrainingOptions(
        output: settings.options.output, record: record, recordQuality: quality,
        dashboard: try settings.page.address), steps: settings.steps)
    options.training.learner = learner
    options.isLearning = isLearning
    options.startFrom = settings.startFrom
    options.saveFrames = saveFrames
    self.options = options
    experiment = try origin?.configuration(overrides: settings.options.overrides) ?? settings.options.load()
    guard devices.armAddress == nil || experiment.isOfArm && experiment.task.kind == .urReacher2 else {
      throw InvalidSetting(
        key: "task.kind", value: experiment.task.kind.rawValue,
        allowed: "ur-reacher-2, the task of an arm, with --robot ur://")
    }
  }

  /// Runs until the last step, Ctrl-C or an error.
  func run() throws {
    let name = experiment.task.kind.rawValue
    let result =
      if let host = devices.armAddress {
        try experiment.simulatedArm(name: name).run(
          experiment, onArmAt: host, options, from: origin)
      } else {
        try ExperimentConfiguration.simulated(name: name).run(experiment, on: devices, options, from: origin)
      }
    if let learner = options.training.learner { return learner.tellEnding(of: result.folder) }
    RunEnding(
      folder: result.folder, progress: result.progress, steps: options.steps,
      goingOn: goingOn(result.folder), next: next(result.folder)
    ).tell()
  }

  /// The command that goes on with the run.
  private func goingOn(_ folder: RunFolder) -> [String] {
    guard options.isLearning || origin != nil else { return next(folder) }
    return words + ["--resume", folder.path] + (options.isLearning ? [] : ["--no-learn"])
      + (options.steps.map { ["--steps", "\($0)"] } ?? [])
  }

  /// The command for a run that has done its steps.
  private func next(_ folder: RunFolder) -> [String] {
    if let record = options.training.record, !options.isLearning { return ["replay", record] }
    return options.isLearning ? words + ["--start-from", folder.path, "--no-learn"] : ["plot", folder.path]
  }
}
