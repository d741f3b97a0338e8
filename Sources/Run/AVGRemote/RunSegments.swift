import AVGSystem
import Foundation
import Glibc

/// Which steps of which robot's program a run has learned from, in the run's folder as `remote.json`.
///
/// Steps of a session follow each other, until some were dropped or the robot's program was started anew: then another
/// segment begins. It is written before its first step is learned from, so that a checkpoint, which counts all steps,
/// tells which step is the next.
package struct RunSegments: Codable, Sendable {
  /// Steps in a row.
  struct Segment: Codable, Sendable {
    var session: String
    /// The sequence of its first step.
    var first: UInt64
    /// The steps that had been taken before.
    var at: Int
  }

  /// The run's name, which no other run has.
  package var run = UUID().uuidString
  var segments: [Segment] = []

  private static let longestFile = 64 << 20

  /// Those of a new run.
  package init() {}

  /// Reads those of a run that goes on.
  ///
  /// - Parameter taken: the steps that its checkpoint counts; what came later is forgotten.
  package init(reading path: String, taken: Int) throws(RemoteError) {
    let bytes: [UInt8]
    do { bytes = try InputFile.bytes(at: path, limit: Self.longestFile + 1) } catch {
      guard error.code == ENOENT else { throw .file(error) }
      throw .noRun(path: path)
    }
    guard bytes.count <= Self.longestFile,
      let found = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
      found.segments.allSatisfy({ $0.at >= 0 && $0.first >= 1 && $0.first < 1 << 62 })
    else { throw .damaged(path: path) }
    self = found
    segments.removeAll { $0.at > taken }
  }

  /// Writes them.
  package func write(to path: String) throws(RemoteError) {
    guard let text = try? ReadableJSON.encode(self) else { throw .damaged(path: path) }
    do { try AtomicFile.write(text + "\n", to: path) } catch { throw .file(error) }
  }

  /// The last step of `session` that is among the `taken` ones; 0 for none.
  func last(of session: String, taken: Int) -> UInt64 {
    guard let segment = segments.last, segment.session == session else { return 0 }
    return segment.first + UInt64(max(0, taken - segment.at)) - 1
  }

  /// Notes that `step` is taken next.
  ///
  /// - Returns: whether a segment begins with it.
  mutating func note(_ step: UInt64, of session: String, taken: Int) -> Bool {
    guard last(of: session, taken: taken) + 1 != step || segments.last?.session != session else {
      return false
    }
    segments.removeAll { $0.at >= taken }
    segments.append(Segment(session: session, first: step, at: taken))
    return true
  }
}
