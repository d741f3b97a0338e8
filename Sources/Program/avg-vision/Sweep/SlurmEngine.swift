import AVGCore
import AVGRunFolder
import AVGSweep
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// Has Slurm make the runs of a study: a job array, a task of which is a run.
///
/// Nothing is kept but the runs' folders: what is finished is seen there, and what is under way in Slurm's queue, where
/// the array's name tells whose it is. So a sweep can end and be asked again, as often as one likes.
struct SlurmEngine {
  private let plan: SweepPlan
  /// The study's file, and the options that change it.
  private let study: String
  private let options: [String]
  /// What the queue calls every array of this study in this folder.
  let name: String

  /// How often the queue is looked at: soon at first, then as seldom as administrators like it.
  private static let pause = 1.0...30.0
  /// How long the queue may give no answer: a controller takes minutes to start again.
  private static let patience = Duration.seconds(600)

  /// - Parameters:
  ///   - study: the study's file.
  ///   - options: those that change it, for the tasks to be given too.
  init(_ plan: SweepPlan, study: String, options: [String]) {
    self.plan = plan
    self.study = URL(filePath: study).standardizedFileURL.path
    self.options = options
    let folder = URL(filePath: plan.folder.path).resolvingSymlinksInPath().path
    let identity = ([folder] + plan.jobs.map(plan.label)).joined(separator: "\n")
    let checksum = String(CRC32.of(Array(identity.utf8)), radix: 16)
    name = "avg-vision-\(URL(filePath: folder).lastPathComponent)-\(checksum)"
  }

  /// Submits the runs that are neither finished nor in the queue, as one array.
  ///
  /// - Parameters:
  ///   - chosen: options of sbatch, with or without their dashes.
  ///   - atOnce: the most tasks at the same time; nil for no limit.
  func submitUnfinished(_ chosen: [String], atOnce: Int?) throws {
    let queued = try tasks()
    let unfinished = Set(try plan.unfinished())
    let missing = plan.jobs.indices.filter { unfinished.contains(plan.jobs[$0]) && queued[$0] == nil }
    let finished = "\(plan.jobs.count - unfinished.count) of \(plan.jobs.count) runs are finished"
    logger.notice("\(finished), \(queued.count) in the queue, \(missing.count) to submit")
    guard !missing.isEmpty else { return }
    let script = plan.folder.file("slurm.sh")
    try AtomicFile.write(self.script(missing), to: script)
    let limit = atOnce.map { "%\($0)" } ?? ""
    // A task is taken up again after its node has failed or was needed elsewhere, and then goes on from its checkpoint.
    let own = ["--requeue", "--ntasks=1", "--cpus-per-task=1", "--open-mode=append"]
    let fixed = [
      "--parsable", "--job-name=\(name)",
      "--array=\(missing.map(String.init).joined(separator: ","))\(limit)",
      "--output=\(absoluteFolder)/slurm-%A_%a.log",
    ]
    let words = chosen.map { $0.hasPrefix("-") ? $0 : "--\($0)" }
    let answer = try ToolProcess.output(["sbatch"] + own + words + fixed + [script])
    let job = answer.prefix { $0.isNumber }
    logger.notice("sweep: job \(job) has \(missing.count) tasks. `scancel --name=\(name)` ends them")
  }

  /// Waits until no run is in the queue any more.
  ///
  /// - Parameter returnsAtOnce: only says how far it is.
  /// - Returns: whether nothing is left to do.
  /// - Throws: `SweepFailure` if runs have left the queue unfinished.
  func wait(stop: StopFlag, returnsAtOnce: Bool) throws -> Bool {
    let began = MonotonicInstant.now
    var line = CountLine("run", of: plan.jobs.count)
    defer { line.finish() }
    var answered = began
    while !stop.isRaised {
      do {
        let tasks = try tasks()
        answered = .now
        let running = tasks.values.count { $0 == "RUNNING" }
        let note = "\(running) running, \(tasks.count - running) waiting"
        if tasks.isEmpty {
          try reportUnfinished()
          return true
        }
        if returnsAtOnce {
          logger.notice("sweep: \(note). The same command asks again, and without --detach waits")
          return false
        }
        line.update(plan.jobs.count - tasks.count, note: note)
      } catch let error as ToolFailure {
        guard answered.duration(to: .now) < Self.patience else { throw error }
      }
      let seconds = began.duration(to: .now).seconds / 20
      let due = MonotonicInstant.now.advanced(
        by: .seconds(min(max(seconds, Self.pause.lowerBound), Self.pause.upperBound)))
      while !stop.isRaised, MonotonicInstant.now < due { Thread.sleep(forTimeInterval: 0.05) }
    }
    logger.notice("sweep: the tasks stay in Slurm's queue")
    return false
  }

  /// The states of the tasks that are in the queue, by their run's place in the plan.
  private func tasks() throws(ToolFailure) -> [Int: String] {
    let text = try ToolProcess.output([
      "squeue", "--noheader", "--array", "--me", "--name=\(name)", "--format=%K %T",
    ])
    var states: [Int: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ")
      guard words.count == 2, let index = Int(words[0]), plan.jobs.indices.contains(index) else { continue }
      states[index] = String(words[1])
    }
    return states
  }

  /// Names the runs that are unfinished though nobody is at them.
  private func reportUnfinished() throws {
    let unfinished = try plan.unfinished()
    for job in unfinished {
      let log = plan.folder.log(plan.study.sweep.variants[job.variant], seed: job.seed)
      logger.error("\(plan.name(of: job)): has left the queue unfinished; see \(log) and the tasks' own logs")
    }
    if !unfinished.isEmpty { throw SweepFailure(count: unfinished.count, folder: plan.folder.path) }
  }

  private var absoluteFolder: String { URL(filePath: plan.folder.path).standardizedFileURL.path }

  /// The array's script. sbatch takes a copy, so that a task keeps its run, whatever becomes of the file.
  private func script(_ indices: [Int]) -> String {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path
    let runs = indices.map { "\($0)) run=\(quoted(plan.label(of: plan.jobs[$0]))) ;;" }
    let command = [program, "sweep", study, "--output", absoluteFolder] + options
    return """
      #!/bin/sh
      # Made by `avg-vision sweep --engine slurm`: a task is a run.
      case $SLURM_ARRAY_TASK_ID in
      \(runs.joined(separator: "\n"))
      esac
      exec \(command.map(quoted).joined(separator: " ")) --only "$run"

      """
  }

  /// A word as the shell takes it literally.
  private func quoted(_ word: String) -> String { "'" + word.replacing("'", with: #"'\''"#) + "'" }
}
