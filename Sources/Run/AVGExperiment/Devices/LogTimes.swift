import AVGCore
import AVGRecording

/// Descriptions of a log's times.
package enum LogTimes {
  /// The description of a clock's jumps: "jumps 2 times, by up to 3600 s (or the recording paused)".
  package static func words(_ count: Int, longest: UInt64) -> String {
    let seconds = Double(longest) / 1e9
    let length =
      seconds < 1e9 ? "\((seconds * 10).rounded() / 10) s" : "\(Int((seconds / 31_557_600).rounded())) years"
    return "jumps \(count == 1 ? "once" : "\(count) times"), by up to \(length) (or the recording paused)"
  }

  /// Remarks on the times of a file whose images were shown to an agent; empty if there is nothing to report.
  static func text<Command, Senses>(_ body: borrowing RecordedCameraBody<Command, Senses>) -> String {
    var lines = ""
    if body.clock.jumpCount > 0 {
      lines +=
        "\nclock        the log's clock "
        + words(body.clock.jumpCount, longest: body.clock.longestJump) + "; each is one gap"
    }
    if body.timelessFrames > 0 {
      lines +=
        "\ntimes        \(body.timelessFrames) images have no timestamp: one was shown in each cycle"
    }
    if body.lateFrames * 2 > body.framesUsed, let interval = body.clock.typicalInterval {
      let milliseconds = (Double(interval) / 1e5).rounded() / 10
      lines +=
        "\nslow         an image came every \(milliseconds) ms, and each was waited for in cycles of "
        + "\((body.controlPeriod.seconds * 1e4).rounded() / 10) ms"
      // The upper bound of the configuration key.
      if milliseconds <= 2000 {
        lines +=
          "; --set task.controlPeriodSeconds=\((milliseconds * 10).rounded() / 1e4) gives each its own cycle"
      }
    }
    return lines
  }
}
