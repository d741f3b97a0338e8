import AVGCamera
import AVGCore
import AVGTraining

/// Saves what the agent saw beside what the camera sent.
struct FrameSaver {
  private let folder: RunFolder
  private let lock: FolderLock

  /// Makes the folder, which must be new or empty.
  init(folder: String) throws {
    self.folder = try RunFolder(creating: folder)
    lock = try FolderLock(folder)
  }

  /// Writes `NNNNNN.ppm`, the frame, and `NNNNNN.jpg`, `.yuyv`, …, the source's bytes.
  func save(_ frame: borrowing Frame, source: [UInt8], format: FourCharacterCode, number: Int) throws {
    let digits = String(number)
    let name = folder.path + "/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let header = Array("P6\n\(frame.shape.width) \(frame.shape.height)\n255\n".utf8)
    try AtomicFile.write(header + frame.pixels, to: name + ".ppm")
    try AtomicFile.write(source, to: name + "." + (format.isJPEG ? "jpg" : format.description.lowercased()))
  }
}

/// A camera whose frames may be saved as they are sensed, and whose cycles are measured.
struct WatchedCameraBody: Body, ~Copyable {
  private(set) var inner: CameraBody<Camera>
  private let saver: FrameSaver?
  private let latencies: LoopLatencies
  private var count = 0

  init(_ inner: consuming CameraBody<Camera>, saver: FrameSaver?, latencies: LoopLatencies) {
    self.inner = inner
    self.saver = saver
    self.latencies = latencies
  }

  mutating func drive(_ speeds: WheelSpeeds) throws(any Error) { try inner.drive(speeds) }

  mutating func awaitCycle() throws(any Error) -> Int {
    let missed = try inner.awaitCycle()
    latencies.slack.record(inner.clock.slack)
    latencies.lateness.record(inner.clock.lateness)
    return missed
  }

  mutating func sense(into frame: inout Frame, _ senses: inout BaseSenses) throws(any Error) -> Freshness {
    guard try inner.sense(into: &frame, &senses) == .fresh else { return .stale }
    try saver?.save(
      frame, source: inner.camera.lastSourceBytes, format: inner.camera.format.pixelFormat, number: count)
    count += 1
    return .fresh
  }

  mutating func reset() throws(any Error) -> Bool { try inner.reset() }

  /// The camera's own bytes of the last frame, if they are a JPEG image.
  var jpeg: [UInt8]? {
    inner.camera.format.pixelFormat.isJPEG ? inner.camera.lastSourceBytes : nil
  }
}
