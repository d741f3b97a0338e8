import AVGCore
package import AVGRecording
package import AVGSystem
import AVGTraining
import Foundation
import Logging

/// A log that is to be written of a run.
package struct RecordingRequest {
  /// Its file, a new one.
  package var path: String
  /// The JPEG quality of frames that do not come as JPEG images; nil keeps their pixels.
  package var quality: Int?

  /// Asks for a log.
  package init(path: String, quality: Int?) {
    self.path = path
    self.quality = quality
  }

  /// Where a run's images come from.
  package enum Source {
    /// Frames that the program makes or scales itself.
    case frames
    /// JPEG images of the camera's own, so many pixels each.
    case images(pixels: Int)
    /// Observations of an environment in another process, so many bytes each.
    case observations(bytes: Int)
  }

  /// Makes the log, and says how large it will become.
  ///
  /// - Parameters:
  ///   - steps: the control steps to come; nil for no end.
  ///   - isReal: frames are stamped by this machine's clock.
  ///   - stop: is raised as soon as the disk refuses something: no robot goes on for nothing.
  package func open(
    _ source: Source, steps: Int?, controlPeriod: Duration, isReal: Bool, stop: StopFlag
  ) throws(LogError) -> FrameLogWriter {
    let offset =
      isReal
      ? Duration.seconds(Date().timeIntervalSince1970) - .nanoseconds(MonotonicInstant.now.nanoseconds)
      : .zero
    let log = try FrameLogWriter(
      creating: path, program: "avg-vision \(Product.version)", clockOffset: offset,
      ownCycle: isReal ? nil : controlPeriod, quality: keptQuality(of: source), onFailure: stop.raise)
    tellSize(source, steps: steps, controlPeriod)
    return log
  }

  /// The quality that frames are compressed with; nil where they are kept as they come.
  package func keptQuality(of source: Source) -> Int? {
    if case .frames = source { quality } else { nil }
  }

  /// Says on standard error what the log will take, and what the disk has.
  private func tellSize(_ source: Source, steps: Int?, _ controlPeriod: Duration) {
    let bytes: Int
    var hint = ""
    switch source {
    case .frames:
      bytes = FrameLogWriter.expectedStepBytes(quality: quality)
      if quality == nil {
        hint =
          "; --record-quality 85 makes it \(Self.size(FrameLogWriter.expectedStepBytes(quality: 85))) a step"
      }
    case .images(let pixels):
      bytes = FrameLogWriter.expectedStepBytes(imagePixels: pixels)
      if quality != nil { hint = "; --record-quality changes nothing: the camera's own JPEG images are kept" }
    case .observations(let size):
      bytes = FrameLogWriter.expectedStepBytes(observationBytes: size)
      if quality != nil { hint = "; --record-quality changes nothing: observations are kept as they come" }
    }
    let count = steps ?? Int(3600 / controlPeriod.seconds)
    let total = bytes.multipliedReportingOverflow(by: count)
    let size = total.overflow ? Int.max : total.partialValue
    let whole = steps == nil ? "an hour" : "for \(count) steps"
    var file = statvfs()
    let folder = URL(filePath: path).deletingLastPathComponent().path
    let room = statvfs(folder, &file) == 0 ? Int(clamping: file.f_bavail) * Int(file.f_frsize) : Int.max
    let line = "recording    \(path): about \(Self.size(bytes)) a step, \(Self.size(size)) \(whole)"
    if room < size {
      logger.warning("\(line); the disk has room for \(Self.size(room)) only\(hint)")
    } else {
      logger.notice("\(line + hint)")
    }
  }

  /// A number of bytes to two digits: 45 kB, 2.7 GB.
  package static func size(_ bytes: Int) -> String {
    var (value, unit) = (Double(bytes) / 1000, "kB")
    for next in ["MB", "GB", "TB"] where value >= 999.5 { (value, unit) = (value / 1000, next) }
    return value < 9.95 ? "\((value * 10).rounded() / 10) \(unit)" : "\(Int(value.rounded())) \(unit)"
  }
}
