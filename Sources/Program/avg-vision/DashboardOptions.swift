import ArgumentParser
import AVGCore
import AVGDashboard
import AVGExperiment
import AVGRunFolder
import AVGSimulation
import AVGSystem
import AVGTasks
import AVGTraining
import Logging

/// How a command is told to show a live page.
struct DashboardOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show a live page on this port; on this machine alone, unless an address is given, as 0.0.0.0:8080 for all.",
      valueName: "[host:]port"))
  var dashboard: String?

  func validate() throws {
    guard let dashboard else { return }
    do { _ = try DashboardAddress(dashboard) } catch { throw ValidationError("\(error)") }
  }

  /// Where the page is wanted; nil for nowhere.
  var address: DashboardAddress? { get throws { try dashboard.map { try DashboardAddress($0) } } }

  /// Opens the page of a run on a device, if one is wanted, and says where.
  ///
  /// - Parameter folder: where the run's earlier episodes are, if it has any.
  func open(
    _ experiment: ExperimentConfiguration, title: String, steps: Int, folder: RunFolder, stop: StopFlag
  ) throws -> Dashboard? {
    guard let address = try address else { return nil }
    let settings = DashboardSettings(
      title: title, target: experiment.task.targetColor,
      maximumWheelSpeedMillimetersPerSecond: experiment.task.maximumWheelSpeedMillimetersPerSecond,
      cycleMilliseconds: experiment.task.controlPeriodSeconds * 1000, totalSteps: steps,
      hasGoal: experiment.specification.score == .success, metricsPath: folder.metricsPath)
    return try Dashboard(settings, at: address, stop: stop)
  }
}

/// The process behind the page, which the program starts itself.
struct DashboardServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: DashboardServer.command, abstract: "Serve a run's page; started by --dashboard.",
    shouldDisplay: false)

  func run() { DashboardServer.serve() }
}
