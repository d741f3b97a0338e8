import ArgumentParser
import AVGDashboard
import AVGTasks
import AVGTraining

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
  func open(
    _ experiment: ExperimentConfiguration, title: String, steps: Int, stop: StopFlag
  ) throws -> Dashboard? {
    guard let dashboard else { return nil }
    let settings = DashboardSettings(
      title: title, target: experiment.task.targetColor,
      maximumWheelSpeedMillimetersPerSecond: experiment.task.maximumWheelSpeedMillimetersPerSecond,
      cycleMilliseconds: experiment.task.controlPeriodSeconds * 1000, totalSteps: steps)
    let page = try Dashboard(
      settings, at: try DashboardAddress(dashboard),
      arguments: [DashboardServerCommand.configuration.commandName ?? ""], stop: stop)
    Diagnostics.announce("dashboard    \(page.url)")
    return page
  }
}

/// The process behind the page, which the program starts itself.
struct DashboardServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dashboard-server", abstract: "Serve a run's page; started by --dashboard.",
    shouldDisplay: false)

  func run() { DashboardServer.serve() }
}
