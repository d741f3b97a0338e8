import AVGCore
import AVGExperiment
import AVGLearning
import AVGRemote
import AVGTasks
import Foundation

/// What `doctor` says of a learner on another computer.
struct LearnerReport: Encodable {
  let address: String
  let roundTripMilliseconds: Double
  let slowRoundTripMilliseconds: Double
  let upMegabytesPerSecond: Double
  let downMegabytesPerSecond: Double
  /// What steps with raw frames take; the camera's own JPEG images take a tenth to a third.
  let neededMegabytesPerSecond: Double
  let policyMegabytes: Double
  let expectedPolicyAgeSeconds: Double

  /// Asks the learner, for a run of this configuration.
  init(_ choice: LearnerChoice, _ experiment: ExperimentConfiguration) throws {
    let probe = try LearnerProbe(
      of: choice.address, token: choice.token, certificate: choice.certificate,
      program: "avg-vision \(Product.version)")
    let specification = experiment.specification
    let frame = specification.frames.map { $0.shape.byteCount } ?? 0
    let step = frame + 4 * (specification.signalCount + specification.actionCount) + 64
    let policy = try experiment.makeAgent(seed: 1).policy().encoded().count
    address = "\(choice.address)"
    roundTripMilliseconds = probe.roundTrip.milliseconds
    slowRoundTripMilliseconds = probe.slowRoundTrip.milliseconds
    upMegabytesPerSecond = probe.upRate / 1e6
    downMegabytesPerSecond = probe.downRate / 1e6
    neededMegabytesPerSecond = Double(step) / specification.controlPeriod.seconds / 1e6
    policyMegabytes = Double(policy) / 1e6
    let remote = experiment.remote
    let interval = min(
      Double(remote.policyIntervalMilliseconds) / 1000,
      Double(remote.policyIntervalUpdates) * specification.controlPeriod.seconds)
    // Half an interval in the mean, and the way of the step that it was learned from, and back.
    expectedPolicyAgeSeconds =
      interval / 2 + specification.controlPeriod.seconds + probe.roundTrip.seconds + Double(policy)
      / probe.downRate
  }

  /// The report in lines.
  var text: String {
    func number(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }
    var lines = [
      "learner      \(address): round trip \(number(roundTripMilliseconds, 2)) ms, "
        + "99 % within \(number(slowRoundTripMilliseconds, 2)) ms",
      "  steps      \(number(neededMegabytesPerSecond)) MB/s needed with raw frames; the link gives "
        + "\(number(upMegabytesPerSecond)) MB/s",
      "  policy     \(number(policyMegabytes, 2)) MB; the link gives \(number(downMegabytesPerSecond)) MB/s; expected age "
        + "\(number(expectedPolicyAgeSeconds, 2)) s",
    ]
    if upMegabytesPerSecond < neededMegabytesPerSecond {
      lines.append("  → steps with raw frames will be dropped: use a camera with MJPG, or a faster link")
    }
    return lines.joined(separator: "\n")
  }
}
