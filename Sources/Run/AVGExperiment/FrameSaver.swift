package import AVGCamera
package import AVGCore
package import AVGRecording
import AVGRunFolder
import AVGSystem
package import AVGTraining

/// Saves what the agent saw beside what the camera sent.
package struct FrameSaver {
  private let folder: RunFolder
  private let lock: FolderLock

  /// Makes the folder, which must be new or empty.
  package init(folder: String) throws {
    self.folder = try RunFolder(creating: folder)
    lock = try FolderLock(folder)
  }

  /// Writes `NNNNNN.ppm`, the frame, and `NNNNNN.jpg`, `.yuyv`, …, the image as it came.
  package func save(_ frame: borrowing Frame, _ image: LoggedImage, number: Int) throws {
    let digits = String(number)
    let name = folder.path + "/" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    let header = Array("P6\n\(frame.shape.width) \(frame.shape.height)\n255\n".utf8)
    try AtomicFile.write(header + frame.pixels, to: name + ".ppm")
    switch image {
    case .compressed(let bytes, _):
      // By what it is, whatever it is called.
      try AtomicFile.write(bytes, to: name + (bytes.starts(with: [0xFF, 0xD8]) ? ".jpg" : ".png"))
    case .raw(let bytes, _, _, _, let encoding):
      let letters = encoding.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      try AtomicFile.write(bytes, to: name + "." + (letters.isEmpty ? "raw" : letters))
    }
  }
}

/// A body whose frames may be saved as they are sensed.
package struct SavingBody<Inner: Body & ~Copyable>: Body, ~Copyable {
  package private(set) var inner: Inner
  private let saver: FrameSaver?
  private let image: (borrowing Inner) -> LoggedImage?
  private var count = 0

  /// Makes one of a body.
  ///
  /// - Parameters:
  ///   - saver: where to; nil for nowhere.
  ///   - image: the image sensed last, as it came.
  package init(
    _ inner: consuming Inner, saver: FrameSaver?, image: @escaping (borrowing Inner) -> LoggedImage?
  ) {
    self.inner = inner
    self.saver = saver
    self.image = image
  }

  package mutating func drive(_ speeds: WheelSpeeds) throws(any Error) { try inner.drive(speeds) }

  package mutating func awaitCycle() throws(any Error) -> Int { try inner.awaitCycle() }

  package mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(any Error)
    -> Freshness
  {
    let freshness = try inner.sense(into: &frame, &senses)
    guard freshness == .fresh, let saver, let image = image(inner) else { return freshness }
    try saver.save(frame, image, number: count)
    count += 1
    return freshness
  }

  package mutating func reset() throws(any Error) -> Bool { try inner.reset() }
}

/// A camera whose cycles are measured.
package struct WatchedCameraBody: Body, ~Copyable {
  package private(set) var inner: CameraBody<Camera>
  private let latencies: LoopLatencies

  package init(_ inner: consuming CameraBody<Camera>, latencies: LoopLatencies) {
    self.inner = inner
    self.latencies = latencies
  }

  package mutating func drive(_ speeds: WheelSpeeds) throws(CameraError) { try inner.drive(speeds) }

  package mutating func awaitCycle() throws(CameraError) -> Int {
    let missed = try inner.awaitCycle()
    latencies.slack.record(inner.clock.slack)
    latencies.lateness.record(inner.clock.lateness)
    return missed
  }

  package mutating func sense(into frame: inout Frame, _ senses: inout Create2Senses) throws(CameraError)
    -> Freshness
  {
    try inner.sense(into: &frame, &senses)
  }

  package mutating func reset() throws(CameraError) -> Bool { try inner.reset() }

  /// The camera's own bytes of the last frame, if they are a JPEG image.
  package var jpeg: [UInt8]? {
    inner.camera.format.pixelFormat.isJPEG ? inner.camera.lastSourceBytes : nil
  }

  /// The last frame as the camera sent it.
  package var image: LoggedImage {
    let (bytes, format) = (inner.camera.lastSourceBytes, inner.camera.format)
    return format.pixelFormat.isJPEG
      ? .compressed(bytes, format: "jpeg")
      : .raw(
        bytes, width: format.size.width, height: format.size.height, step: format.bytesPerRow,
        encoding: format.pixelFormat.description)
  }
}
