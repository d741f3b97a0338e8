import AVGCore
import AVGRunFolder
import AVGSweep
import AVGSystem
import AVGTraining
import Foundation
import Logging

/// Runs a study's processes, a few at a time, and passes over what is finished.
struct SweepRunner {
  /// A job and the process that it is at.
  private struct Worker {
    var job: SweepPlan.Job
    var steps: [SweepStep]
    var process: SweepProcess
  }

  private let plan: SweepPlan
  private let processCount: Int
  private var waiting: [SweepPlan.Job]
  private var workers: [Worker] = []
  private var finishedNow = 0
  private var failures = 0
  private let began = MonotonicInstant.now

  /// How often the processes are looked after.
  private static let pause = 0.05

  /// Takes what is unfinished of a plan.
  init(_ plan: SweepPlan, processes: Int) throws {
    self.plan = plan
    processCount = processes
    waiting = try plan.unfinished()
  }

  private var total: Int { plan.jobs.count }

  /// Runs until everything is done, or until the flag is raised.
  ///
  /// - Throws: `SweepFailure` at the end if any process failed.
  mutating func run(stop: StopFlag) throws {
    // Whatever ends the sweep, ends its processes.
    defer { for worker in workers { worker.process.end() } }
    logger.notice("\(total - waiting.count) of \(total) runs are finished, \(waiting.count) to do")
    var line = CountLine("run", of: total)
    defer { line.finish() }
    while !stop.isRaised, !(waiting.isEmpty && workers.isEmpty) {
      while workers.count < processCount, !waiting.isEmpty {
        let job = waiting.removeFirst()
        let steps = try plan.steps(of: job)
        guard let first = steps.first else { continue }
        do {
          let process = try plan.start(first, of: job)
          workers.append(Worker(job: job, steps: Array(steps.dropFirst()), process: process))
        } catch let error as RunFolderError { fail(job, error.description) }
      }
      Thread.sleep(forTimeInterval: Self.pause)
      for index in workers.indices.reversed() where !workers[index].process.isRunning {
        try goOn(index)
      }
      line.update(total - waiting.count - workers.count, note: underWay)
    }
    if failures > 0 { throw SweepFailure(count: failures, folder: plan.folder.path) }
  }

  /// What the processes are at, in words.
  private var underWay: String {
    workers.map { worker in
      let name = "\(plan.study.sweep.variants[worker.job.variant].name) seed \(worker.job.seed)"
      return worker.process.progress.map { "\(name) \($0)" } ?? name
    }.joined(separator: ", ")
  }

  /// Takes a worker whose process has ended to its next one.
  private mutating func goOn(_ index: Int) throws {
    let job = workers[index].job
    if let reason = try workers[index].process.failure() {
      fail(job, reason)
      workers.remove(at: index)
    } else if let next = workers[index].steps.first {
      workers[index].steps.removeFirst()
      workers[index].process = try plan.start(next, of: job)
    } else {
      workers.remove(at: index)
      finishedNow += 1
      let open = waiting.count + workers.count
      let left = began.duration(to: .now).seconds / Double(finishedNow) * Double(open)
      let forecast = open > 0 ? ", time left \(ProgressLine.clock(left))" : ""
      logger.notice("\(total - open - failures) of \(total) runs: \(plan.name(of: job))\(forecast)")
    }
  }

  private mutating func fail(_ job: SweepPlan.Job, _ reason: String) {
    failures += 1
    logger.error("\(plan.name(of: job)): \(reason)")
  }
}

/// Some runs of a study failed.
struct SweepFailure: Error, CustomStringConvertible {
  var count: Int
  var folder: String

  var description: String {
    "sweep: \(count) processes failed. Read the logs in \(folder), then start the sweep again: it goes on with what is "
      + "unfinished."
  }
}
