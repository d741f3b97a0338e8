public import AVGArm
public import AVGCamera
public import AVGCore
public import AVGExec
public import AVGRecording
public import AVGRobot
import AVGSystem
public import AVGTraining

/// A part of a body, or a whole body, that reports on a run.
public protocol DeviceReport: ~Copyable {
  /// The report in lines; empty if there is nothing to report.
  ///
  /// - Parameter processorTime: the processor time of the program during the run.
  func report(_ progress: TrainingProgress, processorTime: Duration) -> String
}

/// An eye whose images can be recorded.
public protocol DeviceEye: Eye, DeviceReport, ~Copyable {
  /// The number of pixels of its images if they are JPEG images, which a log records unchanged; nil otherwise.
  var jpegPixels: Int? { get }
}

extension ComposedBody: DeviceReport where E: DeviceReport, E: ~Copyable, B: DeviceReport, B: ~Copyable {
  /// The lines of the eye, then those of the base.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    let lines = [
      sight.eye.report(progress, processorTime: processorTime),
      base.report(progress, processorTime: processorTime),
    ]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension DeviceReport where Self: ~Copyable {
  /// No lines.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String { "" }
}

extension NoEye: DeviceReport {}

extension NoBase: DeviceReport {}

extension Create2Base: DeviceReport {
  /// The counts of the guard.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    let report = link.report
    let counts = report.counts
    return """
      robot        \(counts.packets) packets, \(counts.skippedBytes) bytes not understood, \
      \(report.reading.charge) of \(report.reading.capacity) mAh
      stops        \(counts.expiries) for want of a command, \(counts.silences) for want of an answer, \
      \(counts.hazards) for wheel drops and cliffs, \(counts.obstacles + counts.absences) for late guards or the \
      computer's sleep
      repairs      \(counts.reentries) returns to safe mode, \(counts.repeats) commands repeated, \
      \(counts.reopenings) reopenings
      """
  }
}

extension UR5Base: DeviceReport {
  /// The counts of the guard.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    """
    robot        \(report.packets) packets of ur://\(host), \(report.latePackets) late, \(report.skippedBytes) bytes not understood, \
    \(report.reconnections) reconnections
    stops        \(report.expiries) for want of a command, \(report.safetyStops) by its safety system
    bounds       \(report.boundedOrders) speeds made less to stay within them
    """
  }
}

extension ExecBase: DeviceReport {
  /// The counts of the guard.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    """
    robot        \(report.lines) lines of exec:\(program)
    stops        \(report.expiries) for want of a command, \(report.lateAnswers) for late answers
    """
  }
}

extension CameraEye: DeviceEye where Source: ~Copyable {
  /// The size of the images of a camera that sends JPEG.
  public var jpegPixels: Int? {
    camera.format.pixelFormat.isJPEG ? camera.format.size.width * camera.format.size.height : nil
  }

  /// The counts of frames.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    CaptureReport.text(camera, progress, processorTime: processorTime)
  }
}

extension EmulatorView: DeviceEye {
  /// The size of a view of the default size, because the first one has not arrived yet.
  public var jpegPixels: Int? { Self.usualPixels }

  /// The counts of frames.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    "frames       \(framesUsed) of \(path) used\n"
      + "missed       \(progress.missedCycles) control cycles, \(progress.staleSteps) without sight"
  }
}

extension RecordedCameraBody: DeviceReport {
  /// The counts of frames, and remarks on their times.
  public func report(_ progress: TrainingProgress, processorTime: Duration) -> String {
    "frames       \(framesUsed) of \(topic.printable()) used, \(framesSkipped) passed over"
      + (framesDamaged == 0 ? "\n" : ", \(framesDamaged) damaged\n")
      + "missed       \(progress.staleSteps) cycles without sight" + LogTimes.text(self)
  }
}
