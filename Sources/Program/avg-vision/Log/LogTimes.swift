import AVGRecording

/// What is to be said of a log's times, in words.
enum LogTimes {
  /// Of a clock that jumped: "jumps 2 times, by up to 3600 s (or the recording paused)".
  static func words(_ count: Int, longest: UInt64) -> String {
    let seconds = Double(longest) / 1e9
    let length =
      seconds < 1e9 ? "\((seconds * 10).rounded() / 10) s" : "\(Int((seconds / 31_557_600).rounded())) years"
    return "jumps \(count == 1 ? "once" : "\(count) times"), by up to \(length) (or the recording paused)"
  }

  /// Lines on the times of a file whose images were shown to an agent; empty if all was well.
  static func text(_ body: borrowing RecordedCameraBody, controlPeriodSeconds: Double) -> String {
    var lines = ""
    if body.clock.jumpCount > 0 {
      lines +=
        "\nclock        the log's clock "
        + words(body.clock.jumpCount, longest: body.clock.longestJump) + "; each is one gap"
    }
    if body.timelessFrames > 0 {
      lines +=
        "\ntimes        \(body.timelessFrames) images carry no time of their own: one was shown in each cycle"
    }
    if body.lateFrames * 2 > body.framesUsed, let interval = body.clock.typicalInterval {
      let milliseconds = (Double(interval) / 1e5).rounded() / 10
      lines +=
        "\nslow         an image came every \(milliseconds) ms, and was waited for in cycles of "
        + "\((controlPeriodSeconds * 1e4).rounded() / 10) ms"
      // As the configuration bounds it.
      if milliseconds <= 2000 {
        lines += "; --set task.controlPeriodSeconds=\((milliseconds * 10).rounded() / 1e4) gives each its own"
      }
    }
    return lines
  }
}
