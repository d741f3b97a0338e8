import ArgumentParser
import AVGDashboard
import AVGExperiment

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
}

/// The process behind the page, which the program starts itself.
struct DashboardServerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: DashboardServer.command, abstract: "Serve a run's page; started by --dashboard.",
    shouldDisplay: false)

  func run() { DashboardServer.serve() }
}
