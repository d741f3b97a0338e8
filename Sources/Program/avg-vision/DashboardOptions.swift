import ArgumentParser
import AVGCore
import AVGDashboard
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

  /// Opens the page, if one is wanted, and says where.
  ///
  /// - Parameters:
  ///   - folder: where the run's earlier episodes are, if it has any.
  ///   - showsPen: whether the page is told where the robot is in the simulated pen.
  func open(
    _ experiment: ExperimentConfiguration, title: String, steps: Int, folder: RunFolder,
    showsPen: Bool = false,
    stop: StopFlag
  ) throws -> Dashboard? {
    guard let dashboard else { return nil }
    let settings = DashboardSettings(
      title: title, target: experiment.task.targetColor,
      maximumWheelSpeedMillimetersPerSecond: experiment.task.maximumWheelSpeedMillimetersPerSecond,
      cycleMilliseconds: experiment.task.controlPeriodSeconds * 1000, totalSteps: steps,
      hasGoal: experiment.specification.score == .success, metricsPath: folder.metricsPath,
      pen: showsPen ? PenOutline(experiment.simulation) : nil)
    let page = try Dashboard(
      settings, at: try DashboardAddress(dashboard),
      arguments: [DashboardServerCommand.configuration.commandName ?? ""], stop: stop)
    for (index, url) in page.urls.enumerated() {
      logger.warning("\(index == 0 ? "dashboard    " : "          or ")\(url)")
    }
    return page
  }
}

extension PenOutline {
  fileprivate init(_ pen: PenConfiguration) {
    self.init(
      lengthMeters: pen.penLengthMeters, widthMeters: pen.penWidthMeters,
      targetWidthMeters: pen.targetWidthMeters,
      robotRadiusMeters: pen.robotRadiusMillimeters / 1000)
  }
}

/// The process behind the page, which the program starts itself.
struct DashboardServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard-server", abstract: "Serve a run's page; started by --dashboard.",
    shouldDisplay: false)

  func run() { DashboardServer.serve() }
}
