package import Logging
import Synchronization

/// What somebody says to a logger, line by line.
package final class SaidLines: Sendable {
  private let said = Mutex<[String]>([])

  package init() {}

  /// The lines so far.
  package var lines: [String] { said.withLock { $0 } }

  /// Takes down all that is said.
  package var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: SaidLines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.said.withLock { $0.append(event.message.description) } }
  }
}
