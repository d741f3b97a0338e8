import AVGCore
import AVGImaging

@testable import AVGCamera

/// The script of scripted cameras and the record of their calls, over all openings.
final class CameraScript {
  /// The result of a read; the last one in the script repeats for ever.
  enum Reading {
    case image
    case nothing
    case failure(CameraError)
  }

  var readings: [Reading]
  /// The results of openings; when these run out, all succeed.
  var openings: [CameraError?]
  private(set) var calls: [String] = []
  private(set) var resumes: [MonotonicInstant] = []
  private(set) var deadlines: [MonotonicInstant] = []

  init(_ readings: [Reading], openings: [CameraError?] = []) {
    self.readings = readings
    self.openings = openings
  }

  func open(_ statistics: CaptureStatistics) throws(CameraError) -> ScriptedCamera {
    calls.append("open")
    if !openings.isEmpty, let error = openings.removeFirst() { throw error }
    return ScriptedCamera(script: self, statistics: statistics)
  }

  fileprivate func close() { calls.append("close") }

  fileprivate func resume(at instant: MonotonicInstant) { resumes.append(instant) }

  fileprivate func read(until deadline: MonotonicInstant) throws(CameraError) -> Bool {
    calls.append("read")
    deadlines.append(deadline)
    let reading = readings.count > 1 ? readings.removeFirst() : readings[0]
    switch reading {
    case .image: return true
    case .nothing: return false
    case .failure(let error): throw error
    }
  }
}

/// A camera that follows a script.
struct ScriptedCamera: FrameSource, ~Copyable {
  let script: CameraScript
  private(set) var statistics: CaptureStatistics
  let path = "D"
  let lastSourceBytes: [UInt8] = []
  let format = CaptureFormat(
    pixelFormat: .motionJPEG, size: ImageSize(width: 640, height: 360), bytesPerRow: 0,
    encoding: ColorEncoding(), rate: nil)
  private var sequence: UInt32 = 0

  fileprivate init(script: CameraScript, statistics: CaptureStatistics) {
    self.script = script
    self.statistics = statistics
  }

  deinit { script.close() }

  mutating func resume(at instant: MonotonicInstant) { script.resume(at: instant) }

  mutating func readNewest(into frame: inout Frame, until deadline: MonotonicInstant) throws(CameraError)
    -> Bool
  {
    guard try script.read(until: deadline) else { return false }
    sequence += 1
    statistics.framesUsed += 1
    frame.stamp.sequence = sequence
    return true
  }
}
